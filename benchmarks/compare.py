"""Compare two studies: `python -m benchmarks.compare reference/quick quick`."""

from __future__ import annotations

import sys
import warnings

if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from benchmarks.cli.comparing import app

    sys.exit(app())
