"""Stored sizes are today's, are used for no other code, and go into no record."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import zoo
from benchmarks.conformance.cases import kinds_of_presets
from benchmarks.measuring import evaluators
from benchmarks.records import code_hashes, sizes
from zoo.network import Task
from zoo.sizing import published_sizes

RENEW = "renew the sizes with: python -m benchmarks.list --recount"
FEW = ("resnet[tiny]", "resnet[resnet-20]", "adanet[small]", "deformable[tiny]", "randwire[tiny]")
COUNTED = {f"{name}[tiny]" for name in zoo.list_methods()} | {str(selector) for selector in kinds_of_presets()}
"""Of presets that differ in numbers alone, the first."""
HEAVY = (
    *("pandas", "pyarrow", "ray", "matplotlib", "seaborn", "foolbox", "fvcore", "networkx", "torchvision"),
    "benchmarks.measuring",
)
TINY = zoo.parse("resnet[tiny]")
DIGITS = sizes.SUITE_TASKS["tiny"]


@pytest.fixture
def fresh_sources() -> Iterator[None]:
    """Sources are read again in the test and after it."""
    code_hashes.clear_caches()
    yield
    code_hashes.clear_caches()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose table may be changed, with no rows yet; the table's path."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "benchmarks" / "records").mkdir(parents=True)
    monkeypatch.setattr(sizes, "FILE", tmp_path / "benchmarks" / "records" / "sizes.json")
    return sizes.FILE


def write(table: Path, **changes: Any) -> None:
    """The row of a tiny ResNet of digits, with these values changed."""
    row = {
        **{"selector": "resnet[tiny]", "shape": [1, 28, 28], "classes": 10, "parameters": 3, "macs": 2, "units": 1},
        **{"linear": None, "version": sizes.version_of(TINY)},
    }
    table.write_text(json.dumps([row | changes]))


def listed_of(method: str) -> list[tuple[zoo.Selector, Task]]:
    return [(selector, task) for selector, task in sizes.listed_presets() if selector.name == method]


@pytest.mark.parametrize("method", zoo.list_methods())
def test_every_preset_is_stored_under_todays_fingerprint(method: str) -> None:
    stored = {key: row.version for key, row in sizes.stored().items() if zoo.parse(key[0]).name == method}
    today = {
        (str(selector), task.shape, task.classes): sizes.version_of(selector) for selector, task in listed_of(method)
    }
    assert stored == today, RENEW


def test_the_rows_are_sorted_one_on_a_line() -> None:
    first, *rows, last = sizes.FILE.read_text(encoding="utf-8").splitlines()
    assert (first, last) == ("[", "]")
    keys = [(row["selector"], row["shape"]) for row in (json.loads(row.removesuffix(",")) for row in rows)]
    assert keys == sorted(keys)
    assert len(keys) == sum(len(zoo.method(name).presets) for name in zoo.list_methods())


@pytest.mark.parametrize(
    ("selector", "task"),
    [
        pytest.param(s, t, id=str(s), marks=() if str(s) in FEW else pytest.mark.long)
        for s, t in sizes.listed_presets()
        if str(s) in COUNTED
    ],
)
def test_a_preset_counted_again_has_the_stored_size(selector: zoo.Selector, task: Task) -> None:
    """One of every kind; that the other rows were made by today's code, fingerprints say above."""
    counted = sizes.count(selector, task)
    assert sizes.stored()[counted.key] == counted, RENEW
    assert sizes.size(selector, task) == zoo.size_of(selector, task)


def test_resnet_20_is_stored_with_the_parameters_of_its_paper() -> None:
    # He et al. 2016, Table 6: 0.27 M; 19 convolutions, their batch norms, and the classifier
    assert sizes.size(zoo.parse("resnet[resnet-20]")).parameters == 269_722


def test_linear_layers_are_stored_where_a_figure_leaves_them_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(published_sizes, "linear_macs")
    assert sizes.linear_macs(zoo.parse("fractalnet[fractalnet-20-c100]")) == 512 * 100


def test_linear_layers_that_are_not_stored_are_counted() -> None:
    selector = zoo.parse("resnet[resnet-20]")
    assert sizes.stored()["resnet[resnet-20]", (3, 32, 32), 10].linear is None
    assert sizes.linear_macs(selector) == 64 * 10


def test_comparisons_with_stored_sizes_are_those_with_counted_ones() -> None:
    for name, presets in (("fractalnet", "fractalnet-20*"), ("adanet", "convnet-aig-110*")):
        stored = published_sizes.compare_sizes(name, presets, size=sizes.size, linear=sizes.linear_macs)
        assert stored == published_sizes.compare_sizes(name, presets) != []


def test_a_stored_size_is_used_under_its_own_fingerprint(checkout: Path) -> None:
    write(checkout)
    assert sizes.size(TINY, DIGITS) == zoo.Size(parameters=3, macs=2, units=1)
    assert sizes.size(zoo.Selector("resnet"), DIGITS).macs == 2  # the preset `tiny`, as everywhere


@pytest.mark.parametrize(
    "changes", [{"version": "0" * 12}, {"shape": [3, 32, 32]}, {"classes": 100}, {"selector": "resnet[small]"}]
)
def test_a_size_of_other_code_or_images_or_another_preset_is_counted(changes: dict[str, Any], checkout: Path) -> None:
    write(checkout, **changes)
    assert sizes.size(TINY, DIGITS) == zoo.size_of(TINY, DIGITS)


def test_parameters_of_ones_own_are_counted(checkout: Path) -> None:
    write(checkout)
    selector = zoo.parse("resnet[tiny, widths=(4, 8, 16)]")
    assert sizes.size(selector, DIGITS) == zoo.size_of(selector, DIGITS)


@pytest.mark.usefixtures("fresh_sources")
@pytest.mark.parametrize("source", ["resnet.py", "layers.py", "counting.py", "shapes.py"])
def test_an_edit_of_the_network_or_of_what_counts_it_changes_the_fingerprint(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sizes.version_of(TINY)
    real = code_hashes._read

    def edited(module: str, path: Path) -> tuple[str, tuple[str, ...]]:
        code, imports = real(module, path)
        return f"{code}{' edited' * (path.name == source)}", imports

    monkeypatch.setattr(code_hashes, "_read", edited)
    code_hashes._closure.cache_clear()
    assert sizes.version_of(TINY) != before


def test_presets_of_other_parameters_have_other_fingerprints() -> None:
    assert sizes.version_of(TINY) != sizes.version_of(zoo.parse("resnet[small]"))


@pytest.mark.parametrize("content", [None, "", "<<<<<<< HEAD\n[]", "{}", "[1]", '[{"selector": "resnet[tiny]"}]'])
def test_a_table_that_cannot_be_read_holds_nothing(content: str | None, checkout: Path) -> None:
    if content is not None:
        checkout.write_text(content)
    assert sizes.stored() == {}
    assert sizes.size(TINY, DIGITS) == zoo.size_of(TINY, DIGITS)


def test_recounting_writes_what_is_listed_and_tells_what_changed(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [(selector, task) for selector, task in sizes.listed_presets() if str(selector) in FEW]
    monkeypatch.setattr(sizes, "listed_presets", lambda: few)
    write(checkout, selector="resnet[gone]")
    assert sizes.recount() == (len(few) + 1, len(few))
    assert sizes.recount() == (0, len(few))
    written = checkout.read_text()
    write(checkout)
    sizes._read.cache_clear()
    assert sizes.recount() == (len(few), len(few))
    assert checkout.read_text() == written


def test_an_installed_package_is_not_changed(checkout: Path) -> None:
    checkout.parents[2].joinpath("pyproject.toml").unlink()
    with pytest.raises(ValueError, match="installed package; recount in a checkout"):
        sizes.recount()
    assert not checkout.exists()


@pytest.mark.parametrize("module", [*(e.module for e in evaluators()), "benchmarks.training.fitting"])
def test_no_record_depends_on_stored_sizes(module: str) -> None:
    assert "benchmarks/records/sizes.py" not in code_hashes.code_hashes([module])


def test_listing_everything_loads_nothing_that_only_measuring_needs() -> None:
    code = f"""
import sys
from benchmarks.list import app
app([], standalone_mode=False)
print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
    for expected in ("resnet[resnet-20]", "He et al.", "mnist5k", "Quick look"):
        assert expected in done.stdout


def test_listing_with_a_renewed_table_counts_no_preset(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError(RENEW)

    monkeypatch.setattr(zoo, "size_of", refuse)
    monkeypatch.setattr(published_sizes, "linear_macs", refuse)
    for name in zoo.list_methods():
        published_sizes.compare_sizes(name, size=sizes.size, linear=sizes.linear_macs)
        for selector, task in listed_of(name):
            sizes.size(selector, task)
