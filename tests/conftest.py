"""Tests that share something costly stay in one process when pytest-xdist spreads the suite over several."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group tests for `--dist loadgroup`, before pytest-xdist reads the groups."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_shared(item)))


def _shared(item: pytest.Item) -> str:
    """What a test shares: a briefly trained network, the measured campaign, the page's records, its module's caches."""
    folder = item.path.parent.name
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    if folder == "numbers":
        return folder
    if folder == "conformance":
        return str(parameters.get("selector", parameters.get("name")))
    if isinstance(item, pytest.Function) and "trained" in item.fixturenames:
        return "campaign"
    return f"{folder}/{item.path.name}"


@pytest.fixture(scope="session", autouse=True)
def own_memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Digests of files are remembered in a folder of the tests', not in the user's.

    And the tests that run beside these, in other processes, are not waited for where timing would be alone.
    """
    folder = tmp_path_factory.mktemp("machine")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.records.claims.shared_folder", lambda: folder)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
