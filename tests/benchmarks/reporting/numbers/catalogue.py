"""What is expected of every table and sentence of the page, by its name or place."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tests.benchmarks.reporting.numbers.records import Study
from tests.benchmarks.reporting.numbers.saying import Says, Sentence, Table
from tests.benchmarks.reporting.numbers.sections import (
    answers,
    attack,
    captions,
    networks,
    overview,
    provenance,
    routes,
    timing,
    training,
    worth,
)

TABLES: dict[str, Callable[[Study], Table]] = {
    "static-curve": overview.static_curve,
    "headline": overview.headline,
    "pareto": worth.pareto,
    "curves": worth.curves,
    "costs": worth.costs,
    "timing": timing.timing,
    "engines": timing.engines,
    "decisions": timing.decisions,
    "paths": timing.paths,
    "robustness": attack.robustness,
    "found_by": attack.found_by,
    "slowdown": attack.slowdown,
    "trust": attack.trust,
    "training": training.training,
    "calibration": training.calibration,
    "fidelity": networks.fidelity,
    "published": networks.published,
    "spent": training.spent,
}
"""About all networks. A new table of the page needs an entry here."""


def expected_tables(study: Study) -> dict[str, Callable[[], Table]]:
    """What is expected of every table, computed when it is asked for."""
    found: dict[str, Callable[[], Table]] = {name: partial(make, study) for name, make in TABLES.items()}
    for network in study.networks:
        found[f"Settings of {network.name}"] = partial(networks.settings, network)
        if network.routes_differ:
            found[f"{network.slug}-routes"] = partial(routes.common, study, network)
    return found


def expected_sentences(study: Study) -> dict[str, list[Sentence]]:
    """Every text outside tables that has digits, in order, by where it stands: a section, a figure, or a table."""
    found: dict[str, list[Sentence]] = {
        "top": [Says(f"{study.config['title']} · RouteBench")],
        "header": provenance.header(study),
        "overview": [*answers.does_routing_pay(study), *answers.cards(study), *overview.warnings(study)],
        "worth": [worth.DEFINITIONS],
        "routes": [routes.fixed(study)],
        "attack": provenance.attacks(study),
        "networks": provenance.networks(study),
        "provenance": provenance.environment(study),
    }
    found |= {f"figure {name}": own for name, own in captions.captions(study).items()}
    found |= {f"table {name}": list(make().around) for name, make in expected_tables(study).items()}
    return {where: [own for own in several if own.has_digits] for where, several in found.items()}
