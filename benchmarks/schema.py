"""Print the JSON Schema of study files, for editors: `python -m benchmarks.schema > study.schema.json`."""

from __future__ import annotations

import json
import sys

import typer

from benchmarks.cli.errors import OneLineCommand
from benchmarks.cli.waiting import LOADING, waiting

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command(
    cls=OneLineCommand,
    epilog="An editor with a YAML language server reads it where a study begins with the line "
    "# yaml-language-server: $schema=study.schema.json",
)
def schema() -> None:
    """Print what a study file may contain, as JSON Schema: every field with its values, default and meaning."""
    with waiting(LOADING):
        from benchmarks.study.schema import study_schema
    typer.echo(json.dumps(study_schema(), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(app())
