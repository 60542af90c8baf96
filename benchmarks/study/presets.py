"""What is said where methods lack the preset of a study."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

import zoo

LISTED_BY = "python -m benchmarks.list presets"


def lacking(preset: str, selectors: Sequence[zoo.Selector]) -> str | None:
    """One line for a preset that not all selectors without one of their own can have; None where all can."""
    names = list(dict.fromkeys(selector.name for selector in selectors if selector.preset is None))
    without = [name for name in names if preset not in zoo.method(name).presets]
    if not without:
        return None
    shared = _shared(names)
    whom = f" for {' and '.join(names) if len(names) < 4 else f'all {len(names)} methods'}" if names[1:] else ""
    return f"{without[0]} has no preset {preset!r}; {_nearest(preset, shared)}valid{whom}: {', '.join(shared)}"


def nobody_has(preset: str, names: Sequence[str]) -> str:
    """One line for a preset that none of these methods has."""
    every = dict.fromkeys(own for name in names for own in zoo.method(name).presets)
    shared = _shared(names)
    others = len(every) - len(shared)
    rest = f"; {others} more belong to some of them: {LISTED_BY}" if others else ""
    return (
        f"methods: no chosen method has the preset {preset!r}; {_nearest(preset, every)}"
        f"valid for all of them: {', '.join(shared)}{rest}"
    )


def _shared(names: Sequence[str]) -> list[str]:
    """Presets that all of these methods have, in the order of the first."""
    first, *others = (zoo.method(name).presets for name in names)
    return [preset for preset in first if all(preset in presets for presets in others)]


def _nearest(preset: str, valid: Iterable[str]) -> str:
    near = difflib.get_close_matches(preset, list(valid), n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}? " if near else ""
