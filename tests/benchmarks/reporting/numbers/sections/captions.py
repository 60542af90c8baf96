"""Sentences below figures."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from tests.benchmarks.reporting.numbers import attacked
from tests.benchmarks.reporting.numbers.information import explained, rank_correlation
from tests.benchmarks.reporting.numbers.inside_figures import updates_caption
from tests.benchmarks.reporting.numbers.records import BINS, Network, Study, share_right, wilson, wilson_of
from tests.benchmarks.reporting.numbers.route_figures import BARS, INSIDE, exits_of, of_network, rates_by_epoch, used
from tests.benchmarks.reporting.numbers.saying import Says, Sentence, joined, listing, says
from tests.benchmarks.reporting.numbers.sections import exits
from tests.benchmarks.reporting.numbers.sections.alike import alike
from tests.benchmarks.reporting.numbers.sections.changed import parts
from tests.benchmarks.reporting.numbers.sections.easy import scale_caption
from tests.benchmarks.reporting.numbers.sections.timing import budget
from tests.benchmarks.reporting.numbers.sections.worth import twins
from tests.benchmarks.reporting.numbers.times import BASELINE, seconds

FEWEST = 10
"""Answers of a bin that is drawn."""
VARYING = 4
"""Units from which on it is said whether classes explain more of the later ones."""
PIXELS = Says("…[0, 1])")
"""Of an axis of radii."""


def captions(study: Study) -> dict[str, list[Sentence]]:
    """Every text with digits beside a figure, in order, by the figure's name."""
    images = says("{} test images", study.images)
    found: dict[str, list[Sentence]] = {
        "accuracy-macs": [joined("…", says("{} % intervals (Wilson), from ", 95), images, ".", _outside(study))],
        "accuracy-time": [_time(study)],
        "realised": [joined(says("…speed-up {}); … at {} % of the time…", 1.0, 100), twins(study))],
        "robustness": [PIXELS, _robustness(study)],
        "attack-plane": [joined(says("At ε {}. …", attacked.headline(study)[1]), f"{attacked.headline(study)[0]} …")],
        "training": [joined("…", *_phases(study))],
        "parts": [
            says("…: {} % intervals …. {} test images. Veit et al. ({}) …", 95, parts(study.networks[0]).images, 2016)
        ],
        "reliability": [_reliability(study)],
        "per-class": [_classes(study)],
        "scale": [scale_caption(study)],
    }
    of_kind: dict[str, Callable[[Study, Network], Says]] = {
        "dynamics": _dynamics,
        "execution": lambda _, network: joined("… ", images, f", setting “{network.first}”; …", _surely(network)),
        "exits": lambda *_: joined("…; ", images, ". …"),
        "exit-criteria": exits.rules_caption,
        "budgeted": exits.budgeted_caption,
        "updates": updates_caption,
        **{kind: caption for kind, (*_, caption) in INSIDE.items()},
        "histogram": _histogram,
        "specialisation": _specialisation,
    }
    for network in study.networks:
        for kind in of_network(network):
            found[f"{kind}-{network.slug}"] = [of_kind[kind](study, network)]
    return found


def answered(study: Study) -> int:
    """Test images that networks without parts answered."""
    (images,) = {parts(network).images for network in study.networks}
    return images


def _outside(study: Study) -> Says:
    """How many settings are far below every headline, and where the figure ends."""
    heads = [wilson(network.answers()) for network in study.networks]
    low, high = 100 * min(own[1] for own in heads), 100 * max(own[2] for own in heads)
    floor = low - max(high - low, 1)
    shares = [100 * share_right(n.answers(setting)) for n in study.networks for setting in n.settings]
    below = sum(share < floor for share in shares)
    verb = "setting is" if below == 1 else "settings are"
    return says(f" {{}} {verb} below {{}} %, outside the figure.", below, floor) if below else Says("")


def _time(study: Study) -> Says:
    spread = []
    for size in study.ends:
        taken = [1e3 * seconds(network, size, BASELINE) for network in study.networks]
        spread.append(says("{}–{} ms at batch {}", min(taken), max(taken), size))
    bars = says("{} % intervals (Wilson), from {} test images. … {} % interval of its speed-up.", 95, study.images, 95)
    start = f"… below that of {study.reference}. … mean times of baselines were "
    return joined(
        start, spread[0], *(joined(" and ", own) for own in spread[1:]), ". …", bars, budget(study), twins(study)
    )


def _robustness(study: Study) -> Says:
    table = study.networks[0].table("robustness")
    radii = table.groupby("attack")["epsilon"].nunique()
    several = [name for name in attacked.attacks(study) if radii[name] > 1]
    lines = listing([f"… {name}" for name in reversed(several)])
    images = says("At radius {} the same {} images …: {} % …", 0, table["index"].nunique(), 95)
    return joined(f"{lines}. Grey: all networks under {several[-1]}. ", images)


def _phases(study: Study) -> list[Says]:
    """Where training has several phases, their starts; networks with the same ones together."""
    found: dict[Says, list[str]] = {}
    for network in study.networks:
        starts = network.table("history").drop_duplicates("phase")
        first, *later = zip(starts["phase"], starts["epoch"], strict=True)
        if later:
            changes = ", ".join(f"“{phase}” from epoch {{}}" for phase, _ in later)
            text = says(f"first “{first[0]}”, then {changes}.", *(epoch for _, epoch in later))
            found.setdefault(text, []).append(network.name)
    return [joined(f" Upright: phases of {listing(names)}, ", text) for text, names in found.items()]


def _reliability(study: Study) -> Says:
    text = "…{} equal bins over {} test images, … fewer than {} …; … {} % Wilson intervals."
    return says(text, BINS, study.images, FEWEST, 95)


def _classes(study: Study) -> Says:
    sizes = study.networks[0].answers()["label"].value_counts()
    if sizes.min() == sizes.max():
        return says("…({} a class)…", sizes.min())
    return says("…({} to {} a class)…", sizes.min(), sizes.max())


def _histogram(study: Study, network: Network) -> Says:
    unit, factor = study.unit
    own = network.answers()["macs"] * factor
    low, high = own.quantile([0.05, 0.95])
    text = (
        f"Mean {{}} {unit} MACs; nine images of ten are between {{}} and {{}}. {{}} test images, one bar per {{}}th …"
    )
    return says(text, own.mean(), low, high, len(own), BARS)


def _dynamics(study: Study, network: Network) -> Says:
    """From when on no unit is further than ten points from where it ends, and which then run nearly always."""
    rates = rates_by_epoch(network)
    far = ((rates - rates.iloc[-1]).abs() > 0.1).any(axis=1)
    settled = 1 + max((int(str(epoch)) for epoch in rates.index[far]), default=0)
    always = [str(unit) for unit, rate in rates.iloc[-1].items() if rate >= 0.95]
    named = f": {listing(always)}." if 0 < len(always) <= 8 else "."
    images = network.config.get("images", {}).get("validation", 0)
    shown = says("Share of the {} validation images …, in % (each known to {} points or better)", images, _half(images))
    until = says("… one seed. … From epoch {} on no rate is further than {} points …; ", settled, 10)
    end = says("at the end {} of {} units run … at least {} % of the images", len(always), len(network.units), 95)
    return joined(*([shown] if images else []), until, end, named, _always(network, always))


def _half(images: int) -> float:
    """Half of the widest interval of a share of images, in points."""
    _, low, high = wilson_of((images // 2) / images, images) if images else (0.0, 0.0, 0.0)
    return 50 * (high - low)


def _surely(network: Network) -> Says:
    """How many images a class has at least, and the widest interval of a share of them that used a unit."""
    answers = network.answers()
    groups = used(network, answers["route"]).groupby(answers["label"])
    ends = [wilson_of(share, len(own)) for _, own in groups for share in own.mean()]
    widest = max(high - low for _, low, high in ends)
    text = "A class has {} images or more: no share’s {} % interval (Wilson) is wider than {} points."
    return says(text, groups.size().min(), 95, 100 * widest)


def _always(network: Network, always: list[str]) -> Says:
    """How many of the units that AdaNet's paper names run nearly always."""
    units = network.units
    meant = [unit for unit in units if re.fullmatch(r"stage[2-9]\.block1", unit) or unit == units[-1]]
    if exits_of(network) or len(meant) < 2:
        return Says("")
    count = len(set(meant) & set(always))
    agrees = "agrees" if count == len(meant) else "agrees in part" if count else "does not agree"
    paper = says(" Veit and Belongie ({}) found …: {} of these {} do here, which ", 2018, count, len(meant))
    return joined(paper, f"{agrees}.")


def _specialisation(study: Study, network: Network) -> Says:
    """Whether classes explain more of later units, of those that run for some images only."""
    answers = network.answers()
    matrix = used(network, answers["route"])
    shares = explained(matrix, answers["label"])[matrix.nunique() > 1]
    start, end = says("…; {} for units that always run or never. ", 0), _end(study, network)
    if len(shares) < VARYING or np.ptp(shares) == 0:
        vary = "unit varies" if len(shares) == 1 else "units vary"
        return joined(start, says(f"Only {{}} {vary}, too few to say whether it grows with depth.", len(shares)), end)
    found, p = rank_correlation(shares)
    clear = f"It {'grows' if found > 0 else 'falls'} with depth"
    told = clear if p < 0.05 else "Whether it grows with depth cannot be told"
    return joined(start, told, says(" (rank correlation {}, p {}, {} units that vary).", found, p, len(shares)), end)


def _end(study: Study, network: Network) -> Says:
    """Whether classes that are alike run the same units, and of how many images all of it is."""
    return joined(" … late ones do. ", alike(study, network), says("{} test images.", study.images))
