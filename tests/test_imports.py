"""The drawing of imports is true, and both packages are marked as typed."""

from __future__ import annotations

import pytest

from tests.imports import ROOT, drawing, drawn, import_graph, reachable, without_implied


def test_contributing_draws_the_imports_of_today() -> None:
    assert drawn() == drawing(), "update the drawing of imports with: python -m tests.imports"


def test_an_arrow_that_a_longer_path_implies_is_left_out() -> None:
    graph = {"a": frozenset("bc"), "b": frozenset("c"), "c": frozenset[str]()}
    assert without_implied(graph) == {"a": frozenset("b"), "b": frozenset("c"), "c": frozenset()}


@pytest.mark.parametrize("package", ["zoo", "benchmarks"])
def test_no_room_imports_itself_through_others(package: str) -> None:
    graph = import_graph(package)
    assert [room for room in graph if room in reachable(graph, room)] == []


def test_the_graph_has_imports_that_are_known_to_exist() -> None:
    assert "zoo.network" in import_graph("zoo")["zoo.registry"]
    assert "benchmarks.records" in import_graph("benchmarks")["benchmarks.running"]


@pytest.mark.parametrize("package", ["zoo", "benchmarks"])
def test_a_package_is_marked_as_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").read_bytes() == b""
