"""The imports between the rooms of the code, drawn into CONTRIBUTING.md: `python -m tests.imports` updates the drawing.

A room is a package or module directly inside `zoo` or `benchmarks`. The drawing shows a room's imports only if no other
import implies them: where a imports b and c, and b imports c, the arrow from a to c is left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- imports: begin -->\n", "<!-- imports: end -->\n"
PACKAGES = ("zoo", "benchmarks")
Graph = Mapping[str, frozenset[str]]
"""The rooms that each room imports."""


def rooms(package: str) -> dict[str, list[Path]]:
    """The source files of every room of a package, by its dotted name; files without code are left out."""
    found: dict[str, list[Path]] = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[1] != "__init__":
            found.setdefault(".".join(parts[:2]), []).append(path)
    return found


def imported(path: Path) -> Iterator[str]:
    """Dotted names of everything that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def import_graph(package: str) -> Graph:
    """Which rooms of a package import which others."""
    files = rooms(package)
    found = {}
    for room, paths in files.items():
        names = {".".join(name.split(".")[:2]) for path in paths for name in imported(path)}
        found[room] = frozenset(names & files.keys() - {room})
    return found


def reachable(graph: Graph, room: str) -> frozenset[str]:
    """All rooms that a room imports, directly or through others."""
    found: set[str] = set()
    pending = list(graph[room])
    while pending:
        other = pending.pop()
        if other not in found:
            found.add(other)
            pending += graph[other]
    return frozenset(found)


def without_implied(graph: Graph) -> Graph:
    """The graph without the arrows that longer paths imply; it must have no circles."""
    return {
        room: frozenset(b for b in targets if not any(b in reachable(graph, a) for a in targets - {b}))
        for room, targets in graph.items()
    }


def node(room: str) -> str:
    """A room's name in mermaid."""
    return room.replace(".", "_")


def drawing() -> str:
    """A mermaid diagram of both packages, in markers and a code block."""
    lines = ["flowchart TD"]
    for package in PACKAGES:
        graph = without_implied(import_graph(package))
        lines.append(f"    subgraph {package}")
        lines += [f"        {node(room)}[{room.partition('.')[2]}]" for room in sorted(graph)]
        lines += [f"        {node(room)} --> {node(other)}" for room in sorted(graph) for other in sorted(graph[room])]
        lines.append("    end")
    lines.append("    benchmarks --> zoo")
    return "".join([BEGIN, "```mermaid\n", *(f"{line}\n" for line in lines), "```\n", END])


def drawn() -> str:
    """The drawing that CONTRIBUTING.md has."""
    text = PAGE.read_text(encoding="utf-8")
    return text[text.index(BEGIN) : text.index(END) + len(END)]


if __name__ == "__main__":
    PAGE.write_text(PAGE.read_text(encoding="utf-8").replace(drawn(), drawing()), encoding="utf-8")
