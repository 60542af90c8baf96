"""What is expected of the page is computed from records, not by the code that made the page."""

from __future__ import annotations

import ast
from pathlib import Path

ALLOWED = {
    "benchmarks.statistics": "simultaneous intervals",
    "benchmarks.data": "titles of data sets",
    "benchmarks.training.recipe": "what fields of a recipe are that a paper does not give",
}
"""Modules of the suite that are imported here besides `zoo`, and for what."""


def test_nothing_here_imports_what_computes_the_page() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in Path(__file__).parent.rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            several = node.module in ("benchmarks", None)
            imported |= {f"{node.module}.{alias.name}" for alias in node.names} if several else {str(node.module)}
    assert {name for name in imported if name.startswith("benchmarks")} == set(ALLOWED)
