"""Train and measure: `python -m benchmarks.run --methods all`."""

from __future__ import annotations

import sys

from benchmarks.cli.finished import replay_finished


def main(arguments: list[str], program: str = "python -m benchmarks.run") -> None:
    """Run the command line. If this exact command was finished before, print its result without loading torch.

    Args:
        arguments: of the command.
        program: its name in help and errors.
    """
    if replay_finished(arguments):
        return
    from benchmarks.cli.command import app

    app(args=arguments, prog_name=program, obj=arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
