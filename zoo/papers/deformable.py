"""Deformable ConvNets: Dai et al. 2017, Zhu et al. 2019."""

from __future__ import annotations

from typing import Any

from zoo.papers.paper import IMAGENET, Official, Paper, Preset, Published
from zoo.papers.resnet import HE_CIFAR, HE_CIFAR_110, HE_IMAGENET, SMALL, TINY, cifar, imagenet


def _resnet_20(**parameters: Any) -> Preset:
    return Preset(parameters=cifar(3, "A") | parameters, recipe=HE_CIFAR)


RESNET_50 = Published(
    dataset="imagenet",
    source="Zhu et al. 2019, ImageNet pre-training",
    error=21.8,
    within=0.05,
    note="from memory of the paper, against 23.5 without deformation; the paper says all 3x3 convolutions of conv3 to "
    "conv5 and counts 12, ResNet-50 has 13",
)
OFFSETS = "akamaster/pytorch_resnet_cifar10 with torchvision.ops.DeformConv2d"

PAPER = Paper(
    title="Deformable ConvNet",
    family="fixed graph",
    varies="where convolutions sample",
    citation="Dai, Qi, Xiong, Li, Zhang, Hu, Wei: Deformable Convolutional Networks. ICCV 2017. arXiv:1703.06211; "
    "Zhu, Hu, Lin, Dai: Deformable ConvNets v2: More Deformable, Better Results. CVPR 2019. arXiv:1811.11168",
    presets={
        "tiny": Preset(parameters={**TINY, "widths": (16, 32, 60), "last": 1}),
        "small": Preset(parameters={**SMALL, "widths": (16, 32, 56)}),
        "resnet-20-v1": _resnet_20(version=1),
        "resnet-20-v2": _resnet_20(),
        "resnet-20-v2-all-stages": _resnet_20(stages=(1, 2, 3)),
        "resnet-110-v2-last-3": Preset(parameters=cifar(18, "A") | {"last": 3}, recipe=HE_CIFAR_110),
        "resnet-50-v2": Preset(
            parameters=imagenet((3, 4, 6, 3), "bottleneck") | {"stages": (2, 3, 4)},
            task=IMAGENET,
            recipe=HE_IMAGENET,
            published=[RESNET_50],
        ),
    },
    variants=[
        {"version": 1, "last": None},
        {"mask_scale": 2.0, "offset_groups": 2, "stages": (2, 3)},
        {"block": "bottleneck", "widths": (8, 16, 32)},
    ],
    official={
        "resnet-20-v1": Official(OFFSETS, 300_880),
        "resnet-20-v2": Official(OFFSETS, 316_459),
        "resnet-20-v2-all-stages": Official(OFFSETS, 351_613),
        "resnet-110-v2-last-3": Official(OFFSETS, 1_774_699),
    },
)
