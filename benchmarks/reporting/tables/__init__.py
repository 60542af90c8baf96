"""Tables of the report, a file each, from evidence to cells.

A new table is a file here, or a module that an installed distribution names as an entry point, with a function that is
decorated with `table` (one for the study) or `network_table` (one per network). It appears in the section that it
names.
"""

from benchmarks.reporting.tables.base import (
    TABLES,
    Cell,
    Column,
    Fold,
    NetworkTable,
    NoData,
    StudyTable,
    Table,
    network_table,
    network_tables,
    study_tables,
    table,
)

__all__ = [
    "TABLES",
    "Cell",
    "Column",
    "Fold",
    "NetworkTable",
    "NoData",
    "StudyTable",
    "Table",
    "network_table",
    "network_tables",
    "study_tables",
    "table",
]
