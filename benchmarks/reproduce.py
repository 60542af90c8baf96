"""Make a study again and compare: `python -m benchmarks.reproduce results/reference/quick`."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    from benchmarks.cli.reproducing import app

    sys.exit(app())
