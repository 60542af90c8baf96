"""Tests that share something costly stay in one process."""

from __future__ import annotations

import pytest


def test_pytest_xdist_knows_the_groups(request: pytest.FixtureRequest) -> None:
    """Under some versions of pytest it loses them without a word, and everything that is shared is made twice."""
    if not request.config.getoption("loadgroup", default=False):
        pytest.skip("not in a process of `--dist loadgroup`")
    assert request.node.nodeid.endswith("@tests/test_groups.py")
