"""What a trained network is stored as, whether in a study's record or in a release file, and which one a name means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from zoo.network import Setting, Task
from zoo.registry import WEIGHTS, Selector, is_given, parse


class LoadError(ValueError):
    """What cannot be loaded; the message is one line with the valid choices, or what to do."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A network as it is stored.

    Attributes:
        label: as the study's tables call it.
        place: where it is, for messages.
        facts: of its record: `spec`, `task`, `settings`, `class_names` (missing from older ones), `weights` (digest).
        weights: reads parameters and buffers by name.
    """

    label: str
    place: str
    facts: Mapping[str, Any]
    weights: Callable[[], Mapping[str, Tensor]]

    @property
    def selector(self) -> Selector:
        """Method, preset and parameters, without given weights."""
        spec = self.facts["spec"]
        return Selector(spec["method"], spec["preset"], spec["parameters"]).architecture

    @property
    def task(self) -> Task:
        """What the network was built for."""
        values = self.facts["task"]
        channels, height, width = values["shape"]
        mean, std = tuple(values["mean"]), tuple(values["std"])
        return Task(shape=(channels, height, width), classes=values["classes"], mean=mean, std=std)

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Points of the accuracy-compute curve, the headline setting first."""
        return tuple(Setting(**values) for values in self.facts["settings"])

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """A name per class, in the order of the logits; None in records from before they were stored."""
        names = self.facts.get("class_names")
        return None if names is None else tuple(names)


def label_of(spec: Mapping[str, Any]) -> str:
    """The name of a network in tables, as `benchmarks.study.study.ModelSpec.label` has it.

    Args:
        spec: of a record.
    """
    shown = dict(spec["parameters"])
    if spec.get("weights_shown"):
        shown[WEIGHTS] = spec["weights_shown"]
    plain = spec["preset"] == spec.get("scale", "tiny") or is_given(spec["method"])
    inside = [*([] if plain else [spec["preset"]]), *(f"{key}={value}" for key, value in sorted(shown.items()))]
    name = f"{spec['method']}[{', '.join(inside)}]" if inside else spec["method"]
    return f"{name} #{spec['repetition'] + 1}" if spec["repetition"] else name


def choose(name: str, seed: int, stored: Mapping[str, Stored], where: str) -> Stored:
    """The network that a name means.

    Args:
        name: a label, a selector in any spelling, or a method's name where there is one network of it.
        seed: which of its seeds, from 1.
        stored: networks by label.
        where: they are, for messages.

    Raises:
        LoadError: there is none, or several.
    """
    if seed < 1:
        raise LoadError(f"seed counts from 1, not {seed}")
    if not stored:
        raise LoadError(f"{where} has no trained network")
    own = {label: one for label, one in stored.items() if one.facts["spec"]["repetition"] == seed - 1}
    if seed == 1 and name in stored:
        return stored[name]
    ways = (
        [one for label, one in own.items() if label in (name, f"{name} #{seed}")],
        _spelled_otherwise(name, list(own.values())),
        [one for one in own.values() if one.facts["spec"]["method"] == name],
    )
    found = next(filter(None, ways), [])
    if len(found) == 1:
        return found[0]
    if found:
        raise LoadError(f"{name!r} is the name of {len(found)} networks in {where}; valid: {_labels(found)}")
    kind = f"network {name!r}" if seed == 1 else f"seed {seed} of {name!r}"
    raise LoadError(f"{where} has no {kind}; valid: {_labels(list(stored.values()))}")


def choose_setting(stored: Stored, name: str | None) -> Setting:
    """A setting by name; without one, the headline setting.

    Raises:
        LoadError: the network has none of that name.
    """
    settings = {setting.name: setting for setting in stored.settings}
    if name is None:
        return stored.settings[0]
    if name not in settings:
        raise LoadError(f"{stored.label} has no setting {name!r}; valid: {', '.join(map(repr, settings))}")
    return settings[name]


def _spelled_otherwise(name: str, stored: Sequence[Stored]) -> list[Stored]:
    try:
        asked = parse(name)
    except ValueError:
        return []
    found = []
    for one in stored:
        spec = one.facts["spec"]
        preset = asked.preset or (spec["preset"] if is_given(asked.name) else spec.get("scale", "tiny"))
        same = (spec["method"], spec["preset"]) == (asked.name, preset)
        if same and _plain(spec["parameters"]) == _plain(asked.parameters):
            found.append(one)
    return found


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """With lists for tuples, as files have them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in parameters.items()}


def _labels(stored: Sequence[Stored]) -> str:
    return ", ".join(repr(one.label) for one in stored)
