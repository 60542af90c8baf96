"""Run the tests of conformance on what plug-ins declare, and say in lines what they found."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from benchmarks.conformance import cases
from zoo.plugins import declared_in

HERE = Path(__file__).parent
MAX_CHARACTERS = 300
"""Longest message of a failure."""
KINDS = ("method", "attack", "evaluator", "figure", "table", "data set")
"""Kinds that have tests."""
WITH_EVALUATORS = "summary"
"""A kind that is tested with the evaluators that it belongs to."""
ARGUMENTS = {"selector": "method", "name": "method", "dataset": "data set"}
"""Arguments of tests that name what is tested, with its kind; the others are called like their kind."""


@dataclass
class Subject:
    """One thing that a plug-in declares.

    Attributes:
        kind: `method`, `attack`, ...
        name: of it.
        passed: number of tests.
        failed: what was expected, with the reason, of tests that failed.
        skipped: likewise, of tests that do not apply.
    """

    kind: str
    name: str
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """What was found, the failures below."""
        total = self.passed + len(self.failed)
        state = f"{len(self.failed)} of {total} checks fail" if self.failed else f"{total} checks pass"
        others = f", {len(self.skipped)} do not apply" if self.skipped else ""
        yield f"{self.kind} {self.name}: {state}{others}"
        yield from (f"  fails: {line}" for line in self.failed)


@dataclass
class Found:
    """What the tests found.

    Attributes:
        subjects: what is declared, by kind and name.
        unchecked: what is declared of kinds that have no tests.
        broken: what could not be tested at all.
    """

    subjects: list[Subject]
    unchecked: list[str]
    broken: list[str]

    @property
    def passed(self) -> bool:
        """Whether every test passed."""
        return not self.broken and all(not subject.failed for subject in self.subjects)

    def lines(self) -> list[str]:
        """For a terminal."""
        found = [line for subject in self.subjects for line in subject.lines()]
        found += [f"{what}: there are no checks of its kind" for what in self.unchecked]
        return found + [f"could not be checked: {line}" for line in self.broken]


def checked(modules: Sequence[str], *, thorough: bool = False) -> Found:
    """Test what modules declare, in this process.

    Args:
        modules: loaded; packages with all of their modules.
        thorough: also tests that take minutes.
    """
    declared: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for module in modules:
        for kind, names in (declared_in(module) or declared_in(module.partition(".")[0])).items():
            declared[kind] += names
    chosen = {kind: tuple(dict.fromkeys(names)) for kind, names in declared.items() if kind in KINDS}
    others = {kind: names for kind, names in declared.items() if kind not in (*KINDS, WITH_EVALUATORS)}
    unchecked = [f"{kind} {name}" for kind, names in others.items() for name in names]
    listener = _Listener(chosen)
    cases.CHOSEN.clear()
    cases.CHOSEN.update(chosen or {"": ()})
    marks = "long or not long" if thorough else "not long"
    arguments = [str(HERE), "-q", "-m", marks, "-p", "no:cacheprovider", "--tb=no", "--import-mode=append"]
    arguments += ["-c", os.devnull, f"--rootdir={HERE}", "-o", "markers=long", "-W", "ignore"]
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            status = pytest.main(arguments, plugins=[listener])
    finally:
        cases.CHOSEN.clear()
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        last = next((line for line in reversed(output.getvalue().splitlines()) if line.strip()), "")
        listener.broken.append(f"pytest ended with status {int(status)}: {last}")
    nothing = [f"{kind} {name}" for (kind, name), one in listener.subjects.items() if not one.passed + len(one.failed)]
    listener.broken += [f"{what}: no test is of it" for what in nothing]
    return Found(subjects=list(listener.subjects.values()), unchecked=unchecked, broken=listener.broken)


class _Listener:
    """Takes the results of tests to what they are of."""

    def __init__(self, chosen: dict[str, tuple[str, ...]]) -> None:
        self.subjects = {(kind, name): Subject(kind, name) for kind, names in chosen.items() for name in names}
        self.broken: list[str] = []
        self._of: dict[str, tuple[tuple[str, str], str]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests of what was chosen."""
        kept = [item for item in items if isinstance(item, pytest.Function) and self._known(item)]
        items[:] = kept

    def _known(self, item: pytest.Function) -> bool:
        parameters = dict(item.callspec.params) if hasattr(item, "callspec") else {}
        for argument, value in parameters.items():
            kind, name = ARGUMENTS.get(argument, argument), str(getattr(value, "name", value))
            if (kind, name) in self.subjects:
                words = item.originalname.removeprefix("test_").replace("_", " ")
                inside = [str(value)] if str(value) != name else []
                inside += [f"{key} {other}" for key, other in parameters.items() if key != argument]
                self._of[item.nodeid] = ((kind, name), f"{words} ({', '.join(inside)})" if inside else words)
                return True
        return False

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Of a module that cannot be read: nothing of it was tested."""
        if report.failed:
            self.broken.append(f"{Path(report.nodeid).name}: {_reason(report)}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Of a test, or what comes before and after it."""
        if report.nodeid not in self._of:
            return
        key, words = self._of[report.nodeid]
        subject = self.subjects[key]
        if report.failed:
            subject.failed.append(f"{words}: {_reason(report)}")
        elif report.skipped:
            subject.skipped.append(words)
        elif report.when == "call":
            subject.passed += 1


def _reason(report: pytest.CollectReport | pytest.TestReport) -> str:
    """The message of the error in one line, with its place if that is not a test."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is None:
        return " ".join(str(report.longrepr).split())[-MAX_CHARACTERS:]
    lines = itertools.takewhile(lambda line: not line.startswith("+"), map(str.strip, crash.message.splitlines()))
    said = textwrap.shorten(" ".join(lines).removeprefix("AssertionError: "), MAX_CHARACTERS, placeholder=" ...")
    return said if Path(crash.path).is_relative_to(HERE) else f"{said} ({crash.path}:{crash.lineno})"
