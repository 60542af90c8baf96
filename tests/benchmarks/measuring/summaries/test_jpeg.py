"""Accuracy and cost behind JPEG, worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from benchmarks.measuring.summaries.jpeg import jpeg_columns, jpeg_rates

COLUMNS = ["attack", "quality", "knows", "epsilon", "label", "prediction", "macs"]
TABLE = pd.DataFrame(
    [
        ("none", 0, False, 0.0, 1, 1, 100),
        ("none", 0, False, 0.0, 2, 2, 300),
        ("none", 75, False, 0.0, 1, 1, 100),
        ("none", 75, False, 0.0, 2, 0, 100),
        ("FGSM", 0, False, 0.1, 1, 0, 300),
        ("FGSM", 0, False, 0.1, 2, 2, 300),
        ("FGSM", 75, False, 0.1, 1, 1, 300),
        ("FGSM", 75, False, 0.1, 2, 2, 200),
        ("FGSM", 75, True, 0.1, 1, 0, 400),
        ("FGSM", 75, True, 0.1, 2, 0, 400),
    ],
    columns=COLUMNS,
)


def test_rates_are_shares_of_images_with_their_cost_beside_that_of_clean_uncompressed_ones() -> None:
    rates = jpeg_rates(TABLE)
    assert rates["accuracy"].tolist() == [1.0, 0.5, 0.5, 1.0, 0.0]
    assert rates["relative"].tolist() == pytest.approx([1.0, 0.5, 1.5, 1.25, 2.0])
    assert rates["images"].tolist() == [2] * 5


def test_the_summary_names_quality_attack_radius_and_knowledge() -> None:
    rows = pd.DataFrame({"headline": [True, False]}, index=["knee", "full"])
    columns = jpeg_columns(TABLE, rows)
    assert columns.loc["full"].isna().all()
    assert columns.loc["knee"].to_dict() == {
        "jpeg_0": 1.0,
        "jpeg_75": 0.5,
        "jpeg_0_FGSM_0.1": 0.5,
        "jpeg_75_FGSM_0.1": 1.0,
        "jpeg_75_FGSM_0.1_known": 0.0,
    }
