"""Check what a plug-in declares: `python -m benchmarks.check my_package.networks`."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from benchmarks.cli.console import make_console
from benchmarks.cli.errors import USAGE_ERRORS, OneLineCommand, one_line_errors
from benchmarks.cli.waiting import LOADING, waiting
from benchmarks.plugins.places import PluginError, check_plugins

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command(cls=OneLineCommand, epilog="The exit status is 1 if something fails.")
def check(
    plugins: Annotated[
        list[str],
        typer.Argument(
            help="What to check: a module, or the path of a .py file or of a package's folder. Example: "
            "my_package.networks"
        ),
    ],
    thorough: Annotated[
        bool,
        typer.Option("--thorough", help="Also build and run every preset of a method; minutes. Example: --thorough"),
    ] = False,
) -> None:
    """Test all that a plug-in declares as the suite tests its own methods, attacks, evaluators, figures and data sets.

    Methods are trained for a moment on real digits; about a minute for each.
    """
    console = make_console()
    with one_line_errors(*USAGE_ERRORS):
        check_plugins(plugins)
        if find_spec("pytest") is None:
            raise PluginError("the checks need pytest: python -m pip install 'routebench[check]'")
    with waiting(LOADING):
        from benchmarks.conformance.running import checked
        from benchmarks.plugins.loading import load
    with one_line_errors(*USAGE_ERRORS):
        places = load(plugins)
    with waiting("checking"):
        found = checked([place.module for place in places], thorough=thorough)
    console.print(*found.lines(), sep="\n", markup=False, highlight=False, soft_wrap=True)
    if not found.passed:
        raise typer.Exit(1)


if __name__ == "__main__":
    sys.exit(app())
