"""What is expected of every table and sentence of the page, by its name or place."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from tests.benchmarks.reporting.numbers.exiting import has_exits
from tests.benchmarks.reporting.numbers.records import Study
from tests.benchmarks.reporting.numbers.saying import Says, Sentence, Table, says
from tests.benchmarks.reporting.numbers.sections import (
    answers,
    attack,
    captions,
    changed,
    claims,
    differences,
    easy,
    exits,
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
    "differences": differences.differences,
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
    "claims": claims.claims,
    "route-statistics": routes.statistics,
    "decision-worth": changed.worth,
    "lesions": changed.lesions,
    "easy-images": easy.easy_images,
    "depth": easy.depth,
    "scale": easy.scales,
    "exit-criteria": exits.criteria,
    "records": provenance.records,
    "trust": attack.trust,
    "spent": training.spent,
    "training": training.training,
    "calibration": training.calibration,
    "exit-calibration": exits.calibration,
}
"""About all networks. A new table of the page needs an entry here."""
PUBLISHED: dict[str, Callable[[Study], Table]] = {
    "fidelity": networks.fidelity,
    "published": networks.published,
}
"""On the page beside it, about what papers print."""


@cache
def table(study: Study, name: str) -> Table:
    """What is expected of a table of the page or of the one beside it."""
    return (TABLES | PUBLISHED)[name](study)


def expected_tables(study: Study) -> dict[str, Callable[[], Table]]:
    """What is expected of every table, computed when it is asked for."""
    found: dict[str, Callable[[], Table]] = {name: partial(table, study, name) for name in TABLES}
    for network in study.networks:
        found[f"Settings of {network.name}"] = partial(networks.settings, network)
        if network.routes_differ:
            found[f"{network.slug}-routes"] = partial(routes.common, study, network)
        if network.has("lesions"):
            found[f"{network.slug}-parts"] = partial(claims.each_part, network)
        if has_exits(network):
            found[f"{network.slug}-exits"] = partial(exits.of_each, study, network)
    return found


def expected_sentences(study: Study) -> dict[str, list[Sentence]]:
    """Every text outside tables that has digits, in order, by where it stands: a section, a figure, or a table."""
    found: dict[str, list[Sentence]] = {
        "top": [Says(f"{study.config['title']} · RouteBench")],
        "header": provenance.header(study),
        "overview": [*answers.does_routing_pay(study), *answers.cards(study), *overview.warnings(study)],
        "worth": [worth.DEFINITIONS],
        "routes": [routes.fixed(study)],
        "gallery": [says("… Veit and Belongie ({}) … Wang et al. ({}) …", 2018, 2018)],
        "attack": provenance.attacks(study),
        "networks": provenance.networks(study),
        "trust": provenance.environment(study),
    }
    found |= {f"figure {name}": own for name, own in captions.captions(study).items()}
    found |= {f"table {name}": [*make().around] for name, make in expected_tables(study).items()}
    return _with_facts(found)


def published_sentences(study: Study) -> dict[str, list[Sentence]]:
    """The same of the page beside it."""
    title = study.config["title"]
    found: dict[str, list[Sentence]] = {
        "top": [Says(f"As published? {title} · RouteBench")],
        "header": [Says(f"What papers print of the methods of “{title}”, …")],
    }
    return _with_facts(found | {f"table {name}": [*table(study, name).around] for name in PUBLISHED})


def _with_facts(found: dict[str, list[Sentence]]) -> dict[str, list[Sentence]]:
    return {where: [own for own in several if own.has_facts] for where, several in found.items()}
