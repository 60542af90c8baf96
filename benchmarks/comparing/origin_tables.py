"""What two studies were made of, conclude and share, as tables for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.comparing.answers import ChangedAnswer
from benchmarks.comparing.comparison import Comparison
from benchmarks.comparing.difference_tables import number, signed, unit_of
from benchmarks.comparing.differences import Difference
from benchmarks.comparing.equality import Equality
from benchmarks.comparing.origins import Origin
from benchmarks.comparing.samples import ACCURACY, COST, ROBUST
from benchmarks.comparing.tolerances import TIME
from benchmarks.records.facts import Fact
from benchmarks.reporting.formatting import DASH, count, listing
from benchmarks.reporting.tables.base import Column, Table
from benchmarks.reporting.tables.cells import Cell, text

NAMED = 4
"""Most networks, files or images that one cell names."""


def origins_table(comparison: Comparison) -> Table:
    """What differs in what the studies were made of; source files in one row per thing that they made."""
    names = {network.label: network.name for network in comparison.networks}
    single = [found for found in comparison.origins if found.kind != "code" or found.what == "commit"]
    files: dict[tuple[tuple[str, ...], tuple[str, ...], bool], list[Origin]] = {}
    for found in comparison.origins:
        if found not in single:
            files.setdefault((found.networks, found.made, found.everywhere), []).append(found)
    rows = [_origin_row(found, found.what, found.a, found.b, names) for found in single]
    rows += [
        _origin_row(several[0], _named([found.what for found in several]), "", "", names) for several in files.values()
    ]
    return Table(
        title="What the studies were made of, as far as it differs",
        columns=[
            Column(name="Kind", numeric=False),
            Column(name="What", numeric=False, long=True),
            Column(name="A", numeric=False, long=True),
            Column(name="B", numeric=False, long=True),
            Column(name="Of", numeric=False, long=True),
        ],
        rows=rows,
    )


def _origin_row(found: Origin, what: str, a: str, b: str, names: Mapping[str, str]) -> list[Cell]:
    who = "the study" if not found.networks else "every network"
    if found.networks and not found.everywhere:
        who = _named([names[label] for label in found.networks])
    made = f" ({_named(found.made)})" if found.made and found.made != ("training",) else ""
    return [text(found.kind), text(what), text(a or "other code"), text(b or "other code"), text(who + made)]


def claims_table(comparison: Comparison) -> Table:
    """The conclusions of both pages."""
    return Table(
        title="Conclusions of the two pages",
        columns=[
            Column(name="Question", numeric=False),
            Column(name="A", numeric=False, long=True),
            Column(name="B", numeric=False, long=True),
            Column(name="Changed", numeric=False),
        ],
        rows=[
            [
                text(claim.question),
                text(claim.a, claim.detail_a),
                text(claim.b, claim.detail_b),
                text("changed" if claim.changed else "same"),
            ]
            for claim in comparison.claims
        ],
        sortable=False,
    )


def answers_table(comparison: Comparison) -> Table:
    """Images with other answers, a row per network and setting."""
    groups: dict[tuple[str, str, int], list[ChangedAnswer]] = {}
    for answer in comparison.answers:
        groups.setdefault((answer.network, answer.where, answer.repetition), []).append(answer)
    return Table(
        title="Images that the same network, from the same seed, answers otherwise",
        columns=[
            Column(name="Network", numeric=False),
            Column(name="Setting or attack", numeric=False),
            Column(name="Seed"),
            Column(name="Images"),
            Column(name="Which", numeric=False, long=True),
        ],
        rows=[
            [
                text(network),
                text(where),
                number(repetition + 1, str(repetition + 1)),
                number(len(several), count(len(several))),
                text(_named([_answer(answer) for answer in several], "; ")),
            ]
            for (network, where, repetition), several in groups.items()
        ],
    )


def _answer(answer: ChangedAnswer) -> str:
    a, b = ("no answer" if value is None else str(value) for value in (answer.a, answer.b))
    return f"image {answer.image} of class {answer.label}: {a}, then {b}"


def equality_table(comparison: Comparison) -> Table:
    """What the same seeds made: what may differ, why, how much of it does, and by how much at most."""
    groups: dict[str, list[Equality]] = {}
    for found in comparison.equalities:
        groups.setdefault(found.what, []).append(found)
    rows = [_equality_row(what, several, comparison.differences) for what, several in groups.items()]
    if rows and any(found.kind == TIME for found in comparison.differences):
        times = "every run: time is never the same twice"
        rows.append(
            [text("latency"), Cell(text=DASH), text(times), text(_greatest(comparison.differences, TIME)), text("")]
        )
    return Table(
        title="What the same seeds made in both studies",
        columns=[
            Column(name="What", numeric=False),
            Column(name="Equal"),
            Column(name="May differ because of", numeric=False, long=True),
            Column(name="Greatest change", numeric=False, long=True),
            Column(name="Differs", numeric=False, long=True),
        ],
        rows=rows,
    )


MEASURED = {"accuracy": ACCURACY, "cost": COST, "robustness": ROBUST}
"""The quantity that a table is about."""


def _equality_row(what: str, several: Sequence[Equality], differences: Sequence[Difference]) -> list[Cell]:
    other = [found for found in several if not found.equal]
    reasons = dict.fromkeys(reason for found in several for reason in found.reasons)
    unexplained = [found.network for found in other if found.unexplained]
    why = [reasons_text(reasons)] if reasons else ["nothing"]
    why += [f"without a reason: {_named(unexplained)}"] if unexplained else []
    return [
        text(what),
        number(len(several) - len(other), f"{len(several) - len(other)} of {len(several)}"),
        text("; ".join(why)),
        text(_greatest(differences, MEASURED[what]) if what in MEASURED else ""),
        text(_named([f"{found.network}: {found.detail}" for found in other], "; ")),
    ]


def _greatest(differences: Sequence[Difference], kind: str) -> str:
    """The greatest change of a kind of quantity, and where it is; empty where there is none."""
    own = [found for found in differences if found.kind == kind and found.change != 0]
    if not own:
        return ""
    found = max(own, key=lambda one: abs(one.change))
    where = f"{found.where}, batch {found.batch}" if found.batch else found.where
    return f"{signed(found.change)} {unit_of(kind)} ({found.network}, {where})"


def reasons_text(reasons: Iterable[Fact]) -> str:
    """Facts by kind: `machine (processor, threads), code (3 files)`."""
    kinds: dict[str, list[str]] = {}
    for kind, what in reasons:
        kinds.setdefault(kind, []).append(what)
    parts = [
        f"code ({count(len(names))} files)" if kind == "code" and len(names) > NAMED else f"{kind} ({listing(names)})"
        for kind, names in kinds.items()
    ]
    return ", ".join(parts)


def _named(names: Sequence[str], separator: str = ", ") -> str:
    """The first of some names, and how many more there are."""
    more = [f"{count(len(names) - NAMED)} more"] if len(names) > NAMED else []
    return separator.join([*names[:NAMED], *more])
