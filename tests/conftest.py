"""Tests that share something costly stay in one process when pytest-xdist spreads the suite over several."""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group tests for `--dist loadgroup`, before pytest-xdist reads the groups."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_shared(item)))


def _shared(item: pytest.Item) -> str:
    """What a test shares with others: a briefly trained network, the measured campaign, or its module's caches."""
    folder = item.path.parent.name
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    if folder == "conformance":
        return str(parameters.get("selector", parameters.get("name")))
    if isinstance(item, pytest.Function) and "trained" in item.fixturenames:
        return "campaign"
    return f"{folder}/{item.path.name}"
