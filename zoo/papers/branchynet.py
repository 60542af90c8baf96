"""BranchyNet: Teerapittayanon et al. 2016."""

from __future__ import annotations

from dataclasses import replace

from zoo.papers.paper import CIFAR10, IMAGENET, MNIST, Official, OneOf, Paper, Preset, Published
from zoo.papers.resnet import HE_IMAGENET, SMALL, TINY, imagenet

ADAM = {"optimizer": "adam", "lr": 1e-3, "weight_decay": 0.0, "schedule": "constant", "augment": False}
"""Official code: Adam at 1e-3 with chainer's defaults, no augmentation; epochs of the trunk, then of everything."""


def _table_1(preset: str, dataset: str, accuracy: float, exits: str, macs: float) -> Published:
    """An error at the mean cost of the printed shares of exits: the table itself has times, and no operations.

    Segments and heads are those of the official layer lists; an image pays for every head that it passes.
    """
    return Published(
        dataset=dataset,
        source=f"Teerapittayanon et al. 2016, Table I, {preset}",
        error=round(100 - accuracy, 2),
        macs=macs,
        routed=True,
        note=f"exits {exits}; thresholds swept on the test set",
    )


SWEPT = (0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.0, 3.0, 5.0, 10.0)
SWEPT_ALEXNET = (0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 0.75, 1.0, 5.0, 10.0)
"""Thresholds that the official code tries at every exit, on test images; we do on validation images.

The paper takes the knee of the curve.
"""


def _swept(preset: Preset, grid: tuple[float, ...]) -> Preset:
    """The same network with thresholds by the paper's rule."""
    return replace(preset, parameters={**preset.parameters, "threshold_grid": grid})


LAYER_LISTS = "layer lists of kunglab/branchynet"

PAPER = Paper(
    title="BranchyNet",
    family="exits early",
    varies="how deep an image goes",
    citation="Teerapittayanon, McDanel, Kung: BranchyNet: Fast Inference via Early Exiting from Deep Neural "
    "Networks. ICPR 2016. arXiv:1709.01686",
    presets={
        "tiny": Preset(parameters={**TINY, "trunk": "resnet"}),
        "small": Preset(parameters={**SMALL, "trunk": "resnet"}),
        "imagenet": Preset(
            parameters={**imagenet((3, 4, 6, 3), "bottleneck"), "trunk": "resnet"}, task=IMAGENET, recipe=HE_IMAGENET
        ),
        "b-lenet": Preset(
            parameters={"trunk": "b-lenet", "trunk_share": 1 / 3},
            task=MNIST,
            recipe=ADAM | {"batch_size": 512, "epochs": 50 + 100},
            published=[_table_1("B-LeNet", "mnist", 99.25, "94.3 / 5.63 %", 0.279e6)],
        ),
        "b-alexnet": Preset(
            parameters={"trunk": "b-alexnet", "trunk_share": 1 / 3},
            task=CIFAR10,
            recipe=ADAM | {"batch_size": 512, "epochs": 50 + 100},
            published=[_table_1("B-AlexNet", "cifar10", 79.19, "65.6 / 25.2 / 9.2 %", 19.5e6)],
        ),
        "b-resnet-110": Preset(
            parameters={"trunk": "b-resnet-110", "norm_epsilon": 2e-5},
            task=CIFAR10,
            recipe=ADAM | {"batch_size": 64, "epochs": 100 + 100},
            published=[_table_1("B-ResNet", "cifar10", 79.17, "41.5 / 13.8 / 44.7 %", 165e6)],
        ),
    },
    knobs={"trunk_share": OneOf((0.0, 0.25, 0.5))},
    variants=[{"trunk": "b-lenet"}, {"exit_weights": (1.0, 0.3, 0.3), "trunk_share": 0.0}],
    official={
        "b-lenet": Official(LAYER_LISTS, 74_694),
        "b-alexnet": Official(LAYER_LISTS, 605_886),
        "b-resnet-110": Official(LAYER_LISTS, 2_227_230),
    },
)
PAPER = replace(
    PAPER,
    presets={
        **PAPER.presets,
        "b-lenet-swept": _swept(PAPER.presets["b-lenet"], SWEPT),
        "b-alexnet-swept": _swept(PAPER.presets["b-alexnet"], SWEPT_ALEXNET),
        "b-resnet-110-swept": _swept(PAPER.presets["b-resnet-110"], SWEPT),
    },
)
