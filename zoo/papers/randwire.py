"""RandWireNN: Xie et al. 2019."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo.network import Task
from zoo.papers.paper import CIFAR10, IMAGENET, SGD, Between, Paper, Preset, Published

XIE = {
    **SGD,
    "nesterov": False,
    "weight_decay": 5e-5,
    "batch_size": 256,
    "epochs": 100,
    "schedule": "cosine",
}
"""Xie et al. 2019, section 4: half-period cosine from 0.1."""
REGULAR: Mapping[str, Any] = {"regime": "regular", "edge_drop": 0.1, "dropout": 0.2}


def _published(error: float, parameters: float, macs: float, note: str = "", epochs: int = 100) -> Published:
    return Published(
        dataset="imagenet",
        source="Xie et al. 2019, WS(4, 0.75)",
        error=error,
        within=0.05,
        parameters=parameters,
        macs=macs,
        note=f"{epochs} epochs{note}",
        recipe={} if epochs == XIE["epochs"] else {"epochs": epochs},
    )


GENERATORS: Mapping[str, Mapping[str, Any]] = {
    "er": {"graph": "er", "edge_rate": 0.2},
    "ba": {"graph": "ba", "new_edges": 5},
}
"""ER(0.2) and BA(5), which the paper compares with WS(4, 0.75)."""
LARGE = Task(shape=(3, 320, 320), classes=1000)
"""The large regime: networks of the regular one, trained at 224 pixels and evaluated at 320."""


def _others(channels: int, **parameters: Any) -> dict[str, Preset]:
    """The presets of these channels with the other two generators, and the suffixes -er and -ba."""
    return {
        f"randwire-c{channels}-{kind}": _imagenet_preset(channels, **parameters, **wiring)
        for kind, wiring in GENERATORS.items()
    }


def _large() -> dict[str, Preset]:
    """C = 154 at 320 pixels, for weights that were trained as the preset of the same name without the suffix.

    They have no recipe: nobody trains them at this size.
    """
    common = {"nodes": 32, "channels": 154, "label_smoothing": 0.1, **REGULAR}
    every: dict[str, Mapping[str, Any]] = {"": {}, **{f"-{kind}": wiring for kind, wiring in GENERATORS.items()}}
    return {
        f"randwire-c154{suffix}-320": Preset(parameters={**common, **wiring}, task=LARGE)
        for suffix, wiring in every.items()
    }


def _imagenet_preset(channels: int, *published: Published, **parameters: Any) -> Preset:
    common = {"nodes": 32, "channels": channels, "label_smoothing": 0.1}
    return Preset(parameters={**common, **parameters}, task=IMAGENET, recipe=XIE, published=published)


PAPER = Paper(
    title="RandWireNN",
    family="fixed graph",
    varies="nothing; nodes and edges can be taken out",
    citation="Xie, Kirillov, Girshick, He: Exploring Randomly Wired Neural Networks for Image Recognition. ICCV 2019. "
    "arXiv:1904.01569",
    presets={
        "tiny": Preset(parameters={"nodes": 6, "channels": 48, "stem_strides": (2, 1)}),
        "small": Preset(parameters={"nodes": 16, "channels": 48, "stem_strides": (1, 1), "head_width": 256}),
        "randwire-c78": _imagenet_preset(
            78,
            _published(26.2, 5.6e6, 583e6, ", mean of 5 graphs"),
            _published(25.3, 5.6e6, 583e6, epochs=250),
        ),
        "randwire-c109": _imagenet_preset(109, _published(21.0, 31.9e6, 4.0e9), **REGULAR),
        "randwire-c154": _imagenet_preset(154, _published(19.9, 61.5e6, 7.9e9), **REGULAR),
        **_others(78),
        **_others(109, **REGULAR),
        **_others(154, **REGULAR),
        **_large(),
        "randwire-c78-cifar": Preset(
            parameters={"nodes": 32, "channels": 78, "stem_strides": (1, 1)}, task=CIFAR10, recipe=XIE
        ),
    },
    knobs={"edge_drop": Between(0.0, 0.2), "dropout": Between(0.0, 0.3)},
    variants=[
        {"graph": "er", "edge_rate": 0.3},
        {"graph": "ba", "new_edges": 3, "label_smoothing": 0.1},
        {**REGULAR, "nodes": 10, "channels": 12, "stem_strides": (1,)},
    ],
    scales={"width": ("channels",), "depth": ("nodes",)},
    differs=dict.fromkeys(
        ("randwire-c78", "randwire-c109", "randwire-c154"), "varies by 2 % with the graph that is drawn; here of seed 0"
    ),
)
