"""Where a plug-in is found, and the one line that says why it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.plugins.places import PluginError, find, modules_of


@pytest.fixture
def files(project: Path) -> Path:
    """A package with a module and a deeper package, a file, and a folder without `__init__.py`."""
    for name in (
        "pack/__init__.py",
        "pack/nets.py",
        "pack/deep/__init__.py",
        "pack/deep/er.py",
        "single.py",
        "loose/a.py",
    ):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).touch()
    (project / "notes.txt").touch()
    (project / "empty").mkdir()
    (project / "with-dash.py").touch()
    return project


@pytest.mark.parametrize(
    ("named", "module"),
    [
        ("pack", "pack"),
        ("pack.nets", "pack.nets"),
        ("pack.deep.er", "pack.deep.er"),
        ("single", "single"),
        ("./single.py", "single"),
        ("single.py", "single"),
        ("pack/nets.py", "pack.nets"),
        ("pack/deep/er.py", "pack.deep.er"),
        ("pack/__init__.py", "pack"),
        ("./pack", "pack"),
        ("./pack/deep", "pack.deep"),
        ("loose/a.py", "a"),
        ("loose", "loose"),
    ],
)
def test_a_plug_in_is_found_by_name_and_by_path(files: Path, named: str, module: str) -> None:
    place = find(named)
    assert place.module == module
    assert place.folder == (files / "loose" if named == "loose/a.py" else files)
    assert place.source.exists()


@pytest.mark.parametrize(
    ("named", "line"),
    [
        ("nowhere.at.all", "no module nowhere is installed or stands in "),
        ("pack.nest", r"there is no module pack\.nest; did you mean pack\.nets\? \(pack has deep, nets\)"),
        ("pack.deep.x", r"there is no module pack\.deep\.x \(pack\.deep has er\)"),
        ("single.x", r"there is no module single\.x \(single is no package with modules\)"),
        ("json.nets", r"there is no module json\.nets"),
        ("./gone.py", "there is no such file or folder"),
        ("./notes.txt", r"neither a \.py file nor the folder of a package"),
        ("./empty", r"the folder has no \.py files"),
        ("./with-dash.py", "'with-dash' is no name of a module; name a module as my_package.networks, or the path"),
        ("pack nets", "'pack nets' is no name of a module"),
        ("pack..nets", "'' is no name of a module"),
        ("", "'' is no name of a module"),
        ("zoo.methods.resnet", "zoo is a package of the suite itself; give yours another name"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(files: Path, named: str, line: str) -> None:
    with pytest.raises(PluginError, match=f"^plug-in {named}: .*{line}") as raised:
        find(named)
    assert "\n" not in str(raised.value)


def test_a_path_that_is_gone_may_have_been_any_module_at_its_end() -> None:
    assert {"nets", "pack.nets"} <= {*modules_of("/somewhere/pack/nets.py")}
    assert modules_of("pack.nets") == ("pack.nets",)
