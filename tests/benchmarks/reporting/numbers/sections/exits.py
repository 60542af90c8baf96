"""Tables and captions on exits."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from tests.benchmarks.reporting.numbers.exiting import (
    AT,
    DECIDES,
    budget,
    contrasts,
    correct,
    costs,
    differences,
    has_exits,
    places,
    rules,
    said,
)
from tests.benchmarks.reporting.numbers.records import BINS, Floats, Network, Study, macs
from tests.benchmarks.reporting.numbers.saying import (
    Cell,
    Column,
    Ends,
    Estimate,
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

DRAWS = 1000
"""Of classifiers that are as often right as they say, here and for the page, which draws others."""
ERRORS = 6
"""Standard errors by which two results of chance may differ."""


def interval(several: int, images: int) -> Ends:
    """A share and both ends of its 95 % interval (Wilson 1927)."""
    share, z = several / images, float(norm.ppf(0.975))
    middle = (share + z**2 / (2 * images)) / (1 + z**2 / images)
    half = z / (1 + z**2 / images) * math.sqrt(share * (1 - share) / images + z**2 / (4 * images**2))
    return share, max(0.0, middle - half), min(1.0, middle + half)


def of_each(study: Study, network: Network) -> Table:
    """What every exit knows, and an oracle."""
    right, answers, spent = correct(network), said(network, "prediction").to_numpy(), costs(network)
    images = len(right)
    names = list(said(network, "prediction").columns)
    first = [next((place for place, own in enumerate(row) if own), 0) for row in right]
    any_right = int(right.any(axis=1).sum())
    accuracies = [bounded(interval(int(own.sum()), images), 100) for own in right.T]
    alike = [bounded(interval(int((own == answers[:, -1]).sum()), images), 100) for own in answers.T[:-1]]
    only = [bounded(interval(int((own & ~right[:, -1]).sum()), images), 100) for own in right.T[:-1]]
    last = [missing("the last"), missing()]
    columns = [
        Column(Says("Exit"), [Cell(Says(name), float(place)) for place, name in enumerate([*names, "oracle"])]),
        Column(Says(f"MACs {study.unit[0]}"), [macs(study, own) for own in (*spent, spent[first].mean())]),
        Column(Says("Accuracy %"), [*accuracies, bounded(interval(any_right, images), 100)]),
        Column(Says("As the last %"), [*alike, *last]),
        Column(Says("Right, last wrong %"), [*only, *last]),
    ]
    return Table(columns, note=joined(says("{} test images, first seed, with {} % …", images, 95), _note(right)))


def _note(right: NDArray[np.bool_]) -> Says:
    early, last = right[:, :-1].any(axis=1), right[:, -1]
    images, wrong = len(last), int((~last).sum())
    kept = [100 * end for end in interval(int((early & last).sum()), images)]
    wasted = says("Of all images, {} % ({} to {}) are right …", *kept)
    if not wrong:
        return joined("The last exit errs about none of them. ", wasted)
    shares = [100 * end for end in interval(int((early & ~last).sum()), wrong)]
    verdict = "it is more" if shares[1] > 50 else "it is less" if shares[2] < 50 else "these images do not contradict …"
    lost = says(
        "Of the {} images … an earlier one is right about {} % ({} to {}). Kaya et al. ({}) …", wrong, *shares, 2019
    )
    return joined(lost, says(f" {{}} % of the errors; here {verdict}. ", 50), wasted)


def criteria(study: Study) -> Table:
    """Rules at equal mean cost."""
    made = [network for network in study.networks if has_exits(network)]
    rows = [(network, name) for network in made for name in rules(network)]
    own = [name == DECIDES[network.method] for network, name in rows]
    names = [word(name, "the network’s own" if mine else "") for (_, name), mine in zip(rows, own, strict=True)]
    columns = [Column(Says("Network"), [network.as_row() for network, _ in rows]), Column(Says("Leaves by"), names)]
    for place, share in enumerate(AT):
        head = says("At {} % accuracy, %", 100 * share)
        columns.append(Column(head, [_accuracy(network, name, place) for network, name in rows]))
    ends = [found for network in made for found in differences(network)["patience"]]
    better, worse = sum(low > 0 for _, low, _ in ends), sum(high < 0 for *_, high in ends)
    note = joined(
        says("… with {} % intervals, … above {}. {} test images, first seed. ", 95, 0, study.images),
        says("Patience is Zhou et al.’s ({}), … more accurate in {} of {} comparisons, ", 2020, better, len(ends)),
        says("less in {}, and in {} that cannot be told. …", worse, len(ends) - better - worse),
    )
    return Table(columns, note=note)


def _accuracy(network: Network, name: str, place: int) -> Cell:
    value = rules(network)[name].at(places(network)[place])
    if name == DECIDES[network.method]:
        return percent(value)
    found = differences(network)[name][place]
    return number(value, 100, says("{} ({} to {})", *(100 * end for end in found)), best=found[1] > 0)


def calibration(study: Study) -> Table:
    """How sure exits are, and how sure their scaled logits."""
    made = [network for network in study.networks if has_exits(network)]
    rows = [(network, place, name) for network in made for place, name in enumerate(said(network, "label").columns)]
    sure = {network: 1 - said(network, "doubt").to_numpy(dtype=float) for network in made}
    scaled = {network: 1 - said(network, "scaled_doubt").to_numpy(dtype=float) for network in made}
    gaps = {network: sure[network] - correct(network) for network in made}
    later = {network: scaled[network] - correct(network) for network in made}
    excess = {network: _means(gaps[network]) for network in made}
    brier = {network: _means(later[network] ** 2 - gaps[network] ** 2) for network in made}
    heat = [float(said(network, "temperature").to_numpy(dtype=float)[0, place]) for network, place, _ in rows]
    errors = [[_error(own[n][:, p], correct(n)[:, p]) for n, p, _ in rows] for own in (sure, scaled)]
    columns = [
        Column(Says("Network"), [network.as_row() for network, *_ in rows]),
        Column(Says("Exit"), [word(name) for *_, name in rows]),
        Column(Says("Accuracy %"), [percent(float(correct(n)[:, p].mean())) for n, p, _ in rows]),
        Column(Says("Confidence %"), [_confidence(float(sure[n][:, p].mean()), excess[n][p]) for n, p, _ in rows]),
        Column(Says("Calibration error points"), errors[0], says("… {} of {} cases.", 19, 20)),
        Column(Says("Temperature"), [number(own) for own in heat], says("…; above {} …", 1)),
        Column(Says("Scaled points"), errors[1]),
        Column(Says("Squared gap points"), [_ends(brier[n][p]) for n, p, _ in rows], says("…: below {}, …", 0)),
    ]
    hot, better = sum(own > 1 for own in heat), sum(high < 0 for own in brier.values() for *_, high in own)
    beyond = [_beyond(cells) for cells in errors]
    note = joined(
        says("{} test images, … over {} equal bins, … {} of {} exits … Brier score. ", study.images, BINS, 19, 20),
        says("… {} % intervals …. Guo et al. ({}) …. Here … above {} at {} of {} …; ", 95, 2017, 1, hot, len(rows)),
        says("the error exceeds chance at {} before scaling and at {} after it, … at {}, …", *beyond, better),
    )
    return Table(columns, note=note)


def _confidence(value: float, excess: Ends) -> Cell:
    return number(value, 100, says("{} ({} to {})", *(100 * end for end in excess)))


def _ends(found: Ends) -> Cell:
    value, low, high = found
    return number(value, 100, says("{} to {}", 100 * low, 100 * high))


def _means(values: Floats) -> list[Ends]:
    return contrasts(values.T, np.eye(values.shape[1]))


def _error(sure: Floats, right: NDArray[np.bool_]) -> Cell:
    """An error, and the one that chance exceeds once in twenty times; whether it is bold may depend on the draws."""
    bins = np.minimum(np.maximum(np.ceil(BINS * sure), 1), BINS)
    generator = np.random.default_rng(len(sure) + 1)
    drawn = [_binned(sure - (generator.random(len(sure)) < sure), bins) for _ in range(DRAWS)]
    value, limit = _binned(sure - right, bins), float(np.quantile(drawn, 0.95))
    spread = float(np.diff(np.quantile(drawn, [0.92, 0.98]))[0]) / 0.06  # one over the density there
    within = ERRORS * spread * math.sqrt(2 * 0.95 * 0.05 / DRAWS)
    sure_of = abs(value - limit) > within
    return number(
        value, 100, says("chance {}", Estimate(100 * limit, 100 * within)), best=value > limit if sure_of else None
    )


def _binned(gaps: Floats, bins: Floats) -> float:
    return float(pd.Series(gaps).groupby(bins).sum().abs().sum() / len(gaps))


def _beyond(cells: list[Cell]) -> Estimate:
    """How many errors exceed chance, up to those of which that cannot be told."""
    unsure = sum(cell.best is None for cell in cells)
    return Estimate(sum(bool(cell.best) for cell in cells) + unsure / 2, unsure / 2)


def rules_caption(study: Study, network: Network) -> Says:
    """Below the curves of rules."""
    found = 100 * float(correct(network).any(axis=1).mean())
    return joined(says("… The star is the oracle, {} % right: … {} test images; …", found, study.images))


def budgeted_caption(study: Study, network: Network) -> Says:
    """Below budgeted batches and anytime prediction."""
    found = budget(network)
    ends = [100 * end for end in found.difference]
    verdict = (
        "which agrees" if ends[1] > 0 else "which contradicts it" if ends[2] < 0 else "which cannot be told from none"
    )
    start = says("… Huang et al. ({}), … {} test images. …", 2018, study.images)
    paper = says("Huang et al. ({}, Figures {} and {}) …; here the difference is ", 2018, 5, 7)
    named = listing([f"“{name}”" for name in found.inside])
    own = says(f"{{}} points ({{}} to {{}}, {{}} %), {verdict}: mean over the costs of {named}, …", *ends, 95)
    return joined(start, paper, own)
