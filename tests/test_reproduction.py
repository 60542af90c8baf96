"""The check that the quick study can be reproduced, on less of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.benchmarks.cases import EVALUATION, RECIPE
from tests.reproduction import Irreproducible, check_equal, reproduce, timeless

STUDY = {
    "dataset": "mnist5k[train=256, test=100]",
    "methods": ["resnet", "adanet"],
    "static_curve": [],
    "recipe": RECIPE | {"epochs": 1},
    "evaluation": EVALUATION
    | {
        "latency": {"seconds": 0.05, "batch_sizes": [1], "engines": []},
        "energy": None,
        "attacked_latency": None,
        "fidelity": None,
    },
}
"""Two networks and a few images."""


def stored(folder: Path, **contents: str) -> Path:
    """The results of a study with one record of some files."""
    record = folder / "models" / "resnet-0"
    record.mkdir(parents=True)
    for name, content in contents.items():
        (record / name.replace("_", ".")).write_text(content)
    return folder


def test_files_with_times_may_differ(tmp_path: Path) -> None:
    one = stored(tmp_path / "one", accuracy_parquet="same", latency_parquet="1 ms", config_yaml="today")
    other = stored(tmp_path / "other", accuracy_parquet="same", latency_parquet="2 ms", config_yaml="later")
    assert check_equal(one, other) == 1


@pytest.mark.parametrize("contents", [{"accuracy_parquet": "other"}, {"ledger_parquet": "same"}, {}])
def test_other_bytes_and_missing_files_are_named(contents: dict[str, str], tmp_path: Path) -> None:
    one, other = stored(tmp_path / "one", accuracy_parquet="same"), stored(tmp_path / "other", **contents)
    with pytest.raises(Irreproducible, match=r"files are not equal: models/resnet-0/accuracy\.parquet"):
        check_equal(one, other)


def test_nothing_is_not_reproduced(tmp_path: Path) -> None:
    with pytest.raises(Irreproducible, match="has no records"):
        check_equal(tmp_path, tmp_path)


@pytest.mark.long
def test_two_networks_are_reproduced_by_ray_and_inline(tmp_path: Path) -> None:
    study = tmp_path / "quick.yaml"
    study.write_text(yaml.safe_dump(STUDY))
    reproduce(tmp_path, study=str(study), reference=False)
    names = {name.rpartition("/")[2] for name in timeless(tmp_path / "ray" / "results" / "quick")}
    assert {"weights.safetensors", "accuracy.parquet", "ledger.parquet", "robustness.parquet"} <= names
