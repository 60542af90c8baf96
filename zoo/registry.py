"""Methods by name: registration, selectors such as `adanet[small, target_rate=0.5]`, and creation."""

from __future__ import annotations

import ast
import inspect
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from zoo.network import RoutedNet, Task
from zoo.papers.paper import Knob, Official, Paper, Preset, Published
from zoo.plugins import Registry, UnknownName, origin_of, unknown
from zoo.weights import load_weights, read_weights, resolve

__all__ = [
    "SCALES",
    "WEIGHTS",
    "Method",
    "Official",
    "Paper",
    "Preset",
    "Published",
    "Selector",
    "UnknownName",
    "create",
    "is_given",
    "is_registered",
    "list_methods",
    "method",
    "parameters_of",
    "parse",
    "parse_brackets",
    "register",
    "split_outside_brackets",
    "weights_file",
]


BASELINE = "resnet"
"""The method that baselines are of; a selector of it is its own baseline."""
WEIGHTS = "weights"
"""What every selector may have besides its method's parameters: the file of weights that are given, not learnt."""


@dataclass(frozen=True, kw_only=True)
class Method:
    """A registered way to spend computation.

    Attributes:
        name: as selectors use it.
        title: as reports print it.
        family: skips layers, exits early, drops at training, or fixed graph.
        varies: what depends on the input.
        citation: authors, title, venue, arXiv number.
        network: the class that implements it.
        presets: by name.
        variants: parameters that make another network of `tiny` (another gate, graph or loss); tests of conformance
            run over all of them.
        scales: names of the parameters that are multiplied together, by way of scaling; see
            `zoo.sizing.matching.match`.
        official: sizes counted on public code, by preset.
        differs: why our size is not what was printed or counted, by preset.
        knobs: parameters that `benchmarks.tune` searches, with their ranges.
        given: whether its networks are described by parameters alone, so that no preset or wildcard stands for one.
    """

    name: str
    title: str
    family: str
    varies: str
    citation: str
    network: type[RoutedNet]
    presets: Mapping[str, Preset]
    variants: Sequence[Mapping[str, Any]] = ()
    scales: Mapping[str, Sequence[str]] = field(default_factory=dict)
    official: Mapping[str, Official] = field(default_factory=dict)
    differs: Mapping[str, str] = field(default_factory=dict)
    knobs: Mapping[str, Knob] = field(default_factory=dict)
    given: bool = False

    @property
    def default_preset(self) -> str:
        """The preset of a selector that names none."""
        return next(iter(self.presets)) if self.given else "tiny"

    def parameters(self) -> dict[str, Any]:
        """Parameter names and their defaults, in the order of the network's signature."""
        return _keywords(self.network)

    def settings(self) -> str:
        """What it can serve without retraining, in the words of its `settings` method; empty where it has one only."""
        if self.network.settings is RoutedNet.settings:
            return ""
        return inspect.cleandoc(self.network.settings.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def _keywords(network: type[RoutedNet]) -> dict[str, Any]:
    parameters = inspect.signature(network.__init__).parameters.values()
    own = {p.name: p.default for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY}
    return {**own, **network.shared_parameters}


METHODS: Registry[Method] = Registry("method", "zoo.methods")
"""Every method; `list_methods` has their order."""

SCALES: Mapping[str, Sequence[str]] = {"width": ("widths",), "depth": ("blocks",)}
"""How a network scales that says nothing else, as far as it has these parameters."""

Net = TypeVar("Net", bound=type[RoutedNet])


def register(name: str, paper: Paper) -> Callable[[Net], Net]:
    """Class decorator that makes a network a method of the suite.

    The network takes a `Task` and keyword-only parameters.

    Args:
        name: as selectors use it.
        paper: its facts; presets `tiny` and `small` are obligatory.

    Raises:
        ValueError: the name is taken, a preset is missing, or a parameter that should scale or a preset that has
            facts does not exist.
    """

    def decorate(network: Net) -> Net:
        missing = {"tiny", "small"} - set(paper.presets)
        if missing and not paper.given:
            raise ValueError(f"method {name!r} lacks the preset {sorted(missing)[0]!r}")
        for preset in {**paper.official, **paper.differs}:
            if preset not in paper.presets:
                raise UnknownName(unknown(f"preset of {name}", preset, list(paper.presets)))
        for knob in paper.knobs:
            if knob not in _keywords(network):
                raise UnknownName(unknown(f"parameter of {name}", knob, list(_keywords(network))))
        facts = {field.name: getattr(paper, field.name) for field in fields(paper)}
        facts["scales"] = _checked_scales(name, network, paper.scales)
        METHODS.add(name, Method(name=name, network=network, **facts), origin_of(network))
        return network

    return decorate


def _checked_scales(
    name: str, network: type[RoutedNet], scales: Mapping[str, Sequence[str]] | None
) -> Mapping[str, Sequence[str]]:
    valid = _keywords(network)
    if scales is None:
        return {way: names for way, names in SCALES.items() if set(names) <= set(valid)}
    for parameter in (parameter for names in scales.values() for parameter in names):
        if parameter not in valid:
            raise UnknownName(unknown(f"parameter of {name}", parameter, list(valid)))
    return scales


def list_methods(pattern: str = "*") -> tuple[str, ...]:
    """Names of the registered methods that match a shell wildcard: the baseline, then the others as registered.

    Methods of which nothing but a selector says what their networks are (`Method.given`) are not among them.
    """
    ordered = sorted(METHODS.names(pattern), key=lambda name: name != BASELINE)
    return tuple(name for name in ordered if not METHODS[name].given)


def is_registered(name: str) -> bool:
    """Whether there is a method of that name, listed or not."""
    return name in METHODS


def is_given(name: str) -> bool:
    """Whether that is a method of which nothing but a selector says what its networks are; not an unknown one."""
    return is_registered(name) and METHODS[name].given


def method(name: str) -> Method:
    """The method of that name.

    Raises:
        UnknownName: there is none; the message lists the nearest.
    """
    if name not in METHODS:
        raise UnknownName(unknown("method", name, (*list_methods(), *(one.name for one in METHODS if one.given))))
    return METHODS[name]


@dataclass(frozen=True)
class Selector:
    """A method with the preset and the parameters that were asked for, checked.

    Attributes:
        name: of the method.
        preset: of the method, or None for the data set's default scale.
        parameters: overrides of the preset's.
    """

    name: str
    preset: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """The canonical spelling, which `parse` reads back."""
        inside = [self.preset] if self.preset else []
        inside += [f"{key}={spelled(value)}" for key, value in sorted(self.parameters.items())]
        return f"{self.name}[{', '.join(inside)}]" if inside else self.name

    @property
    def weights(self) -> str | None:
        """The file of the weights that are given, or the name of published ones; None where they are to be learnt."""
        return self.parameters.get(WEIGHTS)

    @property
    def architecture(self) -> Selector:
        """The same network without its weights."""
        return Selector(self.name, self.preset, {k: v for k, v in self.parameters.items() if k != WEIGHTS})


def parse(text: str) -> Selector:
    """Read a selector: `name`, `name[preset]`, `name[preset, parameter=value, ...]`.

    Raises:
        UnknownName: no such method, preset or parameter; the message lists the nearest.
        ValueError: it is not of that form.
    """
    name, preset, parameters = parse_brackets(text)
    found = method(name)
    if preset is not None and preset not in found.presets:
        raise UnknownName(unknown(f"preset of {name}", preset, list(found.presets)))
    valid = [*found.parameters(), WEIGHTS]
    for parameter in parameters:
        if parameter not in valid:
            raise UnknownName(unknown(f"parameter of {name}", parameter, valid))
    weights = parameters.get(WEIGHTS, "file")
    if not isinstance(weights, str) or not weights:
        raise ValueError(f"{WEIGHTS} of {name} must be a file, as {WEIGHTS}=my.safetensors, not {weights!r}")
    return Selector(name, preset, parameters)


def parse_brackets(text: str) -> tuple[str, str | None, dict[str, Any]]:
    """Split `name[word, key=value, ...]` into name, word or None, and values read as Python literals.

    Raises:
        ValueError: it is not of that form.
    """
    match = re.fullmatch(r"\s*([\w-]+)\s*(?:\[(.*)\])?\s*", text)
    if match is None:
        raise ValueError(f"cannot read {text!r}: write name, name[preset] or name[preset, parameter=value]")
    name, inside = match.groups()
    word: str | None = None
    values: dict[str, Any] = {}
    for part in split_outside_brackets(inside or ""):
        key, equals, value = part.partition("=")
        if key.strip() in values:
            raise ValueError(f"cannot read {text!r}: {key.strip()!r} is given twice")
        if equals:
            values[key.strip()] = _literal(value.strip())
        elif word is None:
            word = part
        else:
            raise ValueError(f"cannot read {text!r}: {part!r} stands where parameter=value should")
    return name, word, values


def spelled(value: Any) -> str:
    """A value as a selector has it: a text that would be read otherwise, or split, has quotes."""
    if not isinstance(value, str):
        return str(value)
    plain = value == value.strip() and not set(value) & set("[](){},'\"=\\") and _literal(value) == value
    return value if plain and value else repr(value)


QUOTED = re.compile(r"""(?<![^\s=,:(\[{])(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
"""A text in quotes, at the beginning of a value."""


def split_outside_brackets(text: str) -> list[str]:
    """Split at the commas that stand outside of every bracket and of quotes; empty parts are left out.

    Raises:
        ValueError: brackets that do not match.
    """
    parts, depth, start = [], 0, 0
    quoted = {place for found in QUOTED.finditer(text) for place in range(*found.span())}
    for position, character in enumerate(text):
        if position in quoted:
            continue
        depth += character in "[({"
        depth -= character in "])}"
        if depth < 0:
            break
        if character == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    if depth != 0:
        raise ValueError(f"brackets do not match in {text!r}")
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def _literal(value: str) -> Any:
    words = {"true": True, "false": False, "none": None, "null": None}
    if value.lower() in words:
        return words[value.lower()]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes such as '\d'
            return ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return value
    except (RecursionError, MemoryError) as error:
        raise ValueError(f"cannot read {value!r}: it is nested too deeply") from error


def parameters_of(selector: str | Selector) -> dict[str, Any]:
    """What `create` passes to the network: the preset's parameters, overridden by the selector's.

    Args:
        selector: as `parse` reads it; without a preset, `tiny`.

    Raises:
        UnknownName: no such method, preset or parameter.
        ValueError: it is not of that form.
    """
    chosen = parse(selector) if isinstance(selector, str) else selector
    found = method(chosen.name)
    own = chosen.architecture.parameters
    return {**found.presets[chosen.preset or found.default_preset].parameters, **own}


def create(selector: str | Selector, task: Task | None = None) -> RoutedNet:
    """Build a network: untrained, or with the weights that its selector names.

    Args:
        selector: as `parse` reads it; without a preset, `tiny`.
        task: shape and classes; without one, the task that the preset was published for.

    Raises:
        UnknownName: no such method, preset or parameter.
        ValueError: the task, a parameter or the weights do not fit the network; or they cannot be read.
    """
    chosen = parse(selector) if isinstance(selector, str) else selector
    found = method(chosen.name)
    try:
        net = found.network(task or found.presets[chosen.preset or found.default_preset].task, **parameters_of(chosen))
    except TypeError as error:
        raise ValueError(f"{chosen}: {error}") from error
    if chosen.weights is not None and not any(parameter.is_meta for parameter in net.parameters()):
        load_weights(net, read_weights(weights_file(chosen)), chosen.weights, inside=getattr(net, "inside", ""))
        net.load_state_dict(_published(chosen, "normalisation", {}), strict=False)
    return net


def weights_file(selector: Selector) -> Path:
    """The file of a selector's weights: a path, or what `published_weights` of its network fetches under a name.

    Raises:
        WeightsError: published weights are not on this machine, and cannot be fetched.
    """
    assert selector.weights is not None
    path: Path = _published(selector, "file", resolve(selector.weights))
    return path


def _published(selector: Selector, what: str, otherwise: Any) -> Any:
    """What a method's network knows of weights that are published under the name; else what is given."""
    find = getattr(method(selector.name).network, "published_weights", None)
    published = find(selector.weights, parameters_of(selector)) if find else None
    return otherwise if published is None else getattr(published, what)()
