"""Sentences on where numbers come from: data, recipes, machines, attacks, papers."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import pandas as pd

import zoo
from benchmarks import data
from tests.benchmarks.reporting.numbers import attacked
from tests.benchmarks.reporting.numbers.records import Network, Study
from tests.benchmarks.reporting.numbers.saying import (
    NOISY,
    Cell,
    Column,
    Mark,
    Says,
    Sentence,
    Table,
    Yaml,
    duration,
    joined,
    listing,
    number,
    percent,
    says,
    word,
)
from tests.benchmarks.reporting.numbers.sections.networks import recipe
from tests.benchmarks.reporting.numbers.sections.training import seconds_by_step
from tests.benchmarks.reporting.numbers.times import WIDE, half_width, speedup

VOLATILE = {"created", "load_average", "commit"}
"""What changes from one thing that is made to the next."""


def header(study: Study) -> list[Sentence]:
    """The top of the page."""
    machine, made = _machine(_environments(study)[-1][2]), [own for *_, own in _environments(study)]
    dates = sorted(datetime.fromisoformat(environment["created"]) for environment in made)
    first, last = (
        says(f"{{}} {date:%B} {{}}, {date:%H:%M} UTC", date.day, date.year) for date in (dates[0], dates[-1])
    )
    return [
        Says(study.config["title"]),
        joined(data.describe(study.config["dataset"]).title, says(", {} test images", study.images)),
        says("{} networks, {} seed each", len(study.networks), study.config["repetitions"]),
        recipe(study.config["recipe"]),
        Says(machine),
        joined(first, " to ", last),
    ]


def _environments(study: Study) -> list[tuple[str, Network, dict[str, Any]]]:
    """What was made of which network in which environment."""
    found = []
    for network in study.networks:
        found.append(("training", network, network.config["environment"]))
        tables = network.manifest["tables"].items()
        found += [(name, network, made["environment"]) for name, made in tables if "environment" in made]
    return found


def _machine(own: dict[str, Any]) -> str:
    gpus = ", ".join(own["gpus"]) or "no GPU"
    packages = f"torch {own['packages']['torch']}"
    return f"{own['processor']}, {own['instructions']}, {own['cpus']} CPUs, {gpus}, {own['system']}, {packages}"


def attacks(study: Study) -> list[Sentence]:
    """Which attacks were made."""
    names = [name for name in attacked.attacks(study) if name != attacked.WORST]
    table = study.networks[0].table("robustness")
    several = ", ".join("{}" for _ in attacked.radii(table))
    balls = says(f"within L∞ balls of radius {several} in pixels from {{}} to {{}}", *attacked.radii(table), 0, 1)
    images = says(", … on {} test images; … in fp32.", table["index"].nunique())
    strong = ", ".join(_label(text) for text in study.config["evaluation"]["robustness"]["strong"])
    also = says(f" At radius {{}} also {strong}, each …", attacked.headline(study)[1])
    steps = says(" … add up to {} times the radius, …", 2.5)
    return [joined(f"Attacks: {', '.join(names)}, ", balls, images, also, steps)]


def _label(text: str) -> str:
    """`APGD-CE-25` for `APGD[loss=ce, steps=25]`."""
    options = dict(re.findall(r"(\w+)=(\w+)", text))
    loss = f"T{options['targets']}" if options["loss"] == "targeted" else options["loss"].upper()
    return f"{text.partition('[')[0]}-{loss}-{options['steps']}"


def networks(study: Study) -> list[Sentence]:
    """Paper, baseline, specification and record of every network, and how many sizes are as published."""
    sizes = pd.concat({n.method: n.table("fidelity") for n in study.networks})
    text = "Of {} sizes that papers print or public code has, {} agree …"
    own = [sentence for network in study.networks for sentence in _network(study, network)]
    return [*own, says(text, len(sizes), sizes["agrees"].sum())]


def _network(study: Study, network: Network) -> list[Sentence]:
    config, baseline = network.config, network.config["baseline"]
    size = says(
        f"({{}} {study.unit[0]} MACs, {{}} parameters).", baseline["macs"] * study.unit[1], baseline["parameters"]
    )
    compared = joined(f"{network.name} is compared with the baseline {network.baseline} ", size)
    made = f"Trained in {config['precision']} on {config['device']}; data fingerprint {config['dataset_fingerprint']}."
    return [
        Says(f"{network.name} {network.label}"),
        Says(zoo.method(network.method).citation),
        Says("…") if network.is_baseline else compared,
        Yaml(config["spec"]),
        Says(f"Record: {network.folder.name}. {made}"),
    ]


def environment(study: Study) -> list[Sentence]:
    """The machine, what was made there, and the study's file."""
    made = _environments(study)
    assert len({str({k: v for k, v in own.items() if k not in VOLATILE}) for *_, own in made}) == 1
    steps = dict.fromkeys(what for what, *_ in made)
    commits = dict.fromkeys(own["commit"] for *_, own in made)
    everywhere = all(sum(what == step for what, *_ in made) == len(study.networks) for step in steps)
    who = f"{listing(list(steps))}: every network" if everywhere else "…"
    last = made[-1][2]
    values = [own for value in last.values() for own in (value.values() if isinstance(value, dict) else [value])]
    texts = [", ".join(map(str, own)) if isinstance(own, list) else str(own) for own in values]
    asked = {name: value for name, value in study.config.items() if name != "format"}
    return [
        Says(f"A: {_machine(last)}"),
        Says(f"{who}; commit {listing(list(commits))}."),
        *map(Says, texts),
        Says(f"Last run on {_machine(last)}."),
        Yaml(asked),
    ]


def records(study: Study) -> Table:
    """Where the numbers of every network come from; all were made on one machine."""
    made = study.networks
    spent = [sum(seconds_by_step(network).values()) for network in made]
    fingerprint = listing(sorted({str(network.config["dataset_fingerprint"]) for network in made}))
    where = f"Machines, described below: A is {_environments(study)[-1][2]['processor']}."
    columns = [
        Column(Says("Network"), [network.as_row(tip=network.label) for network in made]),
        Column(Says("Seeds"), [replace(number(1), tip=_seed(network)) for network in made]),
        Column(Says("Code and options"), [word("stale", n.stale) if n.stale else word("today’s") for n in made]),
        Column(Says("Not measured"), [word(_lacking(study, network) or "nothing") for network in made]),
        Column(Says("Machine"), [word("A") for _ in made]),
        Column(Says("Timing ± %"), [_timing(study, network) for network in made], says("Widest {} % interval…", 95)),
        Column(Says("Under attack"), [_checked(network) for network in made]),
        Column(Says("Time spent"), [Cell(duration(seconds), seconds) for seconds in spent]),
    ]
    return Table(columns, note=Says(f"… {where} Fingerprint of the data: {fingerprint}. …"))


ALWAYS = ("accuracy", "ledger", "wiring", "exits", "inside")
"""What is measured without options."""


def _seed(network: Network) -> Says:
    return Says(f"of random numbers: {network.config['spec']['seed']}")


def _lacking(study: Study, network: Network) -> str:
    """What is asked for or always measured, and not there."""
    asked = [*(name for name, own in study.config["evaluation"].items() if own), *ALWAYS]
    lacking = [name for name in asked if not network.has(name)]
    return f"{listing(lacking)}: not measured" if lacking else ""


def _timing(study: Study, network: Network) -> Cell:
    widest = max(half_width(speedup(network, size, network.first).ends()) for size in study.sizes)
    return replace(percent(widest), marks=[Mark(NOISY, Says("a wide interval"))] if widest > WIDE else [])


def _checked(network: Network) -> Cell:
    why, found = attacked.overrated(network), attacked.checks(network)
    if why is not None:
        return word("upper bound", why)
    text = f"{sum(check.passed for check in found)} of {len(found)} checks pass"
    return word(text)
