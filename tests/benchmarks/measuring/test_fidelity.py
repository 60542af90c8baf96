"""Published sizes as a table."""

from __future__ import annotations

from benchmarks.measuring.fidelity import comparison_table


def test_a_table_has_a_row_per_comparison_and_numbers_where_it_says_something() -> None:
    frame = comparison_table("adanet", "convnet-aig-*110*")
    assert frame["preset"].tolist() == ["convnet-aig-110"] * 3 + ["convnet-aig-110-c100"]
    assert frame["parameters"].tolist() == [1.78e6, 1.78e6, 1_766_630, 1_772_480]
    assert frame["macs"].isna().tolist() == [True, False, False, False]


def test_a_method_without_figures_has_an_empty_table() -> None:
    assert comparison_table("resnet", "tiny").empty
