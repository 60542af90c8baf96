"""Train and measure: `python -m benchmarks.run --methods all`."""

from __future__ import annotations

import sys

from benchmarks.cli.finished import replay_finished


def main(arguments: list[str]) -> None:
    """Run the command line. If this exact command was finished before, print its result without loading torch."""
    if replay_finished(arguments):
        return
    from benchmarks.cli.command import app

    app(args=arguments, prog_name="python -m benchmarks.run", obj=arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
