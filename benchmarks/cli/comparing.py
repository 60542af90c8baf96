"""The command behind `python -m benchmarks.compare`: two studies side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from benchmarks.cli.compared import (
    EXIT_STATUS,
    AccuracyTolerance,
    CostTolerance,
    JsonOption,
    PageOption,
    RobustTolerance,
    TimeTolerance,
    check_outputs,
    tolerances,
    write,
)
from benchmarks.cli.errors import INPUT_ERRORS, one_line_errors
from benchmarks.comparing.comparison import compare as compare_studies
from benchmarks.comparing.studies import find_study

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command(epilog=EXIT_STATUS)
def compare(
    a: Annotated[
        str, typer.Argument(help="Results of the first study: a directory, or a name below results. Example: quick")
    ],
    b: Annotated[str, typer.Argument(help="Results of the second study. Example: results/mine")],
    page: PageOption = None,
    json: JsonOption = None,
    tolerance_accuracy: AccuracyTolerance = None,
    tolerance_robust: RobustTolerance = None,
    tolerance_cost: CostTolerance = None,
    tolerance_time: TimeTolerance = None,
) -> None:
    """Compare study B with study A: what they were made of, by how much they differ, and which conclusions changed."""
    with one_line_errors(*INPUT_ERRORS):
        accepted = tolerances(tolerance_accuracy, tolerance_robust, tolerance_cost, tolerance_time)
        check_outputs(page, json)
        comparison = compare_studies(find_study(a), find_study(b), accepted)
        write(comparison, page, json)
    if not comparison.acceptable:
        raise typer.Exit(1)
