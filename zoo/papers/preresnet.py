"""Pre-activation ResNet: He et al. 2016b."""

from __future__ import annotations

from collections.abc import Sequence

from zoo.papers.paper import IMAGENET, Paper, Preset, Published
from zoo.papers.resnet import HE_CIFAR, HE_IMAGENET, HE_WARMUP, SMALL, TINY, imagenet

PRE_CIFAR = HE_CIFAR | HE_WARMUP
"""He et al. 2016b, appendix: the recipe of He et al. 2016, with 400 iterations at .01 for networks of any depth."""


def _figure(dataset: str, error: float, table: str, parameters: float | None = None, note: str = "") -> Published:
    source = f"He et al. 2016b, {table}"
    return Published(dataset=dataset, source=source, error=error, parameters=parameters, note=note)


def _basic_preset(depth: int, published: Sequence[Published] = ()) -> Preset:
    """The 6n+2-layer networks of basic blocks; their shortcuts have no parameters, as in He et al. 2016 on CIFAR."""
    n = (depth - 2) // 6
    shape = {"blocks": (n, n, n), "widths": (16, 32, 64), "shortcut_kind": "A"}
    return Preset(parameters=shape, recipe=PRE_CIFAR, published=published)


def _bottleneck_preset(depth: int, published: Sequence[Published]) -> Preset:
    """The 9n+2-layer networks of bottlenecks with projections (appendix of the paper, official code)."""
    n = (depth - 2) // 9
    shape = {"blocks": (n, n, n), "widths": (16, 32, 64), "block": "bottleneck"}
    return Preset(parameters=shape, recipe=PRE_CIFAR, published=published)


BATCH = "median of 5 runs; 4.62 with batches of 64 (Table 4)"

PAPER = Paper(
    title="Pre-activation ResNet",
    family="fixed graph",
    varies="nothing",
    citation="He, Zhang, Ren, Sun: Identity Mappings in Deep Residual Networks. ECCV 2016. arXiv:1603.05027",
    presets={
        "tiny": Preset(parameters=TINY),
        "small": Preset(parameters=SMALL),
        "imagenet": Preset(parameters=imagenet((3, 4, 6, 3), "bottleneck"), task=IMAGENET, recipe=HE_IMAGENET),
        "preresnet-20": _basic_preset(20),
        "preresnet-56": _basic_preset(56),
        "preresnet-110": _basic_preset(110, [_figure("cifar10", 6.37, "Table 3")]),
        "preresnet-164": _bottleneck_preset(
            164, [_figure("cifar10", 5.46, "Table 4", 1.7e6), _figure("cifar100", 24.33, "Table 4", 1.7e6)]
        ),
        "preresnet-1001": _bottleneck_preset(
            1001,
            [_figure("cifar10", 4.92, "Table 4", 10.2e6, BATCH), _figure("cifar100", 22.71, "Table 4", 10.2e6)],
        ),
    },
    variants=[{"shortcut_kind": "A"}, {"block": "bottleneck", "widths": (8, 16, 32)}],
    differs={"preresnet-1001": "printed 10.2 M; bottlenecks with projections as in the official code have 10.33 M"},
)
