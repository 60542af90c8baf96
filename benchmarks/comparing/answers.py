"""Which test images a network answers differently in two studies, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from benchmarks.comparing.matching import MatchedNetwork, Pair
from benchmarks.measuring.attacks.contract import CLEAN

PLACES = {"accuracy": ("setting",), "robustness": ("attack", "epsilon")}
"""Tables with a row per image, and the columns that say where it was answered."""


@dataclass(frozen=True, kw_only=True)
class ChangedAnswer:
    """An image to which the same network, from the same seed, has another answer.

    Attributes:
        network: its name, for readers.
        repetition: which of the first study's seeds, from 0.
        table: the evaluator's.
        where: the setting, or the attack and its epsilon.
        image: its index in the test split.
        label: its class.
        a: the answer in the first study; None where it has none.
        b: the answer in the second study; None where it has none.
    """

    network: str
    repetition: int
    table: str
    where: str
    image: int
    label: int
    a: int | None
    b: int | None


def changed_answers(network: MatchedNetwork) -> tuple[ChangedAnswer, ...]:
    """Every image that a seed which both studies have answers differently, and those that only one of them answers."""
    return tuple(
        changed for pair in network.pairs for table in PLACES for changed in _changed(network.name, pair, table)
    )


def _changed(network: str, pair: Pair, table: str) -> list[ChangedAnswer]:
    a, b = (model.record for model in pair)
    if not (a.has(table) and b.has(table)):
        return []
    keys = [*PLACES[table], "index"]
    columns = [*keys, "label", "prediction"]
    both = a.table(table)[columns].merge(b.table(table)[columns], on=keys, how="outer", suffixes=("_a", "_b"))
    other = both[both["prediction_a"] != both["prediction_b"]]
    return [
        ChangedAnswer(
            network=network,
            repetition=pair[0].spec.repetition,
            table=table,
            where=place_text(table, [row[name] for name in PLACES[table]]),
            image=int(row["index"]),
            label=int(row["label_a"] if pd.notna(row["label_a"]) else row["label_b"]),
            a=_answer(row["prediction_a"]),
            b=_answer(row["prediction_b"]),
        )
        for row in other.to_dict("records")
    ]


def place_text(table: str, values: Sequence[Any]) -> str:
    """A setting as it is called, `attack at epsilon`, or `no attack`."""
    if table == "accuracy":
        return str(values[0])
    return "no attack" if values[0] == CLEAN else f"{values[0]} at {values[1]:.4g}"


def _answer(value: float) -> int | None:
    return None if pd.isna(value) else int(value)
