"""Tables on easy and hard images, on skip rates by depth, and on zoomed images."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.statistics import ContrastModel, components, rank_correlations
from tests.benchmarks.reporting.numbers.records import Floats, Network, Study, wilson
from tests.benchmarks.reporting.numbers.route_figures import exits_of, used
from tests.benchmarks.reporting.numbers.saying import Cell, Column, Ends, Says, Table, joined, listing, says, word

LOOKS = {"brightness": "Brightness", "contrast": "Contrast", "sharpness": "Sharpness", "edge_density": "Edge density"}
LOSS = "loss"
TIPS = {
    "contrast": says("… Peli {}).", 1990),
    "sharpness": says("… et al. {}).", 2000),
    "edge_density": says("… step of {}.", 0.25),
}
UNTOLD = "cannot be told"


def sign(ends: Ends) -> int:
    """1 or -1 where an interval is above or below 0."""
    return int(ends[1] > 0) - int(ends[2] < 0)


def with_interval(ends: Ends, scale: float = 1.0, tip: Says | None = None) -> Cell:
    """A value with its interval, bold where that leaves 0 out."""
    value, low, high = ends
    small = says("{} to {}", scale * low, scale * high)
    shown = says("{}", scale * value)
    return Cell(shown, value, small, tip or Says("…"), best=sign(ends) != 0)


@dataclass(frozen=True)
class Costs:
    """What the cost of a network's images goes with, by name, and whose loss it was."""

    network: Network
    static: Network
    of: dict[str, Ends]


def costs(study: Study) -> list[Costs]:
    """Rank correlations with what images look like and with the loss of the baseline."""
    made = [network for network in study.networks if network.answers()["macs"].nunique() > 1]
    tables = {network: _columns(study, network) for network in made}
    columns = {(network, name): own[name] for network, own in tables.items() for name in own}
    pairs = [(network, name) for network in made for name in (*LOOKS, LOSS)]
    places = {key: place for place, key in enumerate(columns)}
    found = rank_correlations(
        np.stack([own.to_numpy(dtype=float) for own in columns.values()]),
        [(places[network, "macs"], places[network, name]) for network, name in pairs],
    )
    ends = zip(found.estimate.tolist(), found.low.tolist(), found.high.tolist(), strict=True)
    of = dict(zip(pairs, ends, strict=True))
    for network, name in pairs:
        value = tables[network]["macs"].corr(tables[network][name], method="spearman")
        assert math.isclose(of[network, name][0], value, abs_tol=1e-9)
    return [Costs(n, static(study, n), {name: of[n, name] for name in (*LOOKS, LOSS)}) for n in made]


def _columns(study: Study, network: Network) -> pd.DataFrame:
    looks = network.table("image_properties").set_index("index")[[*LOOKS]].astype(float)
    loss = static(study, network).answers().set_index("index")["nll"].astype(float)
    return looks.assign(macs=network.answers().set_index("index")["macs"].astype(float), loss=loss)


def static(study: Study, network: Network) -> Network:
    """The static ResNet that it is compared with, or else the nearest in cost."""
    own = [other for other in study.networks if other.selector == network.baseline]
    cost = float(network.config["baseline"]["macs"])
    others = [other for other in study.networks if other.is_static]
    return own[0] if own else min(others, key=lambda other: abs(math.log(other.cost()["nominal"] / cost)))


def easy_images(study: Study) -> Table:
    """A row per network whose images differ in cost."""
    found = costs(study)
    columns = [
        Column(Says("Network"), [own.network.as_row() for own in found]),
        *(
            Column(Says(f"{head} ρ"), [with_interval(own.of[name]) for own in found], TIPS.get(name, Says("…")))
            for name, head in LOOKS.items()
        ),
        Column(
            Says("Baseline’s loss ρ"),
            [with_interval(own.of[LOSS], tip=Says(f"Of {own.static.name}.")) for own in found],
        ),
        Column(Says("Cost follows"), [_followed(own) for own in found], says("… leaves {} out.", 0)),
    ]
    text = "… finds it: {} test images, …. Above {}, …: {} % intervals …; bold where one leaves {} out. "
    start = says(text, _images(found), 0, 95, 0)
    others = [f"{own.network.name} ({own.static.name})" for own in found if own.static.selector != own.network.baseline]
    stand_in = (
        f"Where the own baseline was not trained, that of the nearest cost stands in: {listing(others)}. "
        if others
        else ""
    )
    parts = []
    for name in ("brightness", "contrast", "sharpness"):
        signs = [sign(own.of[name]) for own in found]
        text = f"with {name} in {{}} of {{}} networks and rises in {{}}"
        parts.append(says(text, signs.count(-1), len(signs), signs.count(1)))
    claim = says("Wang et al. ({}, Fig. {}) …. Here cost falls ", 2018, 7)
    together = joined(parts[0], ", ", parts[1], ", ", parts[2])
    losses = [sign(own.of[LOSS]) for own in found]
    end = says(". It rises with the baseline’s loss in {} of {}.", losses.count(1), len(losses))
    return Table(columns, note=joined(start, stand_in, claim, together, end))


def _images(found: list[Costs]) -> int:
    return len(found[0].network.table("image_properties"))


def _followed(own: Costs) -> Cell:
    names = {**{name: head.lower() for name, head in LOOKS.items()}, LOSS: "the baseline’s loss"}
    clear = sorted((name for name in own.of if sign(own.of[name])), key=lambda name: -abs(own.of[name][0]))
    if not clear:
        return word("nothing")
    others = [names[name] for name in clear[1:]]
    return word(names[clear[0]], f"also {listing(others)}" if others else "")


@dataclass(frozen=True)
class Depth:
    """Skip rates of a network: sizes and means of three groups of units, and the differences of both ends."""

    network: Network
    sizes: list[int]
    rates: list[float]
    first: Ends
    last: Ends

    @property
    def verdict(self) -> str:
        """Whether both ends are skipped more than the middle."""
        signs = [sign(self.first), sign(self.last)]
        return "no" if -1 in signs else "yes" if signs == [1, 1] else UNTOLD


def depths(study: Study) -> list[Depth]:
    """Of networks whose units have three stages, and which have no exits."""
    made = [network for network in study.routing if not exits_of(network)]
    groups = {network: _groups(network) for network in made}
    differences = [own[:, end] - own[:, 1] for _, own in groups.values() for end in (0, 2)]
    ends = at_once(differences)
    return [
        Depth(network, sizes, own.mean(axis=0).tolist(), ends[2 * place], ends[2 * place + 1])
        for place, (network, (sizes, own)) in enumerate(groups.items())
    ]


def _groups(network: Network) -> tuple[list[int], Floats]:
    """Units of the first stage, between and of the last; share of each that an image skips."""
    skipped = 1 - used(network, network.answers()["route"]).astype(float)
    stages = [unit.split(".")[0] for unit in network.units]
    names = list(dict.fromkeys(stages))
    assert len(names) >= 3
    of = [names[:1], names[1:-1], names[-1:]]
    own = [skipped.loc[:, [stage in several for stage in stages]] for several in of]
    return [len(part.columns) for part in own], np.stack([part.mean(axis=1).to_numpy() for part in own], axis=1)


def at_once(values: list[Floats]) -> list[Ends]:
    """Means of values of the same images, with intervals that hold together."""
    model = ContrastModel(components([own[None] for own in values]))
    found = model.contrasts(np.eye(len(values)))
    means = [float(own.mean()) for own in values]
    return list(zip(means, found.low.tolist(), found.high.tolist(), strict=True))


def depth(study: Study) -> Table:
    """A row per network that skips units."""
    found = depths(study)
    heads = ["First units % skipped", "Middle units % skipped", "Last units % skipped"]
    columns = [
        Column(Says("Network"), [own.network.as_row(f"{len(own.network.units)} units") for own in found]),
        *(Column(Says(head), [_rate(own, place) for own in found]) for place, head in enumerate(heads)),
        Column(Says("First − middle points"), [with_interval(own.first, 100) for own in found]),
        Column(Says("Last − middle points"), [with_interval(own.last, 100) for own in found]),
        Column(Says("Both ends skipped more"), [word(own.verdict) for own in found]),
    ]
    verdicts = [own.verdict for own in found]
    text = (
        "…, of {} test images …. {} % intervals …; bold where one leaves {} out. Wang et al. ({}, Fig. {}a) … SkipNet "
        "on CIFAR-10 skips …. Here that holds in {} of {} networks, does not hold in {}, and cannot be told in {}."
    )
    counts = (verdicts.count("yes"), len(verdicts), verdicts.count("no"), verdicts.count(UNTOLD))
    return Table(columns, note=says(text, study.images, 95, 0, 2018, 10, *counts))


def _rate(own: Depth, place: int) -> Cell:
    size = own.sizes[place]
    small = says("{} unit", 1) if size == 1 else says("{} units", size)
    return Cell(says("{}", 100 * own.rates[place]), own.rates[place], small)


@dataclass(frozen=True)
class Scales:
    """Executed units of a network by scale, accuracy likewise, and what they are more at smaller and larger ones."""

    network: Network
    units: dict[float, Ends]
    accuracy: dict[float, Ends]
    smaller: Ends
    larger: Ends
    images: int

    @property
    def verdict(self) -> str:
        """Whether fewer units run for smaller scales and more for larger ones."""
        signs = [-sign(self.smaller), sign(self.larger)]
        return "no" if -1 in signs else "yes" if signs == [1, 1] else UNTOLD


def zoomed(study: Study) -> list[Scales]:
    """Of networks whose number of units varies."""
    tables = {network: network.at("scale", note="") for network in study.networks}
    made = [network for network, own in tables.items() if own["units"].nunique() > 1]
    by_scale = {n: {s: own.sort_values("index") for s, own in tables[n].groupby("scale")} for n in made}
    means, ends = [], []
    for network in made:
        units = {float(str(scale)): own["units"].to_numpy(dtype=float) for scale, own in by_scale[network].items()}
        means += list(units.values())
        smaller, larger = ([own for s, own in units.items() if s < 1], [own for s, own in units.items() if s > 1])
        ends += [np.mean(several, axis=0) - units[1.0] for several in (smaller, larger)]
    at_scales, at_ends = iter(at_once(means)), iter(at_once(ends))
    return [
        Scales(
            network,
            {float(str(scale)): next(at_scales) for scale in by_scale[network]},
            {float(str(scale)): wilson(own) for scale, own in by_scale[network].items()},
            next(at_ends),
            next(at_ends),
            len(by_scale[network][1.0]),
        )
        for network in made
    ]


def scales(study: Study) -> Table:
    """A row per network."""
    found = zoomed(study)
    columns = [
        Column(Says("Network"), [own.network.as_row(f"{len(own.network.units)} units") for own in found]),
        Column(says("At scale {} units", 1), [_mean(own.units[1.0]) for own in found]),
        Column(
            Says("Smaller units"), [with_interval(own.smaller) for own in found], says("… below {}, … at {}.", 1, 1)
        ),
        Column(Says("Larger units"), [with_interval(own.larger) for own in found], says("… above {}, … at {}.", 1, 1)),
        Column(Says("As in SkipNet’s paper"), [word(own.verdict) for own in found]),
    ]
    note = says(
        "Means over {} test images with {} % intervals, …; bold where one leaves {} out.", found[0].images, 95, 0
    )
    return Table(columns, note=note)


def _mean(ends: Ends) -> Cell:
    value, low, high = ends
    return Cell(says("{}", value), value, says("{} to {}", low, high))


def scale_caption(study: Study) -> Says:
    """What the figure says below it."""
    found = zoomed(study)
    less, more = [sign(own.smaller) for own in found], [sign(own.larger) for own in found]
    verdicts = [own.verdict for own in found]
    start = (
        "…, with {} % intervals …. The same {} test images at each of {} scales, black around them below {}, cut above "
        "{}; …. "
    )
    return joined(
        says(start, 95, found[0].images, len(found[0].units), 1, 1),
        says("Wang et al. ({}, Fig. {}) …. ", 2018, 8),
        says("Here fewer … in {} of {} networks and more in {}; ", less.count(-1), len(less), less.count(1)),
        says("for larger ones more in {} of {} and fewer in {}. ", more.count(1), len(more), more.count(-1)),
        says(
            "The claim holds in {} of {} networks, does not hold in {}, and cannot be told in {}.",
            *(verdicts.count("yes"), len(found), verdicts.count("no"), verdicts.count(UNTOLD)),
        ),
    )
