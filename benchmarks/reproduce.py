"""Make a study again and compare: `python -m benchmarks.reproduce results/reference/quick`."""

from __future__ import annotations

import sys

from benchmarks.cli.reproducing import app

if __name__ == "__main__":
    sys.exit(app())
