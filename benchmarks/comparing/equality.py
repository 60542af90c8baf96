"""What the same networks from the same seeds have in common, and why the rest may differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from benchmarks.comparing.matching import MatchedNetwork, Pair
from benchmarks.measuring import evaluators
from benchmarks.records.facts import TRAINING, Fact, differing_facts, tables_of
from benchmarks.records.record import file_of

WEIGHTS, SETTINGS = "weights", "settings"


@dataclass(frozen=True, kw_only=True)
class Equality:
    """One thing that was made twice from the same seed.

    Attributes:
        network: its name, for readers.
        repetition: which of the first study's seeds, from 0.
        what: `weights`, `settings`, or the evaluator whose table it is.
        equal: whether it is the same in both studies: weights and files to the byte, or else tables to the value.
        detail: what differs; empty where nothing does.
        reasons: facts because of which it may differ; where there are none, it has to be equal.
    """

    network: str
    repetition: int
    what: str
    equal: bool
    detail: str = ""
    reasons: tuple[Fact, ...] = ()

    @property
    def unexplained(self) -> bool:
        """Whether it differs although nothing that it was made of does."""
        return not self.equal and not self.reasons


def equalities(network: MatchedNetwork) -> tuple[Equality, ...]:
    """Weights, settings and every table without times, of every seed that both studies have."""
    return tuple(found for pair in network.pairs for found in _of_pair(network.name, pair))


def _of_pair(name: str, pair: Pair) -> list[Equality]:
    one, other = (model.record for model in pair)
    a, b = one.config, other.config
    training = differing_facts(one, other, TRAINING)
    found = []
    for what in (WEIGHTS, SETTINGS):
        equal = a.get(what) == b.get(what)
        found.append(_equality(name, pair, what, "" if equal else f"other {what}", training))
    same = all(each.equal for each in found)
    for table in shared_tables(pair):
        reasons = differing_facts(one, other, table)
        if not same:
            reasons = list(dict.fromkeys([*(training or [(TRAINING, WEIGHTS)]), *reasons]))
        found.append(_equality(name, pair, table, _difference(pair, table), reasons))
    return found


def shared_tables(pair: Pair) -> list[str]:
    """Evaluators without times whose tables both records have."""
    timed = {evaluator.name for evaluator in evaluators(alone=True)}
    a, b = (tables_of(model.record) for model in pair)
    return [name for name in a if name in b and name not in timed]


def _equality(name: str, pair: Pair, what: str, detail: str, reasons: Sequence[Fact]) -> Equality:
    return Equality(
        network=name,
        repetition=pair[0].spec.repetition,
        what=what,
        equal=not detail,
        detail=detail,
        reasons=tuple(reasons),
    )


def _difference(pair: Pair, table: str) -> str:
    """In what two tables differ; empty where they are the same."""
    a, b = (model.record for model in pair)
    file = file_of(table)
    if a.manifest["files"].get(file) == b.manifest["files"].get(file):
        return ""
    return frame_difference(a.table(table), b.table(table))


def frame_difference(one: pd.DataFrame, other: pd.DataFrame) -> str:
    """In what two tables differ, in a few words; empty where all values are the same."""
    if list(one.columns) != list(other.columns):
        odd = sorted(set(map(str, one.columns)) ^ set(map(str, other.columns)))
        return f"other columns: {', '.join(odd)}" if odd else "columns in another order"
    if len(one) != len(other):
        return f"{len(one)} and {len(other)} rows"
    same = {
        str(name): (one[name].to_numpy() == other[name].to_numpy()) | (one[name].isna() & other[name].isna()).to_numpy()
        for name in one.columns
    }
    rows = int((~pd.DataFrame(same).all(axis=1)).sum()) if same else 0
    columns = [name for name, equal in same.items() if not equal.all()]
    return f"{rows} of {len(one)} rows, in {', '.join(columns)}" if rows else ""
