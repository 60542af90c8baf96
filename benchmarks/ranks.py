"""Does the order of networks depend on the budget? `python -m benchmarks.ranks epochs15 epochs30 epochs60`."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping, Sequence
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.cli.comparison_options import STDOUT, JsonOption
from benchmarks.cli.console import Grid, make_console
from benchmarks.cli.errors import USAGE_ERRORS, OneLineCommand, one_line_errors
from benchmarks.cli.folders import check_file
from benchmarks.cli.options import PluginOption
from benchmarks.cli.waiting import LOADING, waiting
from benchmarks.comparing.places import find_study
from benchmarks.plugins.places import check_plugins
from benchmarks.records.files import replacing, study_file

if TYPE_CHECKING:
    from benchmarks.comparing.ranks import Ranks

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command(
    cls=OneLineCommand,
    epilog="Run the same study with --epochs 15 --name epochs15, and so on; networks are matched by their labels.",
)
def ranks(
    studies: Annotated[
        list[str],
        typer.Argument(help="Results of two studies or more: directories, names below results, or URLs."),
    ],
    plugin: PluginOption = None,
    json: JsonOption = None,
) -> None:
    """Show how networks rank in several studies, and how far the orders agree (Kendall's tau)."""
    with one_line_errors(*USAGE_ERRORS):
        check_plugins(plugin)
        if json is not None and json != STDOUT:
            check_file(Path(json), "--json")
        roots = [find_study(study) for study in studies]
        for root in roots:
            study_file(root)
    with waiting(LOADING), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from benchmarks.cli.error_kinds import INPUT_ERRORS
        from benchmarks.comparing.ranks import rank
        from benchmarks.comparing.studies import open_study
        from benchmarks.plugins.loading import load as load_plugins
    with one_line_errors(*INPUT_ERRORS):
        load_plugins(plugin or ())
        with waiting("comparing the orders"):
            found = rank([open_study(root, name) for root, name in zip(roots, studies, strict=True)])
    if json is not None:
        _write(found, json)
    if json == STDOUT:
        return
    console = make_console()
    names = _short(found.studies)
    console.print(_grid(found, names).table())
    for one in found.agreements:
        verdict = "the order is another one" if one.changed else "images and seeds explain as much"
        console.print(
            f"{names[one.a]} and {names[one.b]}: tau {one.tau:.2f}; equal orders have {one.chance:.2f} or more in 95 % "
            f"of draws: {verdict}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    if not found.several_seeds:
        console.print("Every network has one seed: what its rank owes to that cannot be told.", soft_wrap=True)
    elif found.seeds == 1:
        console.print("Some networks have one seed; they are taken to vary as those with several do.", soft_wrap=True)


def _write(found: Ranks, place: str) -> None:
    text = dumps(_plain(found), indent=2)
    if place == STDOUT:
        typer.echo(text)
        return
    with replacing(Path(place)) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def _short(studies: Sequence[str]) -> dict[str, str]:
    """The last part of each place, where these differ."""
    last = [study.rstrip("/").rpartition("/")[2] for study in studies]
    return dict(zip(studies, last if len({*last}) == len({*studies}) else studies, strict=True))


def _grid(found: Ranks, names: Mapping[str, str]) -> Grid:
    heads = [f"{names[study]}, {epochs} epochs" for study, epochs in zip(found.studies, found.epochs, strict=True)]
    rows = [
        [name, *(f"{place:g}. {100 * right:.1f}%" for place, right in zip(places, accuracy, strict=True))]
        for name, places, accuracy in zip(found.networks, found.ranks, found.accuracy, strict=True)
    ]
    return Grid(words=["network"], numbers=heads, rows=rows)


def _plain(found: Ranks) -> dict[str, object]:
    return {
        "studies": list(found.studies),
        "epochs": list(found.epochs),
        "seeds": found.seeds,
        "several_seeds": found.several_seeds,
        "networks": [
            {"network": name, "accuracy": accuracy.tolist(), "rank": places.tolist()}
            for name, accuracy, places in zip(found.networks, found.accuracy, found.ranks, strict=True)
        ],
        "agreements": [
            {"a": one.a, "b": one.b, "tau": one.tau, "chance": one.chance, "changed": one.changed}
            for one in found.agreements
        ],
    }


if __name__ == "__main__":
    sys.exit(app())
