"""What a user brings, weights and code of networks: what its files hold, and what a record says of it."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import zoo
from benchmarks.records.code_hashes import strip_comments
from benchmarks.study.study import ModelSpec
from zoo.network import RoutedNet
from zoo.registry import weights_file
from zoo.serving.traced import folding_of
from zoo.sizing.counting import drawn_on_meta
from zoo.sources import split_module
from zoo.weights import file_digest, fitted, read_weights, resolve


def contents_of(spec: ModelSpec) -> dict[str, Any]:
    """Digests of the files that a specification names: `weights`, and the source files of `module` by name.

    Raises:
        ValueError: a file is missing or cannot be read.
    """
    found: dict[str, Any] = {}
    if spec.weights:
        found["weights"] = file_digest(weights_file(spec.full_selector))
    module = spec.parameters.get("module")
    if isinstance(module, str):
        path, name = split_module(module)
        found |= {"module": name, "code": {f"{one.stem}.py": _code_digest(one) for one in _sources(path)}}
    return found


def check_weights(spec: ModelSpec, task: zoo.Task) -> None:
    """Refuse given weights that do not fit their network; a file that is gone is not looked at.

    Raises:
        ValueError: they do not fit, or cannot be read.
    """
    if not spec.weights or not (path := weights_file(spec.full_selector)).is_file():
        return
    net = drawn_on_meta(spec.selector, task)
    fitted(net, read_weights(path), spec.weights, inside=getattr(net, "inside", ""))


def files_of(spec: ModelSpec) -> list[Path]:
    """The files that a specification names, whether or not they are there."""
    found = [weights_file(spec.full_selector)] if spec.weights else []
    module = spec.parameters.get("module")
    if isinstance(module, str):
        path = resolve(module.rpartition(":")[0])
        found += _sources(path) if path.is_file() else [path]
    return found


def origin_of_given(spec: ModelSpec, net: RoutedNet) -> dict[str, Any]:
    """What a record says of a network whose weights were given; no number depends on it.

    Keys: `file` (its name), `network` (where the network is from), `normalisation` (mean, std, whose they are), and
    `batch_norms` (what became of them for serving, in one line; empty for networks of the zoo).
    """
    folding = folding_of(zoo.optimize_for_inference(net))
    return {
        "file": spec.weights_shown or "",
        "network": getattr(net, "origin", "RouteBench"),
        "normalisation": {
            "mean": [round(value, 6) for value in net.normalize.mean.flatten().tolist()],
            "std": [round(value, 6) for value in net.normalize.std.flatten().tolist()],
            "of": getattr(net, "normalised_by", "the weights or the data set"),
        },
        "batch_norms": str(folding) if folding else "",
    }


def changed_contents(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """In what given files differ from what they were, as phrases."""
    reasons = []
    if old.get("weights") != new.get("weights"):
        reasons.append(f"the weights changed (SHA-256 {old.get('weights')}, now {new.get('weights')})")
    before, now = old.get("code", {}), new.get("code", {})
    files = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    return [*reasons, *([f"the network's code changed: {', '.join(files)}"] if files else [])]


def _sources(path: Path) -> Iterator[Path]:
    """A Python file and those beside it that it imports, however indirectly."""
    pending, done = [path], set()
    while pending:
        source = pending.pop()
        if source in done:
            continue
        done.add(source)
        yield source
        pending += [beside for name in _imported(source) if (beside := path.parent / f"{name}.py").is_file()]


def _imported(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def _code_digest(source: Path) -> str:
    return hashlib.sha256(strip_comments(source.read_text(encoding="utf-8")).encode()).hexdigest()[:12]
