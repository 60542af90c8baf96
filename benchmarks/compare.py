"""Compare two studies: `python -m benchmarks.compare results/reference/quick results/quick`."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

EPILOG = (
    "Exit status: 0; 1 if something is worse in B by more than its tolerance, or differs although nothing that it was "
    "made of does; 2 if results are missing or damaged, which one line on standard error says."
)


@app.command(epilog=EPILOG)
def compare(
    a: Annotated[
        str, typer.Argument(help="Results of the first study: a directory, or a name below results. Example: quick")
    ],
    b: Annotated[str, typer.Argument(help="Results of the second study. Example: results/mine")],
    page: Annotated[
        Path | None,
        typer.Option(help="File of the page. Example: --page comparison.html [default: below reports]"),
    ] = None,
    json: Annotated[
        str | None,
        typer.Option(help="Write the comparison as JSON to a file, or to standard output. Example: --json -"),
    ] = None,
    tolerance_accuracy: Annotated[
        float | None,
        typer.Option(
            help="Points of accuracy that a network may lose. Example: --tolerance-accuracy 0.5 [default: from the "
            "spread over seeds; with one seed, from the interval of the test images]"
        ),
    ] = None,
    tolerance_robust: Annotated[
        float | None,
        typer.Option(help="The same, of accuracy under attack. Example: --tolerance-robust 2 [default: the same]"),
    ] = None,
    tolerance_cost: Annotated[
        float | None,
        typer.Option(
            help="Percent by which MACs may grow. Example: --tolerance-cost 1 [default: the same, and at least 5 where "
            "they vary from image to image]"
        ),
    ] = None,
    tolerance_time: Annotated[
        float | None,
        typer.Option(
            help="Percent of its speed-up that a network may lose on the same machine. Example: --tolerance-time 5 "
            "[default: from the intervals of the passes, and at least 10]"
        ),
    ] = None,
) -> None:
    """Compare study B with study A: what was changed, by how much results differ, and which conclusions with them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from benchmarks.cli.compared import tolerances, written
        from benchmarks.cli.errors import INPUT_ERRORS, one_line_errors
        from benchmarks.comparing.comparison import compare as compare_results
        from benchmarks.comparing.studies import find_study

    with one_line_errors(*INPUT_ERRORS):
        accepted = tolerances(tolerance_accuracy, tolerance_robust, tolerance_cost, tolerance_time)
        one, other = find_study(a), find_study(b)
        comparison = written(lambda: compare_results(one, other, accepted), page, json)
    if not comparison.acceptable:
        raise typer.Exit(1)


if __name__ == "__main__":
    sys.exit(app())
