"""Reports: one self-contained page per study, built from its results alone.

`evidence` is read once (`evidence.loading`). `figures`, `tables` and `findings` turn it into what `layout` and the
templates put on the page; none of them reads anything else.
"""

from benchmarks.reporting.report import build

__all__ = ["build"]
