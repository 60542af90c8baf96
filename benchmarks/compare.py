"""Compare two studies: `python -m benchmarks.compare reference/quick quick`."""

from __future__ import annotations

import sys

from benchmarks.cli.comparing import app

if __name__ == "__main__":
    sys.exit(app())
