"""Facts of a paper as plain data: what its networks are, how they were trained, and the figures it prints.

Nothing here computes. A method's module says how a network works and takes its facts from `zoo.papers.<method>`, so
that a corrected citation or figure changes no line of a network's code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zoo.network import Task

CIFAR10 = Task(shape=(3, 32, 32), classes=10)
"""The task of most published presets."""
CIFAR100 = Task(shape=(3, 32, 32), classes=100)
IMAGENET = Task(shape=(3, 224, 224), classes=1000)
MNIST = Task(shape=(1, 28, 28), classes=10)
EXTRA_DIGITS = "trained on the extra digits of SVHN too"
"""Why an error on SVHN is of other training images: the suite's data set has the 73,257 of `train` alone."""
SGD: dict[str, Any] = {"optimizer": "sgd", "lr": 0.1, "momentum": 0.9}
"""What most recipes start from."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """A figure that a paper or its official code gives for a preset; None where it says nothing.

    Attributes:
        dataset: what was learnt.
        error: top-1 error, percent.
        within: percentage points by which the error may be off: half of its last digit, or what a plot is read to.
        parameters: as printed, in units.
        macs: as printed, converted to multiply-accumulates.
        per_mac: operations that the source counts per multiply-accumulate, 1 or 2.
        routed: the network ran by its routes, and `macs` is the mean over images of what they ask for, not the nominal
            cost. Such an error is one at a cost: `macs` or `units_run` say which.
        units_run: share of the network's units that run, mean over images. Where the source counts blocks that always
            run, which are no units, they are taken out of it.
        source: paper and table.
        note: anything a reader must know before comparing.
        setting: of the network's settings, the one that the figure is of; empty for the headline.
        changed: parameters in which the figure's network differs from the preset's.
        recipe: fields in which its training differs from the preset's recipe.
        unlike: why no error that is measured here can be set beside it, whatever is trained: it is of another network,
            of other training images, or was tested otherwise. Empty where one can.
    """

    dataset: str
    source: str
    error: float | None = None
    within: float = 0.005
    parameters: float | None = None
    macs: float | None = None
    per_mac: int = 1
    routed: bool = False
    units_run: float | None = None
    note: str = ""
    setting: str = ""
    changed: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    unlike: str = ""


@dataclass(frozen=True)
class Official:
    """Size of a preset's network counted on public code, not on ours.

    Attributes:
        code: whose.
        parameters: exact.
        macs: of convolutions and linear layers, for one image, to the last digit that is not zero.
        convolutions: of convolutions alone, likewise.
    """

    code: str
    parameters: int
    macs: float | None = None
    convolutions: float | None = None


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Parameters of a network under a name.

    Attributes:
        parameters: keyword arguments of the network.
        task: what it was designed for; networks of the suite's own scales are built for any.
        recipe: how its paper trained it, as fields of `benchmarks.study.study.Recipe`.
        published: figures to compare with.
        baseline: of a preset of `resnet`, whether networks are compared with it (`zoo.baseline_of`). Presets that
            differ from another one in their shortcuts alone would divide what a study compares among them.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    task: Task = CIFAR10
    recipe: Mapping[str, Any] = field(default_factory=dict)
    published: Sequence[Published] = ()
    baseline: bool = True


@dataclass(frozen=True)
class Between:
    """A knob that may have any value between two bounds.

    Attributes:
        low: smallest value.
        high: greatest value.
        log: search the logarithm evenly.
    """

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class OneOf:
    """A knob that has one of some values."""

    values: tuple[Any, ...]


Knob = Between | OneOf


@dataclass(frozen=True, kw_only=True)
class Paper:
    """All that is known of a method apart from the code that runs it.

    Attributes:
        title: as reports print it.
        family: skips layers, exits early, drops at training, or fixed graph.
        varies: what depends on the input.
        citation: authors, title, venue, arXiv number.
        presets: by name; `tiny` and `small` are obligatory.
        variants: parameters that make another network of `tiny` (another gate, graph or loss); tests of conformance
            run over all of them.
        scales: names of the parameters that are multiplied together, by way of scaling, such as
            `{"width": ("growth",)}`; None for `zoo.registry.SCALES`. See `zoo.sizing.matching.match`.
        official: sizes counted on public code, by preset.
        differs: why our size is not what was printed or counted, by preset.
        knobs: parameters that `benchmarks.tune` searches beside learning rate and weight decay, with their ranges. Each
            has to fit every preset, and change no size of the network.
        given: its networks are described by parameters that nothing can choose for the user: it has no scales, and
            neither `all` nor wildcards name it.
    """

    title: str
    family: str
    varies: str
    citation: str
    presets: Mapping[str, Preset]
    variants: Sequence[Mapping[str, Any]] = ()
    scales: Mapping[str, Sequence[str]] | None = None
    official: Mapping[str, Official] = field(default_factory=dict)
    differs: Mapping[str, str] = field(default_factory=dict)
    knobs: Mapping[str, Knob] = field(default_factory=dict)
    given: bool = False
