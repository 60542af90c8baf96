"""FractalNet: Larsson et al. 2017."""

from __future__ import annotations

from typing import Any

from zoo.network import Task
from zoo.papers.paper import CIFAR10, CIFAR100, IMAGENET, SGD, Between, Official, Paper, Preset, Published

WIDTHS = (64, 128, 256, 512, 512)
DROPOUT = (0.0, 0.1, 0.2, 0.3, 0.4)
"""Section 4; `zoo.methods.fractalnet.network` has them as defaults, too."""
NO_DROP = {"dropout": (0.0,) * 5, "local_rate": 0.0, "global_share": 0.0}
LARSSON_CIFAR = {
    **SGD,
    "lr": 0.02,
    "nesterov": False,
    "weight_decay": 0.0,
    "batch_size": 100,
    "epochs": 400,
    "schedule": "step",
    "milestones": [0.5, 0.75, 0.875, 0.9375],
    "idle_updates": True,
}
"""Section 4: divided by 10 whenever the remaining epochs halve. Caffe goes on with momentum in columns that are idle.

Neither the paper nor the authors' code, which has no solver, says how much weights decay: the generator's multipliers
are in `conventions`, and there is nothing for them to multiply until a recipe gives a `weight_decay`.
"""
LARSSON_IMAGENET = LARSSON_CIFAR | {"lr": 0.001, "batch_size": 32, "epochs": 70, "milestones": [5 / 7, 13 / 14]}
"""Section 4; the milestones, epochs 50 and 65, are from memory of the paper."""
TABLE_1 = "Larsson et al. 2017, Table 1"


def _error(dataset: str, error: float, note: str, *, augment: bool, setting: str = "") -> Published:
    return Published(
        dataset=dataset,
        source=TABLE_1,
        error=error,
        parameters=38.6e6,
        note=note,
        setting=setting,
        recipe={} if augment else {"augment": False},
        unlike="another network: not the 38.6 M parameters that are printed",
    )


def _thin(columns: int, error: float, parameters: float) -> Preset:
    figure = Published(
        dataset="cifar100",
        source=f"Larsson et al. 2017, Table 3, {5 * 2 ** (columns - 1)} layers",
        error=error,
        parameters=parameters,
        note="no drop-path, and we assume no dropout",
        unlike="trained with augmentation ++, which is not specified",
    )
    thin = {"columns": columns, "widths": (16, 32, 64, 128, 128), "conventions": "caffe", **NO_DROP}
    return Preset(parameters=thin, task=CIFAR100, recipe=LARSSON_CIFAR, published=[figure])


def _paper(columns: int) -> dict[str, Any]:
    return {"columns": columns, "widths": WIDTHS, "dropout": DROPOUT, "conventions": "caffe"}


DOUBLER = "printed 38.6 M parameters need a 1x1 doubling of channels per block that the text does not have"
NEAREST = "38.912 M with a 1x1 convolution in front of every block, the nearest to the printed 38.6 M that we know"


def _twenty(task: Task, dataset: str, errors: tuple[float, float, float, float], note: str, **extra: Any) -> Preset:
    """FractalNet-20 with dropout and drop-path, by the errors of the whole network and of its deepest column."""
    notes = (
        f"no augmentation; {note}",
        "mirrored and translated",
        "deepest column, no augmentation",
        "deepest column, mirrored and translated",
    )
    ways = ((False, ""), (True, ""), (False, "column 3"), (True, "column 3"))
    published = [
        _error(dataset, error, said, augment=augment, setting=setting)
        for error, said, (augment, setting) in zip(errors, notes, ways, strict=True)
    ]
    return Preset(parameters=_paper(3) | extra, task=task, recipe=LARSSON_CIFAR, published=published)


ON_CIFAR10 = (7.33, 4.60, 7.27, 4.68)
ON_CIFAR100 = (28.20, 23.73, 29.05, 24.32)

PAPER = Paper(
    title="FractalNet",
    family="drops at training",
    varies="which columns run, chosen before inference",
    citation="Larsson, Maire, Shakhnarovich: FractalNet: Ultra-Deep Neural Networks without Residuals. ICLR 2017. "
    "arXiv:1605.07648",
    presets={
        "tiny": Preset(parameters={"columns": 3, "widths": (16, 32), "dropout": (0.0, 0.1), "stem_kind": "strided"}),
        "small": Preset(parameters={"columns": 3, "widths": (16, 32, 64, 64), "dropout": (0.0, 0.1, 0.2, 0.3)}),
        "fractalnet-20": _twenty(CIFAR10, "cifar10", ON_CIFAR10, DOUBLER),
        "fractalnet-20-c100": _twenty(CIFAR100, "cifar100", ON_CIFAR100, DOUBLER),
        "fractalnet-20-1x1": _twenty(CIFAR10, "cifar10", ON_CIFAR10, NEAREST, widen_first=True),
        "fractalnet-20-1x1-c100": _twenty(CIFAR100, "cifar100", ON_CIFAR100, NEAREST, widen_first=True),
        "fractalnet-20-plain": Preset(
            parameters={**_paper(3), **NO_DROP},
            task=CIFAR10,
            recipe=LARSSON_CIFAR,
            published=[
                _error("cifar10", 10.18, "no augmentation, neither dropout nor drop-path", augment=False),
                _error("cifar10", 5.22, "mirrored and translated, neither dropout nor drop-path", augment=True),
            ],
        ),
        "fractalnet-40": Preset(parameters=_paper(4), task=CIFAR10, recipe=LARSSON_CIFAR),
        "fractalnet-thin-5": _thin(1, 37.32, 0.3e6),
        "fractalnet-thin-10": _thin(2, 30.71, 0.8e6),
        "fractalnet-thin-20": _thin(3, 27.69, 2.1e6),
        "fractalnet-thin-40": _thin(4, 27.38, 4.8e6),
        "fractalnet-thin-80": _thin(5, 26.46, 10.2e6),
        "fractalnet-thin-160": _thin(6, 27.38, 21.1e6),
        "fractalnet-34": Preset(
            parameters={
                "columns": 4,
                "widths": (128, 256, 512, 1024),
                "dropout": (0.0,) * 4,
                "stem_kind": "imagenet",
                "head": "average",
                "conventions": "caffe",
            },
            task=IMAGENET,
            recipe=LARSSON_IMAGENET,
            published=[
                Published(
                    dataset="imagenet",
                    source="Larsson et al. 2017, Table 2",
                    error=24.12,
                    note="top-5 7.39; stem, widths and head are from memory of the paper",
                    unlike="tested on 10 crops of every image",
                )
            ],
        ),
    },
    knobs={"local_rate": Between(0.05, 0.3), "global_share": Between(0.25, 0.75)},
    variants=[
        {"draw": "sample", "pool": "join", "dropout_unit": "channel"},
        {"draw": "tied", "affine": False, "head": "average"},
        {"columns": 4, "widths": (8, 16), "own_statistics": False, "bias": True, "conventions": "caffe"},
        {"columns": 1},
        {"widen_first": True},
    ],
    scales={"width": ("widths",), "depth": ("columns",)},
    official={
        "fractalnet-20-c100": Official("khanrc/pt.fractalnet", 33_770_788, convolutions=845.2e6),
    },
    differs={
        **dict.fromkeys(("fractalnet-20", "fractalnet-20-c100", "fractalnet-20-plain"), DOUBLER),
        **dict.fromkeys(("fractalnet-20-1x1", "fractalnet-20-1x1-c100"), NEAREST),
    },
)
