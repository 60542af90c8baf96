"""Highway networks: Srivastava et al. 2015."""

from __future__ import annotations

from zoo.papers.paper import MNIST, SGD, Between, Paper, Preset, Published

NESTEROV = SGD | {"nesterov": True, "weight_decay": 1e-3, "batch_size": 100}
CAFFE_CIFAR = NESTEROV | {"lr": 0.025, "epochs": 400, "schedule": "step", "milestones": [0.5, 0.75, 0.875]}
"""Solver of the official code: 200 k iterations, divided by 10 at 100 k, 150 k and 175 k."""
CAFFE_MNIST = NESTEROV | {"lr": 0.01, "epochs": 300, "schedule": "step", "milestones": [1 / 3, 2 / 3], "augment": False}


def _figure(
    dataset: str, accuracy: float, table: int, parameters: float | None = None, note: str = "", unlike: str = ""
) -> Published:
    return Published(
        dataset=dataset,
        source=f"Srivastava et al. 2015, Table {table}",
        error=round(100 - accuracy, 2),
        parameters=parameters,
        note=note,
        unlike=unlike,
    )


def _mnist(width: int, accuracy: float, parameters: float) -> Preset:
    shape = {
        "layers": (2, 3, 3),
        "widths": (width,) * 3,
        "stem_kernel": 5,
        "pool": 3,
        "head": "flat",
        "gate_bias": -1.0,
        "dropout": (0.2, 0.3, 0.4, 0.5),
    }
    figure = _figure("mnist", accuracy, 1, parameters, "best of 5 runs")
    return Preset(parameters=shape, task=MNIST, recipe=CAFFE_MNIST, published=[figure])


FITNET = {"head": "pooled", "dropout": (0.2, 0.2, 0.2, 0.2)}
HEAD_NOTE = (
    "the figure is of a network that ends in a fully connected layer of unpublished width; ours ends as Table 3's"
)
OTHER_HEAD = "another network: it ends in a fully connected layer of unpublished width"

PAPER = Paper(
    title="Highway network",
    family="fixed graph",
    varies="how much each layer transforms, softly",
    citation="Srivastava, Greff, Schmidhuber: Training Very Deep Networks. NIPS 2015. arXiv:1507.06228",
    presets={
        "tiny": Preset(
            parameters={
                "layers": (2, 2, 1),
                "widths": (16, 32, 64),
                "stem_stride": 2,
                "head": "flat",
                "gate_bias": -1.0,
                "lr_scale": 0.4,
            }
        ),
        "small": Preset(parameters={"layers": (2, 3, 3), "widths": (16, 32, 64), "lr_scale": 0.4}),
        "highway-mnist-16": _mnist(16, 99.43, 39e3),
        "highway-mnist-32": _mnist(32, 99.55, 151e3),
        "highway-11": Preset(
            parameters={**FITNET, "layers": (2, 2, 2), "widths": (16, 32, 64), "features": 100},
            recipe=CAFFE_CIFAR,
            published=[_figure("cifar10", 89.18, 2, 236e3, unlike=OTHER_HEAD)],
        ),
        "highway-19": Preset(
            parameters={**FITNET, "layers": (4, 5, 5), "widths": (32, 80, 128), "features": 100},
            recipe=CAFFE_CIFAR,
            published=[
                _figure("cifar10", 92.40, 3, note="best of 5 runs; mean 92.31"),
                _figure("cifar10", 92.46, 2, 2.3e6, unlike=OTHER_HEAD),
                _figure("cifar100", 67.76, 3, note="best of 5 runs; mean 67.61"),
            ],
        ),
    },
    knobs={"gate_bias": Between(-4.0, 0.0)},
    variants=[
        {"head": "pooled", "features": 100, "gate_bias": -2.0},
        {"gate_bias": 0.0, "dropout": (0.1, 0.1, 0.1, 0.1)},
    ],
    scales={"width": ("widths",), "depth": ("layers",)},
    differs={
        "highway-mnist-32": "printed 151 k seems cut off: the official layers have 151,690",
        "highway-11": HEAD_NOTE,
    },
)
