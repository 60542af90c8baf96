"""Tables on attacked images."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pandas as pd
from scipy.stats import norm

from tests.benchmarks.reporting.numbers.attacked import CLEAN, WORST, attacks, checks, headline, radii
from tests.benchmarks.reporting.numbers.records import Network, Study, accuracy, share_right
from tests.benchmarks.reporting.numbers.saying import (
    Cell,
    Column,
    Ends,
    Says,
    Table,
    bounded,
    joined,
    listing,
    missing,
    number,
    percent,
    says,
    word,
)
from tests.benchmarks.reporting.numbers.sections.overview import at_most
from tests.benchmarks.reporting.numbers.times import ratio

FIXED = "every image takes the same route"
"""Why the cost of a network was not attacked."""


def robustness(study: Study) -> Table:
    """Accuracy by attack and radius."""
    networks = study.networks
    columns = [
        Column(Says("Network"), [network.as_row() for network in networks]),
        Column(Says("Clean %"), [accuracy(n.at("robustness", attack=CLEAN)) for n in networks]),
    ]
    made = networks[0].table("robustness")
    for attack in attacks(study):
        for radius in radii(made[made["attack"] == attack]):
            cells = [at_most(n, accuracy(n.at("robustness", attack=attack, epsilon=radius))) for n in networks]
            columns.append(Column(says(f"{attack} %, ε {{}}", radius), cells))
    return Table(columns, note=says("Below: {} % intervals (Wilson).", 95))


def found_by(study: Study) -> Table:
    """Which attack fools first."""
    worst = {network: network.at("robustness", attack=WORST) for network in study.networks}
    made = [name for name in study.networks[0].table("robustness")["attack"].unique() if name not in (CLEAN, WORST)]
    every = pd.concat(worst.values())["by"].unique()
    made += [name for name in every if name not in ("", CLEAN, *made)]
    heads = {"Nothing %": "", "Wrong anyway %": CLEAN, **{f"{name} %": name for name in made}}
    columns = [Column(Says("Network"), [network.as_row() for network in study.networks])]
    for head, name in heads.items():
        columns.append(Column(Says(head), [percent(float((own["by"] == name).mean())) for own in worst.values()]))
    return Table(columns, title=says("…{}", headline(study)[1]))


def trust(study: Study) -> Table:
    """Whether robust accuracies can be trusted, check by check."""
    rows = {network: checks(network) for network in study.networks}
    columns = [Column(Says("Network"), [network.as_row() for network in rows])]
    for several in zip(*rows.values(), strict=True):
        cells = [
            word("✓", tip=check.found) if check.passed else word("fails", check.found, check.found) for check in several
        ]
        columns.append(Column(Says(several[0].name), cells))
    return Table(columns)


@cache
def attackable(study: Study) -> list[Network]:
    """Networks whose cost can be attacked."""
    return [network for network in study.networks if (network.table("slowdown")["note"] == "").all()]


def slowdown(study: Study) -> Table:
    """Cost under attacks that aim at it."""
    networks = attackable(study)
    rows = [(network, radius) for network in networks for radius in radii(network.table("slowdown"))]
    goals = [{g: network.at("slowdown", goal=g, epsilon=r) for g in GOALS} for network, r in rows]
    clean = [network.at("slowdown", goal=CLEAN) for network, _ in rows]
    timed = {network: network.table("attacked_latency") for network in networks}
    sizes = sorted({int(size) for own in timed.values() for size in own["batch_size"]})
    before = [_share(own) for own in clean]
    after = [_share(own["cost"]) for own in goals]
    columns = [
        Column(Says("Network"), [network.as_row() for network, _ in rows]),
        Column(Says("ε"), [number(radius) for _, radius in rows]),
        Column(Says("Clean % of nominal"), [percent(share) for share in before]),
        Column(Says("Noise % of nominal"), [percent(_share(own["noise"])) for own in goals]),
        Column(Says("Slowdown % of nominal"), [bounded(shares_of_nominal(own["cost"]), 100) for own in goals]),
        Column(Says("Saving undone %"), [percent((b - a) / (1 - a)) for a, b in zip(before, after, strict=True)]),
        Column(Says("At nominal % of images"), [percent(_at_nominal(own["cost"])) for own in goals]),
    ]
    for size in sizes:
        head, tip = says("Time × clean, batch {}", size), says("…{} % interval.", 95)
        columns.append(Column(head, [_growth(timed[network], size, radius) for network, radius in rows], tip))
    columns += [
        Column(Says("Exit efficacy"), [number(1 - share) for share in after], Says("…2021).")),
        Column(Says("Accuracy %"), [percent(share_right(own["cost"])) for own in goals]),
        Column(Says("Answer kept % of nominal"), [percent(_share(own["kept"])) for own in goals]),
        Column(Says("Answer lost % of nominal"), [percent(_share(own["lost"])) for own in goals]),
        Column(Says("Accuracy then %"), [percent(share_right(own["lost"])) for own in goals]),
    ]
    return Table(columns, note=_note(study, networks))


GOALS = ("cost", "noise", "kept", "lost")


def _share(rows: pd.DataFrame) -> float:
    """Mean cost over the nominal one."""
    return float((rows["macs"] / rows["nominal"]).mean())


def _at_nominal(rows: pd.DataFrame) -> float:
    return float((rows["macs"] == rows["nominal"]).mean())


def shares_of_nominal(rows: pd.DataFrame) -> Ends:
    """Mean cost over the nominal one, with its 95 % interval by the normal approximation."""
    shares = (rows["macs"] / rows["nominal"]).to_numpy()
    mean, half = float(shares.mean()), float(norm.ppf(0.975) * shares.std() / math.sqrt(len(shares)))
    return mean, max(0.0, mean - half), min(1.0, mean + half)


def _growth(table: pd.DataFrame, size: int, radius: float) -> Cell:
    """Mean seconds of attacked images over clean ones, in the engine that is faster on these."""
    own = table[(table["batch_size"] == size) & np.isclose(table["epsilon"], radius)]
    if own.empty:
        return missing()
    engine = own[own["images"] == "clean"].groupby("engine")["seconds"].mean().idxmin()
    at = own[own["engine"] == engine].pivot(index="repetition", columns="images", values="seconds")
    return bounded(ratio(at["attacked"], at["clean"]).ends())


def _note(study: Study, networks: list[Network]) -> Says:
    fixed = [network.name for network in study.networks if network not in networks]
    tables = [network.table("attacked_latency") for network in networks]
    engines = sorted({str(name) for own in tables for name in own["engine"].dropna()})
    words = f"… in {'the engine that is faster on the clean ones, of ' * (len(engines) > 1)}{listing(engines)}"
    left = f"… Left out, since no image changes their cost: {', '.join(fixed)}." if fixed else "…"
    return joined(words, says("; below them: {} % intervals.", 95), left)
