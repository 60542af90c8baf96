"""ResNet: He et al. 2016, and parameters of residual trunks that other methods' presets share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zoo.papers.paper import CIFAR10, CIFAR100, EXTRA_DIGITS, IMAGENET, SGD, Official, Paper, Preset, Published

TINY: Mapping[str, Any] = {"blocks": (2, 2, 2), "widths": (16, 32, 64), "stem_kind": "strided"}
"""ResNet-14 with a strided stem, for 28-pixel digits: 5.4 million multiply-accumulates at 28 x 28."""
SMALL: Mapping[str, Any] = {"blocks": (3, 3, 3), "widths": (16, 32, 64)}
"""ResNet-20 for 28 to 32 pixels."""


def cifar(n: int, shortcut_kind: str = "B") -> dict[str, Any]:
    """Parameters of the 6n+2-layer network of He et al. 2016, section 4.2."""
    return {"blocks": (n, n, n), "widths": (16, 32, 64), "shortcut_kind": shortcut_kind}


def imagenet(blocks: Sequence[int], block: str) -> dict[str, Any]:
    """Parameters of a network of He et al. 2016, Table 1, with the stride in the 3x3 convolution."""
    return {"blocks": tuple(blocks), "widths": (64, 128, 256, 512), "block": block, "stem_kind": "imagenet"}


HE_CIFAR = {
    **SGD,
    "nesterov": False,
    "weight_decay": 1e-4,
    "batch_size": 128,
    "epochs": 182,
    "schedule": "step",
    "milestones": [0.5, 0.75],
}
"""He et al. 2016, section 4.2: 64 k iterations on 45 k images, divided by 10 at 32 k and 48 k."""
HE_WARMUP = {"warmup": 0.0, "warmup_steps": 400, "warmup_lr": 0.01}
"""He et al. 2016, section 4.2: 110 layers learn at .01 until the training error is below 80 %, then at .1.

That took about 400 iterations, which He et al. 2016b and the official code of SkipNet have as a fixed number; so do we.
"""
SVHN = {"epochs": 50}
"""Wang et al. 2018, of its networks on these data."""
HE_CIFAR_110 = HE_CIFAR | HE_WARMUP
HE_IMAGENET = HE_CIFAR | {"batch_size": 256, "epochs": 90, "milestones": [1 / 3, 2 / 3]}


def _he(depth: int, error: float, parameters: float) -> Published:
    return Published(
        dataset="cifar10", source="He et al. 2016, Table 6", error=error, parameters=parameters, note=f"depth {depth}"
    )


def _cifar_preset(depth: int, error: float, parameters: float) -> Preset:
    n = (depth - 2) // 6
    recipe = HE_CIFAR_110 if depth == 110 else HE_CIFAR
    return Preset(parameters=cifar(n, "A"), recipe=recipe, published=[_he(depth, error, parameters)])


def _imagenet_preset(blocks: Sequence[int], block: str, macs: float, accuracy: float | None = None) -> Preset:
    """With the accuracy of the plain network that SkipNet gates, which is the network of torchvision."""
    published = [Published(dataset="imagenet", source="He et al. 2016, Table 1", macs=macs)]
    if accuracy is not None:
        published.append(_plain("imagenet", accuracy))
    return Preset(parameters=imagenet(blocks, block), task=IMAGENET, recipe=HE_IMAGENET, published=published)


def _plain(dataset: str, accuracy: float) -> Published:
    return Published(
        dataset=dataset,
        source="Wang et al. 2018, Table 2",
        error=round(100 - accuracy, 2),
        recipe=SVHN if dataset == "svhn" else {},
        unlike=EXTRA_DIGITS if dataset == "svhn" else "",
    )


def _projected(depth: int, **accuracies: float) -> Preset:
    """The plain network that SkipNet gates, with accuracies by data set: shortcut B where He et al. have A on CIFAR."""
    recipe = HE_CIFAR_110 if depth == 110 else HE_CIFAR
    return Preset(
        parameters=cifar((depth - 2) // 6),
        task=CIFAR100 if "cifar100" in accuracies else CIFAR10,
        recipe=recipe if accuracies.keys() - {"svhn"} else recipe | SVHN,
        published=[_plain(dataset, accuracy) for dataset, accuracy in accuracies.items()],
        baseline=False,
    )


SKIPNET = "ucbdrive/skipnet"
AKAMASTER = "akamaster/pytorch_resnet_cifar10"
STRIDE = "the paper strides in the first 1x1 of a bottleneck, ours in the 3x3 as torchvision: 7, 3 and 2 % more"

PAPER = Paper(
    title="ResNet",
    family="fixed graph",
    varies="nothing",
    citation="He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition. CVPR 2016. arXiv:1512.03385",
    presets={
        "tiny": Preset(parameters=TINY),
        "small": Preset(parameters=SMALL),
        "imagenet": _imagenet_preset((3, 4, 6, 3), "bottleneck", 3.8e9, 76.15),
        "resnet-20": _cifar_preset(20, 8.75, 0.27e6),
        "resnet-32": _cifar_preset(32, 7.51, 0.46e6),
        "resnet-44": _cifar_preset(44, 7.17, 0.66e6),
        "resnet-56": _cifar_preset(56, 6.97, 0.85e6),
        "resnet-110": _cifar_preset(110, 6.43, 1.7e6),
        "resnet-38-b": _projected(38, cifar10=92.50, svhn=97.94),
        "resnet-74-b": _projected(74, cifar10=92.95, svhn=97.92),
        "resnet-110-b": _projected(110, cifar10=93.60, svhn=98.09),
        "resnet-38-b-c100": _projected(38, cifar100=68.54),
        "resnet-74-b-c100": _projected(74, cifar100=70.64),
        "resnet-110-b-c100": _projected(110, cifar100=71.21),
        "resnet-152-b": _projected(152, svhn=98.14),
        "resnet-18": _imagenet_preset((2, 2, 2, 2), "basic", 1.8e9),
        "resnet-34": _imagenet_preset((3, 4, 6, 3), "basic", 3.6e9, 73.30),
        "resnet-50": _imagenet_preset((3, 4, 6, 3), "bottleneck", 3.8e9, 76.15),
        "resnet-101": _imagenet_preset((3, 4, 23, 3), "bottleneck", 7.6e9, 77.37),
        "resnet-152": _imagenet_preset((3, 8, 36, 3), "bottleneck", 11.3e9),
    },
    variants=[{"shortcut_kind": "A"}, {"block": "bottleneck", "widths": (8, 16, 32)}],
    official={
        "resnet-20": Official(AKAMASTER, 269_722, 40.551e6),
        "resnet-32": Official(AKAMASTER, 464_154, 68.863e6),
        "resnet-56": Official(AKAMASTER, 853_018, 125.486e6),
        "resnet-110": Official(AKAMASTER, 1_727_962, 252.888e6),
        "resnet-38-b": Official(SKIPNET, 564_122, 83.281e6),
        "resnet-110-b": Official(SKIPNET, 1_730_714, 253.150e6),
        "resnet-18": Official("torchvision", 11_689_512, 1_814.073344e6),
        "resnet-34": Official("torchvision", 21_797_672, 3_663.761e6),
        "resnet-50": Official("torchvision", 25_557_032, 4_089.184e6),
        "resnet-101": Official("torchvision", 44_549_160, 7_801.405e6),
        "resnet-152": Official("torchvision", 60_192_808, 11_513.627e6),
    },
    differs={
        "resnet-34": "the printed 3.6 G is with shortcut A; with B as here and in torchvision it is 3.66 G",
        "imagenet": STRIDE,
        "resnet-50": STRIDE,
        "resnet-101": STRIDE,
        "resnet-152": STRIDE,
    },
)
