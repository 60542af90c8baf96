"""What Ray's workers are started with: plug-ins, and nothing of the current folder that hides the suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.plugins import travelling
from benchmarks.plugins.places import PluginError
from benchmarks.plugins.travelling import HOLDER, pack
from benchmarks.running.scheduling.workers import PACKAGES, worker_environment


def test_workers_without_plug_ins_need_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (tmp_path, PACKAGES):
        monkeypatch.chdir(folder)
        with worker_environment([]) as environment:
            assert environment is None


@pytest.mark.parametrize("name", ["zoo/", "benchmarks/", "zoo.py"])
def test_a_folder_of_the_users_does_not_hide_the_suite_from_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir() if name.endswith("/") else (tmp_path / name).touch()
    with worker_environment([]) as environment:
        assert environment is not None
        assert [path.name for path in Path(environment["working_dir"]).rglob("*")] == [HOLDER]
        assert environment["env_vars"] == {"PYTHONPATH": str(PACKAGES)}


def test_a_package_travels_whole_and_without_what_python_left_in_it(tmp_path: Path) -> None:
    package = tmp_path / "pack"
    for name in ("__init__.py", "deep/values.csv", "__pycache__/x.pyc", ".git/config"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).touch()
    (tmp_path / "single.py").touch()
    holder = pack([package, tmp_path / "single.py"], tmp_path / "out")
    files = {str(path.relative_to(holder)) for path in holder.rglob("*") if path.is_file()}
    assert files == {"pack/__init__.py", "pack/deep/values.csv", "single.py"}


def test_a_package_with_data_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(travelling, "MAX_BYTES", 2**20)
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "images.npy").write_bytes(bytes(2 * 2**20))
    with pytest.raises(PluginError, match="holds 2 MiB, of which at most 1 travel to workers; keep data outside"):
        pack([tmp_path / "pack"], tmp_path / "out")


def test_two_plug_ins_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").touch()
    with pytest.raises(PluginError, match="another one are called mine; rename one"):
        pack([tmp_path / "a" / "mine.py", tmp_path / "b" / "mine.py"], tmp_path / "out")
