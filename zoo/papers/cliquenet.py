"""CliqueNet: Yang et al. 2018."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zoo.papers.paper import EXTRA_DIGITS, IMAGENET, SGD, Official, Paper, Preset, Published

YANG = {
    **SGD,
    "nesterov": True,
    "weight_decay": 1e-4,
    "batch_size": 64,
    "epochs": 300,
    "schedule": "step",
    "milestones": [0.5, 0.75],
    "augment": False,
}
"""Yang et al. 2018, section 4.1, and the official code: no augmentation, L2 on every parameter."""


YANG_SVHN = YANG | {"epochs": 40}
"""On SVHN, where the paper trains on the additional images too; the suite's data set has none of these."""
TENSORFLOW = {"norm_epsilon": 1e-3, "norm_momentum": 0.001}
"""Batch norms of the official code, whose decay is .999; its ImageNet code is PyTorch and has that library's."""


MAIN = "Yang et al. 2018, main results (official page, Table 3)"


def _published(dataset: str, error: float, macs: float, parameters: float) -> Published:
    return Published(
        dataset=dataset,
        source=MAIN,
        error=error,
        parameters=parameters,
        macs=macs,
        per_mac=2,
        note=f"without augmentation; printed {2 * macs / 1e9:.2f} G is 2 x MACs",
        unlike=EXTRA_DIGITS if dataset == "svhn" else "",
    )


def _svhn(k: int, layers: int, error: float, macs: float, parameters: float) -> Preset:
    """A row of the paper's main table, on SVHN."""
    shape = {"widths": (k,) * 3, "layers": (layers,) * 3, "dropout": 0.2, **TENSORFLOW}
    return Preset(parameters=shape, recipe=YANG_SVHN, published=[_published("svhn", error, macs, parameters)])


def _cifar(k: int, layers: int, errors: Sequence[float], macs: float, parameters: float) -> Preset:
    """A row of the paper's main table; `layers` per block is T / 3."""
    figures = zip(("cifar10", "cifar100"), errors, strict=True)
    published = [_published(dataset, error, macs, parameters) for dataset, error in figures]
    if k == 64:
        ablation = enumerate((5.83, 5.63, 5.54, 5.41, 5.20))
        published += [
            Published(
                dataset="cifar10",
                source="official page, Table 2",
                error=error,
                note=f"trained with updates={x}",
                changed={"updates": x},
            )
            for x, error in ablation
        ]
    shape = {"widths": (k,) * 3, "layers": (layers,) * 3, "dropout": 0.2, **TENSORFLOW}
    return Preset(parameters=shape, recipe=YANG, published=published)


def _same_k_and_t(k: int, layers: int, errors: tuple[float, float], parameters: float) -> Preset:
    """A row of the comparison with DenseNets of the same k and T; on CIFAR alone."""
    published = [
        Published(
            dataset=dataset,
            source="official page, Table 4",
            error=error,
            parameters=parameters,
            note="without augmentation",
        )
        for dataset, error in zip(("cifar10", "cifar100"), errors, strict=True)
    ]
    shape = {"widths": (k,) * 3, "layers": (layers,) * 3, "dropout": 0.2, **TENSORFLOW}
    return Preset(parameters=shape, recipe=YANG, published=published)


def _k150(published: Sequence[Published] = (), recipe: Mapping[str, Any] = YANG, **extra: bool) -> Preset:
    """With bottlenecks T = 30 counts both convolutions of a layer: 5 layers per block."""
    shape = {"widths": (150,) * 3, "layers": (5,) * 3, "dropout": 0.2, "bottleneck": True, **TENSORFLOW}
    return Preset(parameters=shape | extra, recipe=recipe, published=published)


K150_NOTE = "figures from memory of the paper; the official graph has 10.48 M parameters and 5.28 G MACs"


def _k150_error(dataset: str, error: float) -> Published:
    return Published(
        dataset=dataset,
        source=f"{MAIN}, k = 150",
        error=error,
        parameters=10.02e6,
        macs=4.245e9,
        per_mac=2,
        note=K150_NOTE,
        unlike="another network: 10.02 M parameters printed, 10.48 M in the official graph and here",
    )


def _imagenet(widths: Sequence[int], layers: Sequence[int], parameters: float, attention: bool = False) -> Preset:
    shape = {"widths": widths, "layers": layers, "stem_kind": "imagenet", "bottleneck": True, "compression": True}
    recipe = YANG | {
        "batch_size": 160,
        "nesterov": False,
        "epochs": 100,
        "milestones": [0.3, 0.6, 0.9],
        "augment": True,
    }
    note = "size of the official ImageNet code's network" + (" with attention" if attention else "")
    published = [Published(dataset="imagenet", source="Yang et al. 2018", parameters=parameters, note=note)]
    return Preset(
        parameters=shape | {"attention": attention},
        task=IMAGENET,
        recipe=recipe | {"milestones": [0.3, 0.6, 0.9]},
        published=published,
    )


GRAPH = "the graph of iboing/CliqueNet, ported"

PAPER = Paper(
    title="CliqueNet",
    family="fixed graph",
    varies="nothing; Stage-II updates may be left out",
    citation="Yang, Zhong, Shen, Lin: Convolutional Neural Networks with Alternately Updated Clique. CVPR 2018. "
    "arXiv:1802.10419",
    presets={
        "tiny": Preset(parameters={"widths": (16, 24), "layers": (2, 3), "stem_width": 16, "stem_kind": "strided"}),
        "small": Preset(parameters={"widths": (12, 20, 32), "layers": (3, 3, 3), "stem_width": 16}),
        "k12-t36": _same_k_and_t(12, 12, (5.79, 26.85), 1.05e6),
        "k24-t18": _same_k_and_t(24, 6, (6.04, 26.57), 0.99e6),
        "k36-t12": _cifar(36, 4, (5.93, 27.32), 0.455e9, 0.94e6),
        "k64-t15": _cifar(64, 5, (5.12, 23.98), 2.105e9, 4.49e6),
        "k80-t15": _cifar(80, 5, (5.10, 23.32), 3.225e9, 6.94e6),
        "k80-t18": _cifar(80, 6, (5.06, 23.14), 4.725e9, 10.14e6),
        "k36-t12-svhn": _svhn(36, 4, 1.77, 0.455e9, 0.94e6),
        "k64-t15-svhn": _svhn(64, 5, 1.62, 2.105e9, 4.49e6),
        "k80-t15-svhn": _svhn(80, 5, 1.56, 3.225e9, 6.94e6),
        "k80-t18-svhn": _svhn(80, 6, 1.51, 4.725e9, 10.14e6),
        "k150-t30-b": _k150(),
        "k150-t30-bc": _k150(compression=True),
        "k150-t30-abc": _k150(
            [_k150_error("cifar10", 5.06), _k150_error("cifar100", 21.83)],
            compression=True,
            attention=True,
        ),
        "k150-t30-abc-svhn": _k150([_k150_error("svhn", 1.64)], YANG_SVHN, compression=True, attention=True),
        "s0": _imagenet((36, 64, 100, 80), (5, 6, 6, 6), 5.70e6),
        "s1": _imagenet((36, 80, 120, 100), (5, 6, 6, 6), 7.96e6),
        "s2": _imagenet((36, 80, 150, 120), (5, 5, 6, 6), 10.00e6),
        "s3": _imagenet((40, 80, 160, 160), (6, 6, 6, 6), 14.38e6, attention=True),
    },
    variants=[
        {"stages": "I+I"},
        {"stages": "I+II", "dropout": 0.2},
        {"updates": 2, "bottleneck": True, "attention": True, "compression": True},
    ],
    scales={"width": ("widths",), "depth": ("layers",)},
    official={
        "k12-t36": Official(GRAPH, 1_045_306),
        "k24-t18": Official(GRAPH, 986_650),
        "k36-t12": Official(GRAPH, 935_994, convolutions=455.1e6),
        "k64-t15": Official(GRAPH, 4_485_706, convolutions=2_102.9e6),
        "k80-t15": Official(GRAPH, 6_937_546, convolutions=3_225.7e6),
    },
    differs=dict.fromkeys(("k150-t30-abc", "k150-t30-abc-svhn"), K150_NOTE),
)
