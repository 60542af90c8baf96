"""What papers claim, and what is found here."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from benchmarks.statistics import ContrastModel, changes_of_seeds
from tests.benchmarks.reporting.numbers import insides
from tests.benchmarks.reporting.numbers.exiting import budget, correct, has_exits
from tests.benchmarks.reporting.numbers.information import explained, rank_correlation
from tests.benchmarks.reporting.numbers.records import Network, Study, right, wilson_of
from tests.benchmarks.reporting.numbers.route_figures import exits_of, used
from tests.benchmarks.reporting.numbers.saying import Cell, Column, Ends, Says, Table, joined, number, says, word
from tests.benchmarks.reporting.numbers.sections.changed import parts
from tests.benchmarks.reporting.numbers.sections.differences import reference
from tests.benchmarks.reporting.numbers.sections.image_claims import image_claims

ORDER = ("does not hold", "holds", "cannot be told", "does not apply")


@dataclass(frozen=True)
class Row:
    """A claim's paper, the network, what is shown beside it, and the verdict."""

    paper: str
    network: Network | None
    figure: Says
    verdict: str


def claims(study: Study) -> Table:
    """A row per claim and network."""
    rows = [row for make in CLAIMS for row in make(study)]
    columns = [
        Column(Says("Claim"), [Cell(Says("…"), Says("…"), Says(row.paper)) for row in rows]),
        Column(Says("Here"), [_here(row) for row in rows]),
    ]
    return Table(columns, note=says("… where a {} % interval … below {}; …", 95, 0.05))


def _here(row: Row) -> Cell:
    """The verdict, and below it of which network and why."""
    below = joined(f"{row.network.name}: ", row.figure) if row.network else row.figure
    return Cell(Says(row.verdict), float(ORDER.index(row.verdict)), below)


def above(found: Ends, bound: float = 0.0) -> str:
    """By the interval."""
    _, low, high = found
    return "holds" if low > bound else "does not hold" if high < bound else "cannot be told"


def below(found: Ends, bound: float) -> str:
    """Likewise."""
    value, low, high = found
    return above((-value, -high, -low), -bound)


def gated(study: Study) -> list[Network]:
    """Networks in which not exits alone decide what runs."""
    return [network for network in study.routing if not exits_of(network)]


def _points(found: Ends) -> Says:
    return says("{} ({} to {})", *(100 * end for end in found))


def _correlation(found: tuple[float, float], of: Says) -> Says:
    return joined(says("rank correlation {}, p {}; ", *found), of)


def _told(found: tuple[float, float]) -> str:
    value, p = found
    return "cannot be told" if p >= 0.05 else "holds" if value > 0 else "does not hold"


def downsampling_runs(study: Study) -> Iterator[Row]:
    """The first blocks of later stages."""
    for network in gated(study):
        answers = network.answers()
        rates = used(network, answers["route"]).mean()
        first = [unit for unit in network.units if re.fullmatch(r"stage[2-9]\.block1", unit)]
        unit = min(first, key=lambda name: float(rates[name]))
        found = wilson_of(float(rates[unit]), len(answers))
        text = says(
            f"{unit} runs for {{}} % ({{}} to {{}}) of {{}} images", *(100 * end for end in found), len(answers)
        )
        yield Row("Veit and Belongie 2018", network, text, above(found, 0.99))


def class_variation(study: Study) -> Iterator[Row]:
    """Later units know more of classes."""
    for network in gated(study):
        answers = network.answers()
        table = used(network, answers["route"])
        varying = [unit for unit in table if table[unit].nunique() > 1]
        count = says("{} units vary", len(varying))
        if len(varying) < 4:
            yield Row("Veit and Belongie 2018", network, count, "cannot be told")
            continue
        found = rank_correlation(explained(table[varying], answers["label"]))
        yield Row("Veit and Belongie 2018", network, _correlation(found, count), _told(found))


def animals(study: Study) -> Iterator[Row]:
    """Digits are none."""
    if any(network.method == "adanet" for network in study.networks):
        yield Row("Veit and Belongie 2018", None, says("MNIST, {} digits has no animals", 5000), "does not apply")


def deepest_column(study: Study) -> Iterator[Row]:
    """The last column against all."""
    for network in (n for n in study.networks if n.method == "fractalnet"):
        name = [setting for setting in network.settings if setting.startswith("column")][-1]
        whole, alone = (
            np.asarray(right(network.answers(setting).sort_values("index")), dtype=np.float64)[None]
            for setting in (network.first, name)
        )
        model = ContrastModel(changes_of_seeds([(alone, whole)])).contrasts(np.eye(1))
        value, half = float(whole.mean() - alone.mean()), float(model.critical * model.standard_error[0])
        found = (value, value - half, value + half)
        digit = name.rpartition(" ")[2]
        text = joined(says("column {} loses ", float(digit)), says("{} points ({} to {})", *(100 * e for e in found)))
        yield Row(
            "Larsson et al. 2017",
            network,
            joined(text, says("; {} images, {} seed", whole.size, 1)),
            below(found, 0.01),
        )


def images(study: Study) -> Iterator[Row]:
    """Easy and hard ones, scales, depth, and classes that are alike."""
    for paper, network, figure, verdict in image_claims(study):
        yield Row(paper, network, figure, verdict)


def budgeted(study: Study) -> Iterator[Row]:
    """Budgeted batches beside anytime prediction."""
    for network in filter(has_exits, study.networks):
        found = budget(network).difference
        text = joined(says("{} points ({} to {})", *(100 * end for end in found)), says("; {} images", study.images))
        yield Row("Huang et al. 2018", network, text, above(found))


def overthinking(study: Study) -> Iterator[Row]:
    """Errors of the last exit that an earlier one did not make."""
    for network in filter(has_exits, study.networks):
        own = correct(network)
        wrong = ~own[:, -1]
        found = wilson_of(float(own[wrong, :-1].any(axis=1).mean()), int(wrong.sum()))
        text = joined(says("{} % ({} to {})", *(100 * end for end in found)), says(" of {} errors", int(wrong.sum())))
        yield Row("Kaya et al. 2019", network, text, above(found, 0.5))


def carrying(study: Study) -> Iterator[Row]:
    """Gates that are nearly closed."""
    for network in (own for own in study.networks if "openness" in insides.kinds(own)):
        values = insides.wide(network, "openness")
        closed, layers = int((values.mean() < 0.1).sum()), values.shape[1]
        mean = 100 * values.to_numpy().mean()
        text = says("{} of {} layers, {} % open in the mean; {} images", closed, layers, mean, len(values))
        yield Row("Srivastava et al. 2015", network, text, "holds" if closed > layers / 2 else "does not hold")


def of_classes(paper: str, what: str, study: Study) -> Iterator[Row]:
    """Layers whose values differ between classes."""
    for network in (own for own in study.networks if what in insides.kinds(own)):
        values, differ = insides.wide(network, what), insides.of_class(network, what)
        text = says("differs between classes in {} of {} layers", len(differ), values.shape[1])
        yield Row(
            paper, network, joined(text, says("; {} images", len(values))), "holds" if differ else "cannot be told"
        )


def one_block(study: Study) -> Iterator[Row]:
    """Blocks that keep the resolution."""
    network = reference(study)
    own = parts(network)
    others = [not first for first in _first(network)]
    found = own.mean(others)
    text = joined(
        _points(found), says(" points without one of {} blocks; {} images, {} seed", sum(others), own.images, 1)
    )
    yield Row("Veit et al. 2016", network, text, below(found, 0.01))


def downsampling_block(study: Study) -> Iterator[Row]:
    """Blocks that do not, less those that do."""
    network = reference(study)
    own, first = parts(network), _first(network)
    others = [not one for one in first]
    found = own.less(first, others)
    counts = says(" points more; {} blocks against {}, {} images, {} seed", sum(first), sum(others), own.images, 1)
    yield Row("Veit et al. 2016", network, joined(_points(found), counts), above(found))


def _first(network: Network) -> list[bool]:
    return [bool(re.fullmatch(r"(stage|segment)[2-9]\.block1", name)) for name in parts(network).names]


AGREES = {
    "holds": "agrees",
    "does not hold": "does not agree",
    "cannot be told": "may agree or not",
}
FOUND = {"highway": 2015, "fractalnet": 2017, "randwire": 2019}
"""When a method's own paper found something."""


def each_part(network: Network) -> Table:
    """What every part of a network is worth."""
    own = parts(network)
    columns = [
        Column(Says("Part"), [Cell(Says(name), float(place)) for place, name in enumerate(own.names)]),
        Column(Says("Kind"), [word(kind) for kind in own.kinds]),
        Column(Says("Lost points"), [replace(_lost(ends), best=ends[1] > 0) for ends in own.single]),
    ]
    return Table(columns, Says(f"{network.name} without one part"), note=_each_part_note(network))


def _lost(found: Ends) -> Cell:
    value, low, high = found
    return number(value, 100.0, says("{} to {}", 100 * low, 100 * high))


def _each_part_note(network: Network) -> Says:
    own, first = parts(network), _first(network)
    blocks = [kind == "block" for kind in own.kinds]
    others = [block and not one for block, one in zip(blocks, first, strict=True)]
    start, end = (
        says("…; {} % intervals …, bold where one is above {}. ", 95, 0),
        says(" {} test images, one seed.", own.images),
    )
    if any(first) and any(others):
        kept, changed = own.mean(others), own.mean(first)
        text = joined(
            says("Veit et al. ({}) …; here … cost ", 2016),
            _points(kept),
            f" points on average, which {AGREES[below(kept, 0.01)]}",
            says(" (less than {} would); the others cost ", 1),
            _points(changed),
            ".",
        )
        return joined(start, text, end)
    worst = max(range(len(own.names)), key=lambda k: own.single[k][0])
    here = joined(f"ere {own.names[worst]} costs most, ", _points(own.single[worst]), " points.")
    paper = says("… et al. ({}) …; h", FOUND[network.method]) if network.method in FOUND else Says("H")
    return joined(start, paper, here, end)


def stochastic_depth(study: Study) -> Iterator[Row]:
    """Against its baseline."""
    for network in (n for n in study.networks if n.method == "stochastic_depth"):
        for other in (n for n in study.networks if n.selector == network.baseline):
            (a, a_low, a_high), (b, b_low, b_high) = (parts(n).mean(parts(n).counted) for n in (network, other))
            found = (b - a, b - a - math.hypot(b - b_low, a_high - a), b - a + math.hypot(b_high - b, a - a_low))
            tail = says(
                f" points less than {other.name}'s {{}}; {{}} images, {{}} seed", 100 * b, parts(network).images, 1
            )
            yield Row("Veit et al. 2016", network, joined(_points(found), tail), "cannot be told")


def pyramid(study: Study) -> Iterator[Row]:
    """First blocks of later stages, against those of a pre-activation ResNet."""
    for network in (n for n in study.networks if n.method == "pyramidnet"):
        for other in (n for n in study.networks if n.method == "preresnet"):
            (a, a_low, a_high), (b, b_low, b_high) = (parts(n).mean(_first(n)) for n in (network, other))
            found = (b - a, b - a - math.hypot(b - b_low, a_high - a), b - a + math.hypot(b_high - b, a - a_low))
            images = parts(network).images
            tail = says(f" points less than {other.name}'s {{}}; {{}} images, {{}} seed", 100 * b, images, 1)
            yield Row("Han et al. 2017", network, joined(_points(found), tail), "cannot be told")


def out_degree(study: Study) -> Iterator[Row]:
    """Nodes that feed many others."""
    for network in (n for n in study.networks if n.method == "randwire"):
        own, sources = parts(network), network.table("wiring")["source"].value_counts()
        nodes = [k for k, kind in enumerate(own.kinds) if kind == "node"]
        targets = [float(sources.get(own.names[k], 0)) for k in nodes]
        losses = np.array([own.single[k][0] for k in nodes])
        found = rank_correlation(losses.round(12), np.array(targets))
        yield Row("Xie et al. 2019", network, _correlation(found, says("{} nodes", len(nodes))), _told(found))


CLAIMS: tuple[Callable[[Study], Iterator[Row]], ...] = (
    downsampling_runs,
    class_variation,
    animals,
    deepest_column,
    images,
    budgeted,
    overthinking,
    one_block,
    downsampling_block,
    stochastic_depth,
    out_degree,
    pyramid,
    carrying,
    partial(of_classes, "Srivastava et al. 2015", "openness"),
    partial(of_classes, "Dai et al. 2017", "offsets"),
)
"""In the order of the page."""
