"""The console script `routebench`: the same verbs as `python -m benchmarks.<verb>`; imports nothing slow.

A verb's module is imported when it is asked for. It has a typer application `app`; `run` answers before that, where the
same command was finished before.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

import benchmarks

if TYPE_CHECKING:
    from typer import Typer

PROGRAM = "routebench"
VERBS = MappingProxyType(
    {
        "run": "Train networks, measure them, and build the report that compares them.",
        "list": "List methods, presets, data sets and studies.",
        "report": "Build the report of one study or several from their results.",
        "compare": "Compare two studies: what differs, by how much, and which conclusions with it.",
        "ranks": "Show whether networks rank alike in several studies, such as after more epochs.",
        "reproduce": "Run a study again from its own files, and compare with the original.",
        "tune": "Search recipes and knobs on validation data.",
        "export": "Write a trained network as a folder that runs without PyTorch.",
        "release": "Write the weights of all networks of a study into one file.",
        "transfer": "Attack the baseline of every network, and show its images to the network.",
        "status": "Show what of a study is done, running, failed and missing, from another terminal.",
        "check": "Test all that a plug-in declares, as the suite tests its own.",
        "schema": "Print what a study file may contain, as JSON Schema for editors.",
        "speed": "Measure the suite's speed as ratios.",
    }
)
"""What each verb does, in the order of the help."""
MODULES = MappingProxyType({"run": "benchmarks.cli.command", "speed": "benchmarks.speed.__main__"})
"""Where a verb's application is, if not in the module of its name."""


def main() -> None:
    """Run the verb that the command line names; anything else is one line on standard error and exit status 2."""
    verb, *arguments = sys.argv[1:] or ["--help"]
    if verb in ("--help", "-h", "help"):
        print(helped())
    elif verb == "--version":
        print(f"{PROGRAM} {benchmarks.__version__}")
    elif verb in VERBS:
        runner(verb)(arguments)
    else:
        import difflib

        near = difflib.get_close_matches(verb, VERBS, n=1)
        guess = f"did you mean {near[0]}? " if near else ""
        print(f"error: unknown command {verb[:80]!r}; {guess}valid: {', '.join(VERBS)}", file=sys.stderr)
        sys.exit(2)


def runner(verb: str) -> Callable[[list[str]], object]:
    """What runs a verb's command line."""
    name = f"{PROGRAM} {verb}"
    if verb == "run":
        remembering = import_module("benchmarks.run").main
        return lambda arguments: remembering(arguments, name)
    app = application(verb)
    return lambda arguments: app(args=arguments, prog_name=name)


def application(verb: str) -> Typer:
    """The typer application that reads a verb's options."""
    app: Typer = import_module(MODULES.get(verb, f"benchmarks.{verb}")).app
    return app


def helped() -> str:
    """The verbs with what they do."""
    width = max(map(len, VERBS))
    lines = [f"  {verb:{width}}  {what}" for verb, what in VERBS.items()]
    usage = f"Usage: {PROGRAM} COMMAND [OPTIONS]"
    more = f"{PROGRAM} COMMAND --help shows the options of a command; {PROGRAM} --version the version."
    return "\n".join(
        [usage, "", "Trains and measures networks with input-dependent computation.", "", *lines, "", more]
    )
