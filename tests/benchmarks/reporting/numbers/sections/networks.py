"""Tables on networks: their settings, their sizes, and what their papers report."""

from __future__ import annotations

from typing import Any

import pandas as pd

import zoo
from benchmarks.training.recipe import Recipe
from tests.benchmarks.reporting.numbers.records import Network, Study, share_right
from tests.benchmarks.reporting.numbers.saying import (
    Cell,
    Column,
    Says,
    Table,
    joined,
    missing,
    number,
    percent,
    says,
    word,
)
from zoo.papers.paper import Published


def settings(network: Network) -> Table:
    """Its settings, as its record has them."""
    own = network.config["settings"]
    names = [Cell(Says(s["name"]), small=Says("headline" if s["name"] == network.first else "")) for s in own]
    notes = [Cell(Says(setting["note"] or "as trained")) for setting in own]
    values = [Cell(_values(setting["values"])) for setting in own]
    heads = ("Setting", "How it was chosen", "Values")
    return Table([Column(Says(head), cells) for head, cells in zip(heads, (names, notes, values), strict=True)])


def _values(values: dict[str, Any]) -> Says:
    return (
        _together([joined(f"{name} = ", _value(value)) for name, value in values.items()]) if values else Says("none")
    )


def _value(value: Any) -> Says:
    if isinstance(value, list):
        return joined("(", _together([_value(part) for part in value]), ")")
    return says("{}", value) if isinstance(value, float) else Says("–" if value is None else str(value))


def _together(parts: list[Says]) -> Says:
    return joined(*[piece for place, part in enumerate(parts) for piece in ([", "] * bool(place) + [part])])


def fidelity(study: Study) -> Table:
    """Sizes that papers print, or that were counted on public code, beside ours."""
    first = {network.method: network for network in reversed(study.networks)}
    methods = list(dict.fromkeys(network.method for network in study.networks))
    rows = pd.concat([first[m].table("fidelity").assign(title=zoo.method(m).title) for m in methods])
    records = rows.to_dict("records")
    agree = int(rows["agrees"].sum())
    columns = [
        Column(Says("Method"), [word(row["title"], row["preset"]) for row in records]),
        Column(Says("Size given by"), [word(row["source"], row["kind"]) for row in records]),
    ]
    for theirs, ours in (("parameters", "our_parameters"), ("macs", "our_macs")):
        head = {"macs": "MACs"}.get(theirs, theirs.capitalize())
        columns.append(Column(Says(f"{head} M"), [_millions(row[theirs]) for row in records]))
        columns.append(Column(Says("Ours M"), [_millions(row[ours]) for row in records]))
    columns.append(Column(Says("Agreement"), [_agreement(row) for row in records]))
    return Table(columns, note=says("{} of {} agree…", agree, len(rows)))


def _millions(value: float) -> Cell:
    return missing("not given") if pd.isna(value) else number(float(value), 1e-6)


def _agreement(row: dict[Any, Any]) -> Cell:
    return word("agrees") if row["agrees"] else word("differs", row["differs"] or "the reason is not known")


def published(study: Study) -> Table:
    """Errors that papers print, each once, and ours where preset and data are the same."""
    every = [
        (method, preset, figure)
        for method in dict.fromkeys(network.method for network in study.networks)
        for preset, facts in zoo.method(method).presets.items()
        for figure in facts.published
        if figure.error is not None
    ]
    once: dict[tuple[str, str, float | None], tuple[str, str, Published]] = {}
    for row in every:  # none is of the study's data, so that of presets with the same figure the first is shown
        once.setdefault((row[2].source, row[2].dataset, row[2].error), row)
    rows = list(once.values())
    same = [_same(study, *row) for row in rows]
    columns = [
        Column(Says("Method"), [word(zoo.method(method).title, preset) for method, preset, _ in rows]),
        Column(Says("Data set"), [word(figure.dataset, "original pixels") for *_, figure in rows]),
        Column(Says("Error %"), [number(float(figure.error or 0)) for *_, figure in rows], Says("Top-1…")),
        Column(Says("Here %"), [_here(study, f, n) for (*_, f), n in zip(rows, same, strict=True)], Says("Top-1…")),
        Column(Says("Outcome"), [_outcome(study, f, n) for (*_, f), n in zip(rows, same, strict=True)], OUTCOME),
        Column(Says("Recipe"), [_recipes(m, p, f, n) for (m, p, f), n in zip(rows, same, strict=True)]),
        Column(Says("Source"), [word(figure.source, figure.note) for *_, figure in rows]),
    ]
    missed = sum(network is None for network in same)
    counted = says("{} reproduced, {} different, {} not attempted. …", 0, 0, missed)
    return Table(columns, note=joined(counted, says("Here: MNIST, {} digits (…), with…", 5_000)))


OUTCOME = says("Reproduced: the {} % interval…", 95)


def _outcome(study: Study, figure: Published, network: Network | None) -> Cell:
    """No figure is of the data of the committed study; outcomes of others are tested by hand."""
    assert network is None
    return word("not attempted", str(_here(study, figure, network).small.words))


def _same(study: Study, method: str, preset: str, figure: Published) -> Network | None:
    """The network of that preset, where it was trained on the same data."""
    if figure.dataset != study.config["dataset"]:
        return None
    specs = {network: network.config["spec"] for network in study.networks}
    wanted = {"method": method, "preset": preset, "parameters": {}}
    return next((n for n, spec in specs.items() if wanted.items() <= spec.items()), None)


def _here(study: Study, figure: Published, network: Network | None) -> Cell:
    if network is None:
        return missing("other data set" if figure.dataset != study.config["dataset"] else "other preset")
    return percent(1 - share_right(network.answers()))


def _recipes(method: str, preset: str, figure: Published, network: Network | None) -> Cell:
    values = {**zoo.method(method).presets[preset].recipe, **figure.recipe}
    theirs = recipe(values) if values else Says("unknown")
    ours = joined("here: ", recipe(network.config["spec"]["recipe"])) if network else Says("")
    return Cell(theirs, Says(_lower(theirs), theirs.numbers), ours)


def _lower(text: Says) -> str:
    return text.words.lower()


def _warmup(own: Recipe) -> Says | None:
    if not own.warmup and not own.warmup_steps:
        return None
    steps, share = says("{} steps of warm-up", own.warmup_steps), says("{} % warm-up", 100 * own.warmup)
    rate = says(" at {}", own.warmup_lr) if own.warmup_lr is not None else ""
    return joined(steps if own.warmup_steps else share, rate)


def recipe(fields: Any) -> Says:
    """How networks are trained, in one line; fields that are not given have their usual values."""
    own = Recipe.model_validate(dict(fields))
    name = {"adam": "Adam", "adamw": "AdamW"}.get(own.optimizer, "SGD with ")
    momentum = says(f"{'Nesterov ' * own.nesterov}momentum {{}}", own.momentum)
    places = _together([says("{} %", 100 * milestone) for milestone in own.milestones])
    step = joined("step schedule at ", places)
    shape = {"constant": Says("constant rate"), "step": step}.get(own.schedule, Says(f"{own.schedule} schedule"))
    parts = [
        joined(says("{} epochs of ", own.epochs), name, *([momentum] if own.optimizer == "sgd" else [])),
        joined(says("learning rate {}, ", own.lr), shape),
        _warmup(own),
        says("weight decay {}", own.weight_decay),
        Says("momentum and weight decay in idle blocks too") if own.idle_updates else None,
        says("label smoothing {}", own.label_smoothing) if own.label_smoothing else None,
        says("gradients clipped to norm {}", own.gradient_clip) if own.gradient_clip is not None else None,
        says("moving average of the weights with decay {}", own.ema_decay) if own.ema_decay else None,
        says("batches of {}", own.batch_size),
        Says("augmented" if own.augment else "not augmented"),
    ]
    return _together([part for part in parts if part is not None])
