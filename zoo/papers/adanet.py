"""AdaNet, published as ConvNet-AIG: Veit & Belongie 2018."""

from __future__ import annotations

from collections.abc import Sequence

from zoo.papers.paper import CIFAR10, CIFAR100, IMAGENET, SGD, Between, Official, Paper, Preset, Published
from zoo.papers.resnet import SMALL, TINY, cifar, imagenet

AIG_CIFAR = {
    **SGD,
    "nesterov": False,
    "weight_decay": 5e-4,
    "batch_size": 256,
    "epochs": 349,
    "schedule": "step",
    "milestones": [149 / 349, 249 / 349],
}
"""Official code: epochs 1 to 349, divided by 10 in the 150th and the 250th."""
AIG_IMAGENET = AIG_CIFAR | {"weight_decay": 1e-4, "epochs": 99, "milestones": [29 / 99, 59 / 99, 89 / 99]}
"""Official code: epochs 1 to 99, divided by 10 in the 30th, 60th and 90th."""

OFFICIAL_CIFAR = {"initialisation": "cifar"}
OFFICIAL_IMAGENET = {"initialisation": "imagenet", "target_weight": 1.0, "free_full_layers": True}
"""Layers of target 1 are left out of the loss, and draw like all others."""


def schedule_50(t: float) -> tuple[float, ...]:
    """Target rates of the 16 blocks of ConvNet-AIG-50 (official README); t in {0.4, 0.5, 0.6, 0.7}."""
    return (1, 1, 0.8, 1, t, t, t, 1, t, t, t, t, t, 1, 0.7, 1)


def schedule_101(t: float) -> tuple[float, ...]:
    """Target rates of the 33 blocks of ConvNet-AIG-101 (official README); t in {0.3, 0.5}."""
    return (1.0,) * 8 + (t,) * 25


def _imagenet_preset(blocks: Sequence[int], targets: float | Sequence[float], *published: Published) -> Preset:
    return Preset(
        parameters=imagenet(blocks, "bottleneck") | OFFICIAL_IMAGENET | {"target_rate": targets},
        task=IMAGENET,
        recipe=AIG_IMAGENET,
        published=published,
    )


def _figure_3(error: float, macs: float) -> Published:
    source = "Veit & Belongie 2018, Fig. 3"
    note = "read off the plot, to about 0.1 points"
    return Published(dataset="imagenet", source=source, error=error, within=0.1, macs=macs, routed=True, note=note)


def _wide(depth: int, widen: int) -> Preset:
    """Blocks and widths of WRN-depth-widen, gated; 6n+4 layers.

    No wide ResNet of Veit & Belongie is known to us, so the widths are those of Zagoruyko & Komodakis 2016. Blocks are
    those of the other presets, activated after the addition, and the stem is as wide as the first stage.
    """
    n = (depth - 4) // 6
    widths = (16 * widen, 32 * widen, 64 * widen)
    parameters = {"blocks": (n, n, n), "widths": widths, **OFFICIAL_CIFAR, "target_rate": 0.7}
    return Preset(parameters=parameters, recipe=AIG_CIFAR)


def _aig_110(error: float, macs: float, routed: bool, note: str, setting: str = "") -> Published:
    return Published(
        dataset="cifar10",
        source="Veit & Belongie 2018, Table 1",
        error=error,
        parameters=1.78e6,
        macs=macs,
        per_mac=2,
        routed=routed,
        note=note,
        setting=setting,
    )


AIG = "andreasveit/convnet-aig"

PAPER = Paper(
    title="AdaNet (ConvNet-AIG)",
    family="skips layers",
    varies="which residual blocks run",
    citation="Veit, Belongie: Convolutional Networks with Adaptive Inference Graphs. ECCV 2018. arXiv:1711.11503",
    presets={
        "tiny": Preset(parameters={**TINY, "target_rate": 0.6, "target_weight": 8.0}),
        "small": Preset(parameters={**SMALL, "target_rate": 0.6}),
        "imagenet": _imagenet_preset((3, 4, 6, 3), schedule_50(0.7), _figure_3(23.8, 3.1e9)),
        "convnet-aig-110": Preset(
            parameters={**cifar(18), **OFFICIAL_CIFAR, "target_rate": 0.7},
            task=CIFAR10,
            recipe=AIG_CIFAR,
            published=[
                _aig_110(5.76, 0.205e9, True, "82 % of layers run; printed 0.41 G is 2 x MACs"),
                _aig_110(
                    5.14,
                    0.25e9,
                    False,
                    "all layers run, scaled by execution rate; printed 0.5 G is 2 x MACs",
                    "all layers, scaled",
                ),
            ],
        ),
        "convnet-aig-110-c100": Preset(
            parameters={**cifar(18), **OFFICIAL_CIFAR, "target_rate": 0.7}, task=CIFAR100, recipe=AIG_CIFAR
        ),
        "convnet-aig-16-4": _wide(16, 4),
        "convnet-aig-28-10": _wide(28, 10),
        "convnet-aig-50": _imagenet_preset((3, 4, 6, 3), schedule_50(0.7), _figure_3(23.8, 3.1e9)),
        "convnet-aig-101": _imagenet_preset((3, 4, 23, 3), schedule_101(0.5), _figure_3(22.6, 5.1e9)),
        "convnet-aig-152": _imagenet_preset((3, 8, 36, 3), 0.7),
    },
    knobs={"target_rate": Between(0.4, 0.8), "target_weight": Between(0.5, 8.0, log=True)},
    variants=[
        {"target_rate": (1.0, 0.5, 0.5, 0.5, 0.5, 1.0), "free_full_layers": True, "initialisation": "cifar"},
        {"target_reduction": "sum", "temperature": 0.5, "block": "bottleneck", "widths": (8, 16, 32)},
        {"last_survival": 0.8, "drop_mode": "row"},
    ],
    official={
        "convnet-aig-110": Official(AIG, 1_766_630, 253.183e6),
        "convnet-aig-110-c100": Official(AIG, 1_772_480, 253.189e6),
        "convnet-aig-50": Official(AIG, 25_768_264, 4_089.395e6),
        "convnet-aig-152": Official(AIG, 60_931_116),
    },
    differs={"convnet-aig-110": "printed 1.78 M; the official code has 1.767 M, as ours"},
)
