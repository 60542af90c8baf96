"""Tune recipes and knobs on validation data: `python -m benchmarks.tune --study quick`."""

from __future__ import annotations

import sys

from benchmarks.cli.tuning import app

if __name__ == "__main__":
    sys.exit(app(prog_name="python -m benchmarks.tune"))
