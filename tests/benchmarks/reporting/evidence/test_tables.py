"""Tables that are read when they are asked for."""

from __future__ import annotations

import pandas as pd
import pytest

from benchmarks.reporting.evidence.tables import Tables


def test_a_table_is_read_once_and_not_before_it_is_asked_for() -> None:
    read: list[str] = []

    def make(name: str) -> pd.DataFrame:
        read.append(name)
        return pd.DataFrame({"of": [name]})

    tables = Tables(["accuracy", "cost"], make)
    assert "accuracy" in tables
    assert [*tables] == ["accuracy", "cost"]
    assert len(tables) == 2
    assert tables.get("lesions") is None
    assert read == []
    assert tables["cost"] is tables["cost"]
    assert tables["cost"]["of"].tolist() == ["cost"]
    assert read == ["cost"]
    with pytest.raises(KeyError, match="lesions"):
        tables["lesions"]
