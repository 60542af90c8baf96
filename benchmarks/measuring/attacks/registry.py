"""Attacks by name: found among the modules of this package and of installed plug-ins."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pydantic import ValidationError

from benchmarks.measuring.attacks.contract import Attack
from zoo.plugins import Registry, UnknownName, origin_of, unknown
from zoo.registry import parse_brackets

ATTACKS: Registry[type[Attack]] = Registry("attack", "benchmarks.measuring.attacks")
"""Every attack."""

Kind = TypeVar("Kind", bound=type[Attack])


def attack(name: str) -> Callable[[Kind], Kind]:
    """Class decorator that makes an `Attack` one of the suite's.

    Args:
        name: as studies use it.

    Raises:
        ValueError: the name is taken, or an option has no default.
    """

    def decorate(kind: Kind) -> Kind:
        required = [option for option, facts in kind.fields().items() if facts.is_required()]
        if required:
            raise ValueError(f"attack {name!r}: option {required[0]} has no default")
        ATTACKS.add(name, kind, origin_of(kind))
        kind.name = name
        return kind

    return decorate


def parse_attack(text: str, **defaults: object) -> Attack:
    """The attack that `name` or `name[option=value, ...]` says.

    Args:
        text: as studies have it.
        defaults: options that hold where the text gives no others.

    Raises:
        UnknownName: no such attack or option; the message lists the nearest.
        ValueError: it is not of that form, or a value is not valid.
    """
    name, word, options = parse_brackets(text)
    if word is not None:
        raise ValueError(f"cannot read {text!r}: write {name} or {name}[option=value]")
    kind = ATTACKS[name]
    for option in options:
        if option not in kind.fields():
            raise UnknownName(unknown(f"option of {name}", option, list(kind.fields())))
    try:
        return kind.model_validate({**defaults, **options})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{text}: {place}: {first['msg'].removeprefix('Value error, ')}") from error
