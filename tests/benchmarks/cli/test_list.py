"""The command that lists what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

import zoo
from benchmarks import data
from benchmarks.list import app
from benchmarks.records import sizes
from benchmarks.study.study import bundled_studies
from zoo import registry

FEW = ("tiny", "small", "resnet-20", "resnet-18")
Invoke = Callable[..., Result]


@pytest.fixture(scope="module")
def show() -> Iterator[Invoke]:
    """Runs the command on a page that is wide enough for every table."""
    runner = CliRunner()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.cli.console.PIPE_WIDTH", 1_000)
        yield lambda *arguments: runner.invoke(app, arguments)


@pytest.fixture(scope="module")
def presets(show: Invoke) -> dict[str, list[str]]:
    """The columns of a few presets of the static network, by name; all of them would take long to build."""
    resnet = zoo.method("resnet")
    few = {name: resnet.presets[name] for name in FEW}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry.METHODS.declared, "resnet", replace(resnet, presets=few))
        lines = show("presets", "--methods", "resnet").stdout.splitlines()
    return {words[0]: words[1:] for words in map(str.split, lines[1:]) if words}


def rows(result: Result) -> list[str]:
    """First word of every line of a table, below its header."""
    return [line.split()[0] for line in result.stdout.splitlines()[1:] if line.strip()]


def test_resnet_20_has_269722_parameters_and_41_million_macs(presets: dict[str, list[str]]) -> None:
    # He et al. 2016, Table 6: 0.27 M parameters; MACs of the 19 convolutions and the classifier, shortcut A
    first = 3 * 16 * 9 * 32**2
    stages = 6 * 16 * 16 * 9 * 32**2 + (16 * 32 + 5 * 32 * 32) * 9 * 16**2 + (32 * 64 + 5 * 64 * 64) * 9 * 8**2
    assert round((first + stages + 640) / 1e6, 2) == 40.55
    assert presets["resnet[resnet-20]"] == ["3", "x", "32", "x", "32", "10", "9", "269,722", "40.55"]


def test_resnet_18_has_the_size_that_torchvision_states(presets: dict[str, list[str]]) -> None:
    # torchvision's model page: 11689512 parameters, 1.81 GFLOPS, by which it means multiply-accumulates
    assert presets["resnet[resnet-18]"][-2:] == ["11,689,512", "1,814.07"]


def test_the_suites_own_scales_are_quoted_for_digits_and_for_cifar(presets: dict[str, list[str]]) -> None:
    assert presets["resnet[tiny]"][:5] == ["1", "x", "28", "x", "28"]
    assert presets["resnet[small]"][:5] == ["3", "x", "32", "x", "32"]


def test_every_preset_of_a_method_is_listed(presets: dict[str, list[str]]) -> None:
    assert list(presets) == [f"resnet[{preset}]" for preset in FEW]


def test_every_method_is_listed(show: Invoke) -> None:
    assert rows(show("methods")) == list(zoo.list_methods())


def test_a_wildcard_chooses_methods(show: Invoke) -> None:
    assert rows(show("methods", "--methods", "ada*")) == ["adanet"]


def test_a_method_has_its_parameters_with_defaults_and_its_citation(show: Invoke) -> None:
    line = show("methods", "--methods", "adanet").stdout.splitlines()[1]
    assert "target_rate=0.6" in line
    assert "arXiv:1711.11503" in line


def test_a_method_has_its_settings_in_its_own_words(show: Invoke) -> None:
    assert zoo.method("adanet").settings() in show("methods", "--methods", "adanet").stdout
    assert "one only" in show("methods", "--methods", "resnet").stdout


def test_sizes_are_listed_beside_the_published_ones_with_the_reason_where_they_differ(show: Invoke) -> None:
    lines = show("fidelity", "--methods", "cliquenet").stdout.splitlines()
    # Yang et al. 2018: 0.94 M and 0.91 G, by which they mean two operations per multiply-accumulate
    (printed,) = (line for line in lines if "[k36-t12]" in line and "Yang" in line)
    figure, parameters, _, macs, agrees = printed.split()[-5:]
    assert (figure, parameters, macs[:5], agrees) == ("940,000", "935,994", "455.1", "yes")
    (other,) = (line for line in lines if "[k150-t30-abc]" in line)
    assert "no: figures from memory" in other


def test_every_data_set_is_listed(show: Invoke) -> None:
    assert rows(show("datasets")) == list(data.names())


def test_every_study_is_listed_with_its_selectors(show: Invoke) -> None:
    shown = show("studies")
    assert rows(shown) == list(bundled_studies())
    assert "adanet[convnet-aig-110]" in shown.stdout


def test_without_an_argument_everything_is_listed(show: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    for slow in ("preset", "fidelity"):
        monkeypatch.setattr(
            f"benchmarks.cli.listing.{slow}_table", lambda names, what=slow: f"{what} of {', '.join(names)}"
        )
    shown = show("--methods", "adanet").stdout
    for expected in ("citation", "preset of adanet", "fidelity of adanet", "mnist5k", "quick"):
        assert expected in shown


def test_an_unknown_method_is_one_line_and_status_2(show: Invoke) -> None:
    result = show("methods", "--methods", "zzz")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == f"error: no method matches 'zzz'; valid: {', '.join(zoo.list_methods())}\n"


def test_something_that_cannot_be_listed_is_status_2_and_names_what_can(show: Invoke) -> None:
    result = show("colours")
    assert result.exit_code == 2
    assert "'methods', 'presets', 'fidelity', 'datasets', 'studies'" in result.stderr
    assert "Traceback" not in result.stderr


def test_recounting_says_how_many_rows_changed_and_lists_nothing(show: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "recount", lambda: (2, 157))
    assert show("--recount").stdout == f"2 of 157 rows of {sizes.FILE} changed\n"


@pytest.mark.parametrize("arguments", [("presets",), ("--methods", "resnet")])
def test_recounting_takes_no_other_argument(arguments: tuple[str, ...], show: Invoke) -> None:
    result = show("--recount", *arguments)
    assert result.exit_code == 2
    assert result.stderr == "error: --recount counts every preset; leave the other arguments out\n"


def test_the_help_has_an_example_of_everything() -> None:
    for parameter in get_command(app).params:
        if parameter.name != "help":
            assert "Example: " in str(getattr(parameter, "help", "")), parameter.name
