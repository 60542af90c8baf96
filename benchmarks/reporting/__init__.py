"""Reports: one self-contained page per study, built from its results alone.

`evidence` is read once (`loading`), then `figures`, `tables` and `verdict` turn it into what the templates
lay out.
"""

from benchmarks.reporting.page import build

__all__ = ["build"]
