"""Summary columns: what `summary.parquet` has of each evaluator's table. No table depends on this code."""

from benchmarks.measuring.summaries.registry import SUMMARIES, Summary, summary_columns

__all__ = ["SUMMARIES", "Summary", "summary_columns"]
