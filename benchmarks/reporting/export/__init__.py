"""Everything on a page as files: tables, figures with their numbers, all results, and the methods' papers."""

from benchmarks.reporting.export.folder import export

__all__ = ["export"]
