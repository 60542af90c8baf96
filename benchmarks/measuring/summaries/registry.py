"""Summaries by the name of their evaluator: found among the modules of this package and of installed plug-ins.

They are declared apart from evaluators, so that a change here makes no table stale: a table's version has the files
that its evaluator's module imports. A plug-in may have both in one module, which then is part of its table's version.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from zoo.plugins import Registry, origin_of

Columns = Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]
"""An evaluator's table, and the summary's rows so far, to more columns; see `summary_columns`."""


@dataclass(frozen=True)
class Summary:
    """How an evaluator's table is summarised.

    Attributes:
        evaluator: whose table.
        columns: the function.
        module: where its code is.
    """

    evaluator: str
    columns: Columns
    module: str


SUMMARIES: Registry[Summary] = Registry("summary", "benchmarks.measuring.summaries")
"""Every summary, by evaluator."""


def summary_columns(evaluator: str) -> Callable[[Columns], Columns]:
    """Decorator that makes a function the summary of an evaluator's table.

    The function takes the table, and the summary's rows of the same network by setting, with the columns `setting` and
    `headline` and those of all evaluators that come before its own in their order. It returns new columns by setting;
    a setting that it leaves out has NaN.

    Args:
        evaluator: name of the table.

    Raises:
        ValueError: that table has a summary already.
    """

    def decorate(columns: Columns) -> Columns:
        SUMMARIES.add(evaluator, Summary(evaluator, columns, columns.__module__), origin_of(columns))
        return columns

    return decorate
