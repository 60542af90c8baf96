"""Names of classes beside the results: of which data, and that a page can trust them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.records.class_names import CLASSES, read_class_names, write_class_names
from benchmarks.records.files import Damaged
from benchmarks.records.identity import data_key
from tests.benchmarks.records.test_sample_images import GREY, bars


def test_names_come_back_in_order_for_the_data_they_are_of(tmp_path: Path) -> None:
    dataset = bars(7)
    assert read_class_names(tmp_path, data_key(dataset)) == ()
    write_class_names(tmp_path, dataset)
    assert read_class_names(tmp_path, data_key(dataset)) == ("dark", "bright")
    assert read_class_names(tmp_path, data_key(bars(9))) == ()
    write_class_names(tmp_path, bars(7, replace(GREY, classes=("night", "day"))))
    assert read_class_names(tmp_path, data_key(dataset)) == ("night", "day")


def test_a_changed_file_is_refused_by_name(tmp_path: Path) -> None:
    write_class_names(tmp_path, bars(7))
    path = tmp_path / CLASSES
    path.write_text(path.read_text().replace("dark", "dork"))
    with pytest.raises(Damaged, match=CLASSES):
        read_class_names(tmp_path, data_key(bars(7)))
    path.write_text(json.dumps({"data": data_key(bars(7)), "classes": "dark"}))
    with pytest.raises(Damaged, match=CLASSES):
        read_class_names(tmp_path, data_key(bars(7)))
