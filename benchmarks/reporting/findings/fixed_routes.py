"""Networks whose route is the same for every image."""

from __future__ import annotations

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.routes import matrix, varies


def fixed_routes(evidence: Evidence) -> list[tuple[str, str]]:
    """Names of the networks with one route at the headline setting of the first seed, and what that route is."""
    found = [(network.name, _fixed_route(network)) for network in evidence.networks]
    return [(name, route) for name, route in found if route]


def _fixed_route(network: NetworkEvidence) -> str:
    table = network.first.headline_answers()
    if table is None or varies(table):
        return ""
    used = int(matrix(table["route"])[0].sum())
    return f"{used} of {len(network.first.units)} units"
