"""The options of `python -m benchmarks.compare` and `python -m benchmarks.reproduce`; imports nothing slow."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli.folders import REPORTS, check_file, check_writable

STDOUT = "-"
"""In place of a file: standard output, on which then nothing else is written."""
EXIT_STATUS = (
    "Exit status: 0; 1 if something is worse in B by more than its tolerance, or differs although nothing that it was "
    "made of does; 2 if results are missing or damaged, which one line on standard error says."
)
PageOption = Annotated[
    Path | None, typer.Option(help="File of the page. Example: --page comparison.html [default: below reports]")
]
JsonOption = Annotated[
    str | None,
    typer.Option(help="Write the comparison as JSON to a file, or with - to standard output only. Example: --json -"),
]
AccuracyTolerance = Annotated[
    float | None,
    typer.Option(
        help="Points of accuracy that a network may lose. Example: --tolerance-accuracy 0.5 [default: from the spread "
        "over seeds; with one seed, from the interval of the test images]"
    ),
]
RobustTolerance = Annotated[
    float | None,
    typer.Option(help="The same under attack. Example: --tolerance-robust 2 [default: as for accuracy]"),
]
CostTolerance = Annotated[
    float | None,
    typer.Option(
        help="Percent by which MACs may grow. Example: --tolerance-cost 1 [default: as for accuracy, and at least 5 "
        "where they vary from image to image]"
    ),
]
TimeTolerance = Annotated[
    float | None,
    typer.Option(
        help="Percent of its speed-up that a network may lose on the same machine. Example: --tolerance-time 5 "
        "[default: from the intervals of the passes, and at least 25; not judged in a reproduction]"
    ),
]


def tolerances(
    accuracy: float | None, robust: float | None, cost: float | None, time: float | None
) -> dict[str, float | None]:
    """The fields of `benchmarks.comparing.tolerances.Tolerances` from options in points and percent.

    Raises:
        ValueError: one is negative or not a number; the message names the option.
    """
    given = {"accuracy": accuracy, "robust": robust, "cost": cost, "time": time}
    for name, value in given.items():
        if value is not None and not (value >= 0 and math.isfinite(value)):
            raise ValueError(f"--tolerance-{name}: {value} must be at least 0, and a number")
    return {name: None if value is None else value / 100 for name, value in given.items()}


def check_outputs(page: Path | None, json: str | None) -> None:
    """Check that the page and the JSON file can be written, before any work that would be lost.

    Raises:
        FolderError: one cannot.
    """
    if page is None:
        check_writable(REPORTS, "--page")
    else:
        check_file(page, "--page")
    if json is not None and json != STDOUT:
        check_file(Path(json), "--json")
