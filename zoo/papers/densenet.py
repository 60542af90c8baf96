"""DenseNet: Huang et al. 2017."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoo.papers.paper import IMAGENET, SGD, Official, Paper, Preset, Published

HUANG_CIFAR = {
    **SGD,
    "nesterov": True,
    "weight_decay": 1e-4,
    "batch_size": 64,
    "epochs": 300,
    "schedule": "step",
    "milestones": [0.5, 0.75],
}
"""Huang et al. 2017, section 4.2."""
HUANG_IMAGENET = HUANG_CIFAR | {"batch_size": 256, "epochs": 90, "milestones": [1 / 3, 2 / 3]}


def _cifar(depth: int, growth: int, bottleneck: bool, parameters: float, errors: Sequence[float]) -> Preset:
    """A network of three equal blocks; errors on CIFAR-10+ and CIFAR-100+."""
    layers = (depth - 4) // (6 if bottleneck else 3)
    shape = {
        "blocks": (layers,) * 3,
        "growth": growth,
        "bottleneck": bottleneck,
        "compression": 0.5 if bottleneck else 1.0,
    }
    figures = [
        Published(dataset=dataset, source="Huang et al. 2017, Table 2", error=error, parameters=parameters)
        for dataset, error in zip(("cifar10", "cifar100"), errors, strict=True)
    ]
    return Preset(parameters=shape, recipe=HUANG_CIFAR, published=figures)


def _imagenet(blocks: Sequence[int], error: float) -> Preset:
    figure = Published(dataset="imagenet", source="Huang et al. 2017, Table 3", error=error, note="single crop")
    shape: dict[str, Any] = {"blocks": tuple(blocks), "growth": 32, "stem_kind": "imagenet"}
    return Preset(parameters=shape, task=IMAGENET, recipe=HUANG_IMAGENET, published=[figure])


PAPER = Paper(
    title="DenseNet",
    family="fixed graph",
    varies="nothing",
    citation="Huang, Liu, van der Maaten, Weinberger: Densely Connected Convolutional Networks. CVPR 2017. "
    "arXiv:1608.06993",
    presets={
        "tiny": Preset(parameters={"blocks": (2, 3, 3), "growth": 14, "stem_kind": "strided"}),
        "small": Preset(parameters={"blocks": (6, 6, 6), "growth": 9}),
        "imagenet": _imagenet((6, 12, 24, 16), 25.02),
        "densenet-40-12": _cifar(40, 12, False, 1.0e6, (5.24, 24.42)),
        "densenet-100-12": _cifar(100, 12, False, 7.0e6, (4.10, 20.20)),
        "densenet-100-24": _cifar(100, 24, False, 27.2e6, (3.74, 19.25)),
        "densenet-bc-100-12": _cifar(100, 12, True, 0.8e6, (4.51, 22.27)),
        "densenet-bc-250-24": _cifar(250, 24, True, 15.3e6, (3.62, 17.60)),
        "densenet-bc-190-40": _cifar(190, 40, True, 25.6e6, (3.46, 17.18)),
        "densenet-121": _imagenet((6, 12, 24, 16), 25.02),
        "densenet-169": _imagenet((6, 12, 32, 32), 23.80),
        "densenet-201": _imagenet((6, 12, 48, 32), 22.58),
    },
    variants=[{"bottleneck": False, "compression": 1.0, "growth": 8}, {"dropout": 0.2}],
    scales={"width": ("growth",), "depth": ("blocks",)},
    official={
        "densenet-121": Official("torchvision", 7_978_856),
        "densenet-169": Official("torchvision", 14_149_480),
        "densenet-201": Official("torchvision", 20_013_928),
    },
)
