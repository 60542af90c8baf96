"""The options of a verb as a table in Markdown, from the command itself."""

from __future__ import annotations

from typer.core import TyperArgument, TyperOption
from typer.main import get_command

from benchmarks.cli.main import application


def options_table(verb: str) -> str:
    """A row per argument and visible option: its name, and what its help says of it."""
    rows = []
    for one in get_command(application(verb)).params:
        if isinstance(one, TyperArgument | TyperOption) and not one.hidden and one.name != "help":
            name = one.opts[0] if isinstance(one, TyperOption) else str(one.name).upper()
            rows.append(f"| `{name}` | {_cell(one.help or '')} |")
    return "\n".join(["| option | meaning |", "|---|---|", *rows]) if rows else "It has no options."


def _cell(text: str) -> str:
    return text.replace("|", "&#124;").replace("<", "&lt;").replace("*", "&#42;")
