"""The command behind `python -m benchmarks.compare`: two studies side by side."""

from __future__ import annotations

import warnings
from typing import Annotated

import typer

from benchmarks.cli.comparison_options import (
    EXIT_STATUS,
    AccuracyTolerance,
    CostTolerance,
    JsonOption,
    PageOption,
    RobustTolerance,
    TimeTolerance,
    check_outputs,
    tolerances,
)
from benchmarks.cli.errors import USAGE_ERRORS, OneLineCommand, one_line_errors
from benchmarks.cli.options import PluginOption
from benchmarks.cli.waiting import LOADING, waiting
from benchmarks.comparing.places import find_study
from benchmarks.plugins.places import check_plugins
from benchmarks.records.files import study_file

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command(cls=OneLineCommand, epilog=EXIT_STATUS)
def compare(
    a: Annotated[
        str,
        typer.Argument(help="Results of the first study: a directory, a name below results, or a URL. Example: quick"),
    ],
    b: Annotated[str, typer.Argument(help="Results of the second study. Example: results/mine")],
    plugin: PluginOption = None,
    page: PageOption = None,
    json: JsonOption = None,
    tolerance_accuracy: AccuracyTolerance = None,
    tolerance_robust: RobustTolerance = None,
    tolerance_cost: CostTolerance = None,
    tolerance_time: TimeTolerance = None,
) -> None:
    """Compare study B with study A: what they were made of, by how much they differ, and which conclusions changed."""
    with one_line_errors(*USAGE_ERRORS):
        accepted = tolerances(tolerance_accuracy, tolerance_robust, tolerance_cost, tolerance_time)
        check_plugins(plugin)
        check_outputs(page, json)
        roots = find_study(a), find_study(b)
        for root in roots:
            study_file(root)
    with waiting(LOADING), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from benchmarks.cli.compared import write
        from benchmarks.cli.error_kinds import INPUT_ERRORS
        from benchmarks.comparing.comparison import compare as compare_studies
        from benchmarks.comparing.tolerances import Tolerances
        from benchmarks.plugins.loading import load as load_plugins
    with one_line_errors(*INPUT_ERRORS):
        load_plugins(plugin or ())
        with waiting("comparing the studies"):
            comparison = compare_studies(*roots, Tolerances(**accepted))
        write(comparison, page, json)
    if not comparison.acceptable:
        raise typer.Exit(1)
