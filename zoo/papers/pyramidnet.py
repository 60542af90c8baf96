"""PyramidNet: Han et al. 2017."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zoo.papers.paper import CIFAR10, CIFAR100, IMAGENET, SGD, Official, Paper, Preset, Published

HAN_CIFAR10 = {
    **SGD,
    "nesterov": True,
    "weight_decay": 1e-4,
    "batch_size": 128,
    "epochs": 300,
    "schedule": "step",
    "milestones": [0.5, 0.75],
}
"""Han et al. 2017, section 4; the example of the authors' PyTorch code has batch 32 with lr 0.025 instead."""
HAN_CIFAR100 = HAN_CIFAR10 | {"lr": 0.5}
HAN_IMAGENET = HAN_CIFAR10 | {"lr": 0.05, "epochs": 120, "milestones": [0.5, 0.75, 0.875]}
"""Learning rate and batch of the authors' PyTorch code; epochs and milestones are from memory of the paper."""


def _cifar(depth: int, alpha: float, parameters: float, errors: tuple[float, float]) -> dict[str, Preset]:
    """Additive presets of that depth for CIFAR-10 and, with the suffix -c100, for CIFAR-100."""
    block = "basic" if depth == 110 else "bottleneck"
    n = (depth - 2) // (6 if block == "basic" else 9)
    return _both(f"{depth}-a{alpha}", {"blocks": (n, n, n), "alpha": alpha, "block": block}, parameters, errors)


def _multiplicative(alpha: float, parameters: float, errors: tuple[float, float]) -> dict[str, Preset]:
    net = {"blocks": (18, 18, 18), "alpha": alpha, "widening": "multiply"}
    return _both(f"110-mul-a{alpha}", net, parameters, errors)


def _both(name: str, net: Mapping[str, Any], parameters: float, errors: tuple[float, float]) -> dict[str, Preset]:
    made = {}
    tasks = (("", "cifar10", CIFAR10, HAN_CIFAR10), ("-c100", "cifar100", CIFAR100, HAN_CIFAR100))
    for (suffix, dataset, task, recipe), error in zip(tasks, errors, strict=True):
        source = f"Han et al. 2017, results as in the authors' README, {name}"
        figure = Published(dataset=dataset, source=source, error=error, parameters=parameters)
        made[f"pyramidnet-{name}{suffix}"] = Preset(parameters=net, task=task, recipe=recipe, published=[figure])
    return made


def _imagenet(
    blocks: Sequence[int], alpha: int, error: float, top5: float, parameters: float, **extra: float
) -> Preset:
    net = {"blocks": blocks, "alpha": alpha, "start": 64, "block": "bottleneck", "stem_kind": "imagenet", **extra}
    figure = Published(
        dataset="imagenet",
        source="Han et al. 2017, authors' READMEs",
        error=error,
        parameters=parameters,
        note=f"one 224 x 224 crop; top-5 {top5}",
    )
    return Preset(parameters=net, task=IMAGENET, recipe=HAN_IMAGENET, published=[figure])


AUTHORS = "jhkim89/PyramidNet-PyTorch"
PRINTED_LOW = [
    f"pyramidnet-{network}{task}"
    for network in (
        "110-a48",
        "110-a84",
        "110-a270",
        "110-mul-a4.75",
        "110-mul-a8",
        "110-mul-a27",
        "200-a240",
        "236-a220",
    )
    for task in ("", "-c100")
]

PAPER = Paper(
    title="PyramidNet",
    family="fixed graph",
    varies="nothing",
    citation="Han, Kim, Kim: Deep Pyramidal Residual Networks. CVPR 2017. arXiv:1610.02915",
    presets={
        "tiny": Preset(parameters={"blocks": (1, 2, 2), "alpha": 42, "stem_kind": "strided"}),
        "small": Preset(parameters={"blocks": (3, 3, 3), "alpha": 24}),
        **_cifar(110, 48, 1.7e6, (4.62, 23.31)),
        **_cifar(110, 84, 3.8e6, (4.27, 20.21)),
        **_cifar(110, 270, 28.3e6, (3.73, 18.25)),
        **_multiplicative(4.75, 1.7e6, (4.62, 23.16)),
        **_multiplicative(8, 3.8e6, (4.50, 20.94)),
        **_multiplicative(27, 28.3e6, (4.06, 18.79)),
        **_cifar(164, 48, 1.7e6, (4.21, 19.52)),
        **_cifar(164, 84, 3.8e6, (3.96, 18.32)),
        **_cifar(164, 270, 27.0e6, (3.48, 17.01)),
        **_cifar(200, 240, 26.6e6, (3.44, 16.51)),
        **_cifar(236, 220, 26.8e6, (3.40, 16.37)),
        **_cifar(272, 200, 26.0e6, (3.31, 16.35)),
        "pyramidnet-101-a360": _imagenet((3, 4, 23, 3), 360, 21.98, 6.20, 42.5e6),
        "pyramidnet-200-a300": _imagenet((3, 24, 36, 3), 300, 20.47, 5.29, 62.1e6),
        "pyramidnet-200-a450": _imagenet((3, 24, 36, 3), 450, 20.11, 5.43, 116.4e6, dropout=0.5),
    },
    variants=[
        {"widening": "multiply", "alpha": 4.75, "rounding": "floor"},
        {"block": "bottleneck", "alpha": 16, "start": 8},
        {"last_survival": 0.8},
        {"dropout": 0.5},
    ],
    scales={"width": ("start", "alpha"), "depth": ("blocks",)},
    official={
        "pyramidnet-110-a48": Official(AUTHORS, 1_772_706, convolutions=403.8e6),
        "pyramidnet-110-a48-c100": Official(AUTHORS, 1_778_556),
        "pyramidnet-110-a270": Official(AUTHORS, 28_485_477, convolutions=4_718.0e6),
        "pyramidnet-110-a270-c100": Official(AUTHORS, 28_511_307),
        "pyramidnet-164-a48": Official(AUTHORS, 1_715_442, convolutions=388.4e6),
        "pyramidnet-164-a48-c100": Official(AUTHORS, 1_738_572),
        "pyramidnet-164-a270": Official(AUTHORS, 27_216_021, convolutions=4_569.8e6),
        "pyramidnet-164-a270-c100": Official(AUTHORS, 27_319_071),
        "pyramidnet-200-a240": Official(AUTHORS, 26_752_702, convolutions=4_519.6e6),
        "pyramidnet-200-a240-c100": Official(AUTHORS, 26_844_952),
        "pyramidnet-272-a200": Official(AUTHORS, 26_210_842, convolutions=4_488.8e6),
        "pyramidnet-272-a200-c100": Official(AUTHORS, 26_288_692),
        "pyramidnet-101-a360": Official(AUTHORS, 42_455_070, convolutions=8_695e6),
        "pyramidnet-200-a300": Official(AUTHORS, 62_368_168, convolutions=16_549e6),
        "pyramidnet-200-a450": Official(AUTHORS, 116_775_213),
    },
    differs=dict.fromkeys(
        [*PRINTED_LOW, "pyramidnet-200-a300", "pyramidnet-200-a450"],
        "the authors' code counts 0.3 to 4 % more parameters than they print",
    ),
)
