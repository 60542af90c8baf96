"""SkipNet: Wang et al. 2018."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoo.network import Task
from zoo.papers.paper import CIFAR10, CIFAR100, IMAGENET, SGD, Between, Official, Paper, Preset, Published
from zoo.papers.resnet import HE_WARMUP, SMALL, TINY, cifar, imagenet

SKIP_CIFAR = {
    **SGD,
    "nesterov": False,
    "weight_decay": 1e-4,
    "batch_size": 128,
    "epochs": 182 + 28,
    "schedule": "step",
    "milestones": [0.5, 0.75],
}
"""Official code: 64 k iterations, divided by 10 at 32 k and 48 k, then 10 k of the hybrid phase at 1e-4.

Epochs are of 45 k images, of which 128 make 351 iterations.
"""
SKIP_SUPERVISED = SKIP_CIFAR | {"epochs": 182}
"""The supervised phase alone."""
SKIP_SVHN = SKIP_CIFAR | {"epochs": 50 + 19}
"""Wang et al. 2018: 50 epochs; here of the supervised phase, behind which come the official code's 10 k iterations.

Whether the 50 include the hybrid phase is not known to us. Epochs are of 67 k images: 525 iterations of 128.
"""
SKIP_IMAGENET = SKIP_CIFAR | {"batch_size": 256, "epochs": 120 + 40, "milestones": [0.25, 0.5, 0.75]}
"""Official code: 120 epochs of the supervised phase, divided by 10 every 30, then 40 of the hybrid phase."""
SHORT = {
    "gate": "ff2",
    "open_log_odds": 2.0,
    "set_apart": True,
    "alpha": 2.0,
    "rl_weight": 0.02,
    "hybrid_share": 0.4,
    "hybrid_lr_scale": 0.1,
}
"""For trainings of a few hundred steps: the published rate of the hybrid phase, 1e-4, would not move a gate in them.

The feed-forward gate makes routes depend on the image from the start; its cost is made up for by narrower stages.
"""
OFFICIAL: dict[str, Any] = {"open_log_odds": None, "hybrid_share": 28 / 210, "hybrid_milestones": ()}
"""Gates start as the official code starts them, and the hybrid phase keeps its rate.

Not so the classifier: the official code draws it from a normal distribution of variance 2 / (inputs x classes), ours
starts as `torch.nn.Linear` does.
"""
OFFICIAL_IMAGENET = {
    "open_log_odds": None,
    "gate_start": "imagenet",
    "hybrid_milestones": (0.75,),
    "alpha": 0.01,
    "reward_reduction": "mean",
    "scale_terminal": True,
    "policy_temperature": 0.05,
    "hybrid_share": 40 / 160,
}


def _hard(accuracy: float, macs: float, dataset: str = "cifar10") -> Published:
    source = "Wang et al. 2018, Table 3, hard gates"
    return Published(dataset=dataset, source=source, error=round(100 - accuracy, 2), macs=macs, routed=True)


def _released(
    dataset: str, accuracy: float, computation: float, blocks: int, *, supervised_epochs: int | None = None
) -> Published:
    """An error at the printed share of its blocks, the first of which always runs and is no unit here.

    With `supervised_epochs` it is of that phase alone.
    """
    phase = "both phases" if supervised_epochs is None else "supervised phase"
    return Published(
        dataset=dataset,
        source="official README, released checkpoint",
        error=round(100 - accuracy, 3),
        within=0.0005 if dataset == "imagenet" else 0.005,
        routed=True,
        units_run=(computation / 100 * blocks - 1) / (blocks - 1),
        note=f"RNNGate, {phase}; {computation} % of the blocks run, which the README calls computation",
        changed={} if supervised_epochs is None else {"hybrid_share": 0.0},
        recipe={} if supervised_epochs is None else {"epochs": supervised_epochs},
    )


def _saved(dataset: str, percent: int, phase: str = "both phases") -> Published:
    note = f"{percent} % fewer MACs than the ResNet at an accuracy within 0.5 points, RNNGate, {phase}"
    return Published(dataset=dataset, source="official docs/image_classification.png", note=note)


def _cifar_preset(n: int, *published: Published, task: Task = CIFAR10) -> Preset:
    return Preset(parameters=cifar(n) | OFFICIAL, task=task, recipe=SKIP_CIFAR | _warmup(n), published=published)


def _cifar100_preset(n: int, accuracy: float, macs: float) -> Preset:
    return _cifar_preset(n, _hard(accuracy, macs, "cifar100"), task=CIFAR100)


def _warmup(n: int) -> dict[str, Any]:
    """With `--warm-up`, which the official code asks for where there are 18 blocks per stage."""
    return HE_WARMUP if n == 18 else {}


def _feed_forward(n: int, gate: str) -> Preset:
    """FFGate-I (`ff1`) on shallow networks, FFGate-II (`ff2`) on deep ones; Table 3 does not name its gate."""
    return Preset(parameters=cifar(n) | OFFICIAL | {"gate": gate}, recipe=SKIP_CIFAR | _warmup(n))


def _supervised(n: int, percent: int) -> Preset:
    """Without the hybrid phase."""
    published = [_saved("cifar10", percent, "supervised phase")]
    parameters = cifar(n) | OFFICIAL | {"hybrid_share": 0.0}
    return Preset(parameters=parameters, recipe=SKIP_SUPERVISED | _warmup(n), published=published)


def _reinforced(n: int) -> Preset:
    """Reinforcement from the first step and nothing else: parameters of the hybrid phase would say nothing."""
    note = "pure reinforcement ends at an accuracy of about 10 %, chance; of which depth we do not know"
    figure = Published(dataset="cifar10", source="Wang et al. 2018, comparison of ways to learn", note=note)
    parameters = cifar(n) | {"open_log_odds": None, "reinforcement": "pure"}
    return Preset(parameters=parameters, recipe=SKIP_SUPERVISED | _warmup(n), published=[figure])


def _imagenet_preset(blocks: Sequence[int], block: str, *published: Published) -> Preset:
    parameters = imagenet(blocks, block) | OFFICIAL_IMAGENET
    return Preset(parameters=parameters, task=IMAGENET, recipe=SKIP_IMAGENET, published=published)


SKIPNET = "ucbdrive/skipnet"
TWICE = "the official code runs projections twice and has a last gate that decides nothing; here neither"

PAPER = Paper(
    title="SkipNet",
    family="skips layers",
    varies="which residual blocks run",
    citation="Wang, Yu, Dou, Darrell, Gonzalez: SkipNet: Learning Dynamic Routing in Convolutional Networks. "
    "ECCV 2018. arXiv:1711.09485",
    presets={
        "tiny": Preset(parameters={**TINY, "widths": (16, 32, 56), **SHORT}),
        "small": Preset(parameters={**SMALL, "widths": (16, 32, 56), **SHORT}),
        "tiny-published": Preset(parameters={**TINY, "gate": "rnn", **OFFICIAL, "alpha": 0.1}),
        "skipnet-38": _cifar_preset(6, _released("cifar10", 92.75, 70.27, 18), _hard(90.83, 0.58e8)),
        "skipnet-74": _cifar_preset(12, _released("cifar10", 92.77, 52.34, 36), _hard(92.38, 0.92e8)),
        "skipnet-110": _cifar_preset(18, _released("cifar10", 93.30, 49.53, 54), _hard(88.11, 0.18e8)),
        "skipnet-38-c100": _cifar100_preset(6, 67.68, 0.50e8),
        "skipnet-74-c100": _cifar100_preset(12, 67.79, 0.61e8),
        "skipnet-110-c100": _cifar100_preset(18, 63.66, 0.96e8),
        "skipnet-152": Preset(
            parameters=cifar(25) | OFFICIAL | {"hybrid_share": 19 / 69},
            task=CIFAR10,
            recipe=SKIP_SVHN,
            published=[_saved("svhn", 86)],
        ),
        "skipnet-38-ff1": _feed_forward(6, "ff1"),
        "skipnet-74-ff1": _feed_forward(12, "ff1"),
        "skipnet-110-ff2": _feed_forward(18, "ff2"),
        "skipnet-38-sp": _supervised(6, 11),
        "skipnet-74-sp": _supervised(12, 15),
        "skipnet-110-sp": _supervised(18, 23),
        "skipnet-38-rl": _reinforced(6),
        "skipnet-110-rl": _reinforced(18),
        "skipnet-34": _imagenet_preset((3, 4, 6, 3), "basic", _saved("imagenet", 20)),
        "skipnet-50": _imagenet_preset((3, 4, 6, 3), "bottleneck", _saved("imagenet", 12)),
        "skipnet-101": _imagenet_preset(
            (3, 4, 23, 3),
            "bottleneck",
            _released("imagenet", 77.486, 84.98, 33, supervised_epochs=120),
            _released("imagenet", 76.942, 70.06, 33),
        ),
        "skipnet-152-imagenet": _imagenet_preset((3, 8, 36, 3), "bottleneck"),
    },
    knobs={"alpha": Between(0.01, 1.0, log=True)},
    variants=[
        {"gate": "rnn", "hybrid_norm": "frozen"},
        {"gate": "ff1", "open_log_odds": None, "hybrid_milestones": (0.5,)},
        {"gate": "rnn", "open_log_odds": None, "gate_start": "imagenet", "set_apart": False},
        {"gate": "rnn", "decision": "soft", "block": "bottleneck", "widths": (8, 16, 32)},
        {"scale_terminal": True, "reward_reduction": "mean", "policy_temperature": 0.5, "gamma": 0.9},
    ],
    official={
        "skipnet-38": Official(SKIPNET, 571_913, 83.549e6),
        "skipnet-110": Official(SKIPNET, 1_752_305, 253.432e6),
        "skipnet-38-ff1": Official(SKIPNET, 1_148_798, 96.815e6),
        "skipnet-110-ff2": Official(SKIPNET, 2_609_798, 285.266e6),
        "skipnet-50": Official(SKIPNET, 25_709_123, 4_397.596e6),
    },
    differs=dict.fromkeys(("skipnet-38", "skipnet-110", "skipnet-38-ff1", "skipnet-110-ff2", "skipnet-50"), TWICE),
)
