"""Whatever is typed or written by mistake or malice: one line on standard error, status 2, nothing left behind."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from benchmarks import list as listing
from benchmarks import report
from benchmarks.cli import command
from benchmarks.cli.main import application
from benchmarks.data import DataCorrupt
from benchmarks.records.files import write_yaml
from benchmarks.study.study import load_study

RUNNER = CliRunner(env={"COLUMNS": "200", "TERMINAL_WIDTH": "120"})
DEEP = 5_000
"""Brackets in brackets: more than any parser descends."""
LAUGHS = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nmethods: [*c, *c]\n"
"""Doubles with every line: a billion of them fit a page."""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder in which nothing is trained."""

    def refuse(*arguments: object) -> int:
        raise AssertionError("training began")

    monkeypatch.setattr("benchmarks.cli.execution.execute", refuse)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a file").write_text("of mine")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder, folders too."""
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


def refused(house: Path, *arguments: str, app: Any = command.app) -> str:
    """The one line of a command that is refused and leaves the working folder as it was."""
    before = contents(house)
    result = RUNNER.invoke(app, ["--scheduler", "inline", *arguments] if app is command.app else list(arguments))
    assert contents(house) == before
    return line_of(result)


def line_of(result: Result) -> str:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert len(result.stderr) < 700
    return result.stderr.removeprefix("error: ").removesuffix("\n")


def option(value: object) -> str:
    """A case's name: what was typed, shortened."""
    return " ".join(value)[:60] if isinstance(value, list) else str(value)[:40]


OPTIONS: list[tuple[list[str], str]] = [
    (["--methods", ""], "methods: none chosen; valid: all, resnet"),
    (["--methods", ","], "methods: none chosen"),
    (["--methods", "resnet["], "--methods: brackets do not match"),
    (["--methods", "resnet]"], "brackets do not match"),
    (["--methods", "resnet[tiny, tiny]"], "'tiny' stands where parameter=value should"),
    (["--methods", "resnet[huge]"], "unknown preset of resnet 'huge'"),
    (["--methods", "resnet[tiny](1)"], "cannot read"),
    (["--methods", "resnet\nadanet"], "cannot read"),
    (["--methods", "zzz*"], "no method matches 'zzz*'; valid: resnet"),
    (["--methods", "[tiny]"], "cannot read"),
    (["--methods", "resnet[=3]"], "unknown parameter of resnet ''"),
    (["--methods", "adanet[target_rate=.5, target_rate=.6]"], "'target_rate' is given twice"),
    (["--methods", "adanet[target_rate=1e999]"], "valid: finite numbers"),
    (["--methods", "adanet[target_rate=(.5, -1e999, .5)]"], "valid: finite numbers"),
    (["--methods", "adanet[target_rate=nan]"], "adanet[target_rate=nan]"),
    (["--methods", "adanet[target_rate=.nan]"], "adanet[target_rate=.nan]"),
    (["--methods", "adanet[target_rate=b'1']"], "valid: finite numbers"),
    (["--methods", f"adanet[target_rate={'(' * DEEP}{')' * DEEP}]"], "adanet"),
    (["--methods", f"adanet[target_rate={'-' * 100 * DEEP}1]"], "nested too deeply"),
    (["--methods", "[" * DEEP], "brackets do not match"),
    (["--methods", f"adanet[target_rate={'9' * DEEP}]"], "target_rate"),
    (["--methods", "resnet[colour=red]"], "unknown parameter of resnet 'colour'"),
    (["--dataset", ""], "dataset: cannot read ''"),
    (["--dataset", "mnist5k["], "dataset: cannot read"),
    (["--dataset", "mnist5k[train=0.5]"], "option train of mnist5k must be int, not 0.5"),
    (["--dataset", "mnist5k[train=True]"], "option train of mnist5k must be int, not True"),
    (["--dataset", "mnist5k[train='64']"], "option train of mnist5k must be int, not '64'"),
    (["--dataset", "mnist5k[train=]"], "option train of mnist5k must be int, not ''"),
    (["--dataset", "mnist5k[train=-1]"], "option train of mnist5k must be at least 1, not -1"),
    (["--dataset", "mnist5k[train=0]"], "option train of mnist5k must be at least 1, not 0"),
    (["--dataset", "mnist5k[test=1e999]"], "option test of mnist5k must be int, not inf"),
    (["--dataset", "mnist5k[test=nan]"], "option test of mnist5k must be int, not 'nan'"),
    (["--dataset", "mnist5k[test=[1]]"], "option test of mnist5k must be int"),
    (["--dataset", "mnist5k[test=1_000_000_000]"], "mnist5k has 1000 test samples"),
    (["--dataset", "mnist5k[train=64, train=64]"], "'train' is given twice"),
    (["--dataset", "mnist5k[colour=1]"], "unknown option of mnist5k 'colour'"),
    (["--dataset", f"mnist5k[train={'[' * DEEP}{']' * DEEP}]"], "option train of mnist5k must be int"),
    (["--dataset", "imagefolder[crop='64']"], "option crop of imagefolder must be int, not '64'"),
    (["--dataset", "imagefolder[size=64]"], "unknown option of imagefolder 'size'"),
    (["--dataset", "imagefolder[crop=0]"], "crop of imagefolder must be at least 1"),
    (["--dataset", "imagefolder[crop=1e999]"], "option crop of imagefolder must be int, not inf"),
    (["--dataset", "imagefolder[resize=32, crop=64]"], "crop of imagefolder must be at most resize, 32, not 64"),
    (["--dataset", "parquet"], "parquet: where? give a whole path, parquet[path=/DIR], or --data-root DIR"),
    (["--dataset", "parquet[path=nowhere]"], "parquet: where? give a whole path"),
    (["--dataset", "parquet[path=/nowhere]"], "parquet: /nowhere is not there; needed: *.parquet with train"),
    (["--dataset", "parquet[path=2019]"], "option path of parquet must be str, not 2019"),
    (["--dataset", "parquet[path=~nobody-of-that-name]"], "parquet: path=~nobody-of-that-name"),
    (["--dataset", f"parquet[path=/{'x' * 300}]"], "File name too long"),
    (["--dataset", "parquet[validation_share=1]"], "validation_share of parquet must be above 0 and below 1, not 1"),
    (["--dataset", "parquet[validation_share=nan]"], "option validation_share of parquet must be float, not 'nan'"),
    (["--dataset", "parquet[validation=0.1]"], "unknown option of parquet 'validation'; did you mean validation_share"),
    (["--dataset", "parquet[test_share=-1e999]"], "test_share of parquet must be above 0 and below 1, not -inf"),
    (["--dataset", "parquet[split_seed=-1]"], "split_seed of parquet must be at least 0"),
    (["--dataset", "parquet[channels=4]"], "channels of parquet must be 1 or 3, not 4"),
    (["--dataset", "parquet[mean=128]"], "mean of parquet must be a number per channel from 0 to 1, not 128"),
    (["--dataset", "parquet[std=[.2, .2]]"], "std of parquet must be a number per channel"),
    (["--dataset", "parquet[std=0]"], "std of parquet must be a number per channel from 1e-06 to 1, not 0"),
    (["--dataset", "parquet[flip=1]"], "option flip of parquet must be bool, not 1"),
    (["--dataset", "npz[path=/proc/self/status]"], "/proc/self/status cannot be read as arrays of NumPy"),
    (["--dataset", "cifar-batches[path=/proc/self]"], "/proc/self has no data_batch_* and no train"),
    (["--dataset", "torchvision"], "unknown dataset of torchvision ''"),
    (["--dataset", "torchvision[SVHN]"], "cannot read"),
    (["--dataset", "torchvision[dataset=Sintel]"], "torchvision: Sintel is read from a folder: give --data-root DIR"),
    (["--dataset", "torchvision[dataset=FakeData, arguments=3]"], "option arguments of torchvision must be dict"),
    (["--dataset", "torchvision[dataset=FakeData, arguments={'colour': 1}]"], "does not take these arguments"),
    (["--dataset", "huggingface"], "huggingface: say which repository"),
    (["--dataset", "cifar10-jpeg"], "cifar10-jpeg is read from a folder: give --data-root DIR or set ROUTEBENCH_DATA"),
    (["--dataset", "tiny-imagenet"], "tiny-imagenet is read from a folder: give --data-root DIR"),
    (["--dataset", "imagenette"], "imagenette: where? give a whole path, imagenette[path=/DIR]"),
    (["--dataset", "cifar10[download=yes]"], "option download of cifar10 must be bool, not 'yes'"),
    (["--preset", "huge"], "no chosen method has the preset 'huge'; valid for all of them: tiny, small; "),
    (["--preset", ""], "preset: String should have at least 1 character"),
    (["--epochs", "0"], "recipe.epochs"),
    (["--epochs", "-3"], "recipe.epochs"),
    (["--epochs", "1000000000000"], "recipe.epochs"),
    (["--repetitions", "0"], "repetitions"),
    (["--repetitions", "1000000000"], "repetitions"),
    (["--seed", "-1"], "seed"),
    (["--seed", str(2**63)], "seed"),
    (["--seed", "9" * 400], "seed"),
    (["--name", ""], "name"),
    (["--name", ".."], "name"),
    (["--name", "a/b"], "name"),
    (["--name", "/tmp/x"], "name"),
    (["--name", "a\nb"], "name"),
    (["--name", "x" * 300], "name"),
    (["--device", "tpu"], "--device: 'tpu' is not available here; valid: cpu"),
    (["--device", ""], "--device: ''"),
    (["--cpus-per-job", "nan"], "--cpus-per-job: nan"),
    (["--cpus-per-job", "inf"], "--cpus-per-job: inf"),
    (["--cpus-per-job", "inf", "--ray-address", "10.0.0.1:6379"], "--cpus-per-job: inf"),
    (["--cpus-per-job", "0"], "--cpus-per-job: 0.0 must be above 0"),
    (["--cpus-per-job", "1e9"], "--cpus-per-job: 1000000000.0 is more than"),
    (["--gpus-per-job", "-1"], "--gpus-per-job: -1.0"),
    (["--gpus-per-job", "nan"], "--gpus-per-job: nan"),
    (["--processes", "0"], "options: processes: Input should be greater than or equal to 1"),
    (["--processes", "3"], "resnet: processes: 3 cannot share a batch of "),
    (["--processes", "2", "--scheduler", "inline"], "processes: 2 processes train a network under Ray only"),
    (["--time-on", "10.0.0.7"], "--time-on: chooses a machine of a cluster; it needs --ray-address"),
    (["--time-on", " ", "--ray-address", "10.0.0.1:6379"], "--time-on: names no machine"),
    (["--time-limit", "0"], "--time-limit: 0.0 must be above 0"),
    (["--time-limit", "nan"], "--time-limit: nan must be above 0"),
    (["--results", "a file"], "--results: a file is not a folder"),
    (["--results", "a file/below"], "--results: a file is not a folder"),
    (["--reports", "a file"], "--reports: a file is not a folder"),
    (["--reports", "a file/below/it"], "--reports: a file is not a folder"),
    (["--out", "a file"], "--out: a file is not a folder"),
    (["--out", "a file/below/it"], "--out: a file is not a folder"),
    (["--out", "here", "--reports", "there"], "--out and --reports both say where the page goes"),
    (["--results", "x" * 300], "--results: "),
    (["--results", "/proc/nowhere"], "--results: /proc/nowhere"),
    (["--tensorboard", "a file"], "--tensorboard: a file is not a folder"),
    (["--mlflow", "a file/below"], "--mlflow: a file is not a folder"),
    (["--ray-address", "head"], "--ray-address head: must be HOST:PORT, as in 10.0.0.1:6379"),
    (["--ray-address", "10.0.0.1:99999"], "--ray-address 10.0.0.1:99999: must be HOST:PORT"),
    (["--ray-address", "http://10.0.0.1:6379"], "must be HOST:PORT"),
    (["--evaluators", "accuracies"], "--evaluators: unknown evaluator 'accuracies'"),
    (["--data-root", "nowhere"], "--data-root: nowhere is not there"),
    (["--data-root", "a file"], "--data-root: a file is not a folder"),
    (["--data-root", "~nobody-of-that-name/data"], "--data-root: ~nobody-of-that-name/data"),
    (["--study", ""], "no study ''; valid: detection, inside, paper-cifar100, paper-imagenet"),
    (["--study", "."], "no study '.'; valid: detection"),
    (["--study", "nowhere.yaml"], "no study 'nowhere.yaml'"),
    (["--study", "x" * DEEP], "no study"),
    (["--study", "a file"], "a file: a study is a mapping of fields; valid: name, title"),
]


@pytest.mark.parametrize(("arguments", "expected"), OPTIONS, ids=option)
def test_a_hostile_option_is_one_line(arguments: list[str], expected: str, house: Path) -> None:
    assert expected in refused(house, *arguments)


STUDIES: list[tuple[str | bytes, str]] = [
    ("evaluation: {robustness: {epsilons: [.nan]}}", "evaluation.robustness.epsilons.0: "),
    ("evaluation: {robustness: {epsilons: [0.1, 1e999]}}", "evaluation.robustness.epsilons.1: "),
    ("evaluation: {robustness: {epsilons: [0.1, 0.1]}}", "evaluation.robustness.epsilons: epsilons must differ"),
    ("evaluation: {robustness: {epsilons: .inf}}", "evaluation.robustness.epsilons: "),
    ("evaluation: {latency: {batch_sizes: [8, 8]}}", "evaluation.latency.batch_sizes: batch_sizes must differ"),
    ("evaluation: {energy: {batch_sizes: [8, 1, 8]}}", "evaluation.energy.batch_sizes: batch_sizes must differ"),
    ("evaluation: {latency: {batch_sizes: [1.5]}}", "evaluation.latency.batch_sizes.0: "),
    ("evaluation: {latency: {seconds: .inf}}", "evaluation.latency.seconds: "),
    ("evaluation: {accuracy: null}", "evaluation.accuracy: no such field; valid: cost, fidelity"),
    ("evaluation: null", "evaluation: "),
    ("recipe: {lr: .inf}", "recipe.lr: "),
    ("processes: 1.5", "processes: "),
    ("methods: [{name: resnet, processes: 0}]", "processes: Input should be greater than or equal to 1"),
    ("{processes: 2, recipe: {compile: true}}", "leave out compile or processes"),
    ("{processes: 2, methods: ['stochastic_depth[mode=row]']}", "drop them per batch"),
    ("recipe: {lr: .nan}", "recipe.lr: "),
    ("recipe: {lr: 1e999}", "recipe.lr: "),
    ("recipe: {lr: '1e999'}", "recipe.lr: "),
    ("recipe: {weight_decay: .inf}", "recipe.weight_decay: "),
    ("recipe: {milestones: [.nan]}", "recipe.milestones.0: "),
    ("recipe: {milestones: [0.5, 0.5]}", "recipe.milestones: milestones must be increasing"),
    ("recipe: {milestones: [0.75, 0.5]}", "recipe.milestones: milestones must be increasing"),
    ("recipe: {milestones: [0, 0.5]}", "recipe.milestones: milestones must be increasing"),
    ("recipe: {milestones: [0.5, 1]}", "recipe.milestones: milestones must be increasing"),
    ("recipe: {momentum: 0}", "recipe: nesterov needs a momentum above 0"),
    ("methods: [.nan]", "methods: entry 1: "),
    ("methods: ['adanet[target_rate=1e999]']", "valid: finite numbers"),
    ("methods: ['adanet[target_rate=.5, target_rate=.6]']", "'target_rate' is given twice"),
    ("methods: {resnet: tiny}", "methods: "),
    ("dataset: 'mnist5k[train=0.5]'", "option train of mnist5k must be int, not 0.5"),
    ("dataset: 5", "dataset: "),
    ("name: ../up", "name: "),
    ("seed: 0x_", "not valid YAML"),
    ("seed: 2026-13-45", "not valid YAML: month must be in 1..12"),
    (f"seed: {'9' * DEEP}", "mine.yaml: "),
    ("1: 2", "mine.yaml: 1: "),
    ("? [a, b]\n: c", "not valid YAML"),
    ("? a\n  b\n: c", "no such field"),
    ('"a\\nb": c', "a b: no such field"),
    ("seed: 1\nrecipe: {}\nseed: 2", "line 3: 'seed' is there already, in line 1"),
    ("recipe:\n  epochs: 3\n  lr: 0.1\n  epochs: 4", "line 4: 'epochs' is there already, in line 2"),
    ("recipe: {epochs: 3, 'epochs': 4}", "line 1: 'epochs' is there already, in line 1"),
    ("seed: 1\n---\nseed: 2", "expected a single document"),
    (LAUGHS, "line 1: anchors and aliases such as &x and *x are not read; write the values out"),
    ("seed: &x 1", "line 1: anchors and aliases"),
    ("seed: *x", "line 1: anchors and aliases"),
    ("a: &a [*a]", "line 1: anchors and aliases"),
    ("<<: {seed: 1}\nrecipe:\n  <<: *x", "line 3: anchors and aliases"),
    ("seed: !!python/object/apply:os.system [ls]", "line 1: tags such as 'tag:yaml.org,2002:python/object/apply"),
    ("seed: !!bool maybe", "line 1: tags such as 'tag:yaml.org,2002:bool'"),
    ("title: !mine x", "line 1: tags such as '!mine'"),
    (f"methods: {'[' * DEEP}{']' * DEEP}", "nested too deeply"),
    (f"{'{a: ' * DEEP}", "mine.yaml: not valid YAML"),
    ("- " * DEEP + "x", "nested too deeply"),
    ("[resnet]", "a study is a mapping of fields; valid: name, title"),
    ("resnet", "a study is a mapping of fields"),
    ("", "a study is a mapping of fields"),
    ("# nothing\n", "a study is a mapping of fields"),
    ("seed: 1\n\tname: x", "not valid YAML"),
    (b"\xff\xfe\x00", "not valid YAML: not UTF-8 at byte 0"),
    (b"title: caf\xe9", "not valid YAML: not UTF-8 at byte 10"),
    (b"title: a\x00b", "not valid YAML"),
    (b"#" * (2**20 + 1), "larger than 1 MiB"),
]


@pytest.mark.parametrize(("content", "expected"), STUDIES, ids=option)
def test_a_hostile_study_is_one_line(content: str | bytes, expected: str, house: Path) -> None:
    path = house / "mine.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert expected in refused(house, "--study", "mine.yaml")


def test_a_byte_order_mark_is_no_part_of_a_study(house: Path) -> None:
    (house / "mine.yaml").write_bytes(b"\xef\xbb\xbfseed: 7\n")
    assert load_study("mine.yaml").seed == 7


def test_a_file_that_cannot_be_read_is_named(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (house / "mine.yaml").write_text("seed: 1\n")

    def refuse(path: Path, *arguments: object) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr("benchmarks.study.files.Path.open", refuse)
        line = line_of(RUNNER.invoke(command.app, ["--study", "mine.yaml"]))
    assert line == "mine.yaml: cannot be read: Permission denied"


def test_a_study_that_is_a_folder_is_no_study(house: Path) -> None:
    (house / "mine.yaml").mkdir()
    assert "no study 'mine.yaml'" in refused(house, "--study", "mine.yaml")


@pytest.mark.parametrize("name", ["thesis.tex", "study.yaml", "models"])
def test_results_of_something_else_are_left_alone(name: str, house: Path) -> None:
    place = house / "results" / "quick"
    place.mkdir(parents=True)
    (place / name).write_text("mine: 1")
    assert "--results: " in refused(house)


def test_a_file_of_that_name_which_is_no_study_is_left_alone(house: Path) -> None:
    place = house / "results" / "quick"
    place.mkdir(parents=True)
    (place / "study.yaml").write_text("[")
    assert "holds 'study.yaml' and no study; choose another folder or --name" in refused(house)


def test_a_folder_in_the_place_of_the_page_is_named(house: Path) -> None:
    (house / "reports" / "quick" / "index.html").mkdir(parents=True)
    assert "--out: reports/quick/index.html is a folder" in refused(house)


def test_a_link_to_nowhere_is_no_folder(house: Path) -> None:
    (house / "results").symlink_to("nowhere")
    assert refused(house) == "--results: results is not a folder"


@pytest.mark.parametrize(("where", "own"), [("--results", "/quick"), ("--reports", "/quick"), ("--out", "")])
def test_a_folder_that_takes_no_files_is_named(
    where: str, own: str, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (house / "locked").mkdir()

    def refuse(folder: Path) -> None:
        if folder.name == "locked":
            raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr("benchmarks.cli.folders.probe", refuse)
    line = refused(house, where, "locked/below")
    assert line.startswith(f"{where}: locked/below{own}")
    assert line.endswith("cannot be written: Permission denied")


@pytest.mark.parametrize(
    "error",
    [
        OSError(5, "Input/output error"),
        ConnectionError("the network is\nunreachable"),
        PermissionError(13, "Permission denied", "train/cat"),
        DataCorrupt("digits.gz is damaged"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_data_that_cannot_be_had_are_one_line(error: Exception, house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise error

    monkeypatch.setattr("benchmarks.running.campaign.load_dataset", fail)
    assert refused(house) == " ".join(str(error).split())


@pytest.mark.parametrize("error", [TypeError, AssertionError, ZeroDivisionError, KeyError])
def test_a_mistake_of_ours_shows_where_it_is(
    error: type[Exception], house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise error("ours")

    monkeypatch.setattr("benchmarks.running.campaign.load_dataset", fail)
    assert isinstance(RUNNER.invoke(command.app, []).exception, error)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nowhere"], "nowhere is missing"),
        (["a file"], "a file is missing"),
        (["nowhere", "--out", "a file"], "--out: a file is not a folder"),
        (["nowhere", "--out", "a file/below"], "--out: a file is not a folder"),
        (["nowhere", "--out", "here", "--reports", "there"], "--out and --reports both say where the page goes"),
        (["x" * 300], "File name too long"),
    ],
    ids=option,
)
def test_a_hostile_report_is_one_line(arguments: list[str], expected: str, house: Path) -> None:
    assert expected in refused(house, *arguments, app=report.app)


def test_results_that_are_nested_without_end_are_one_line(house: Path) -> None:
    (house / "deep").mkdir()
    (house / "deep" / "study.yaml").write_text("[" * DEEP + "]" * DEEP)
    refused(house, "deep", app=report.app)


@pytest.mark.parametrize("pattern", ["", "zzz*", "[", "*" * 50 + "z"])
def test_a_hostile_wildcard_is_one_line(pattern: str, house: Path) -> None:
    assert "no method matches" in refused(house, "methods", "--methods", pattern, app=listing.app)


@pytest.mark.parametrize(
    "arguments",
    [
        *(["--epochs", "many"], ["--epochs", "1e3"], ["--epochs"], ["--seed", "0x7"], ["--repetitions", "nan"]),
        *(["--cpus-per-job", "two"], ["--gpus-per-job", ""], ["--scheduler", "cron"], ["--fast"], ["resnet"]),
    ],
    ids=option,
)
def test_a_flag_of_the_wrong_type_is_one_line(arguments: list[str], house: Path) -> None:
    assert refused(house, *arguments).endswith("; --help shows what there is")


@pytest.fixture
def studies(house: Path) -> Path:
    """A working folder with what may lie below `results/`: studies without records, damaged ones, and a stray file."""
    write_yaml(house / "results" / "plain" / "study.yaml", {"format": 2, "name": "plain"})
    sealed = (house / "results" / "plain" / "study.yaml").read_bytes()
    for name, content in {
        **{"changed": sealed.replace(b"plain", b"plane"), "cut": sealed[:9], "empty": b"", "binary": b"format: \xff"},
        **{"older": b"format: 1\n"},
    }.items():
        (house / "results" / name).mkdir()
        (house / "results" / name / "study.yaml").write_bytes(content)
    (house / "results" / "folder" / "study.yaml").mkdir(parents=True)
    (house / "results" / "nothing").mkdir()
    return house


OF_A_STUDY = {
    "report": "report results/{}",
    "compare": "compare {} plain",
    "reproduce": "reproduce {}",
    "export": "export {} resnet --out net",
    "transfer": "transfer {}",
    "status": "status {}",
}


@pytest.mark.parametrize("verb", OF_A_STUDY)
@pytest.mark.parametrize("name", ["changed", "cut", "empty", "binary", "older", "folder", "nothing", "nowhere"])
def test_a_damaged_study_is_one_line(name: str, verb: str, studies: Path) -> None:
    verb, *arguments = OF_A_STUDY[verb].format(name).split()
    assert name in refused(studies, *arguments, app=application(verb))


VERBS: list[tuple[str, str]] = [
    ("status plain", "results/plain has no plan of a run"),
    ("status plain plain", "unexpected extra argument"),
    ("status --watch nowhere", "nowhere is missing"),
    ("export plain", "Missing"),
    ("export plain resnet --out 'a file'", "--out: a file is not a folder"),
    ("export plain resnet --out 'a file/x'", "--out: a file is not a folder"),
    ("export plain resnet --out results", "--out: results holds"),
    ("export plain resnet --out net --data-root nowhere", "--data-root: nowhere is not there"),
    ("export plain zzz --out net", "results/plain has no trained network"),
    ("transfer plain --epsilon 0", "--epsilon: 0.0 must be above 0"),
    ("transfer plain --epsilon nan", "--epsilon: nan must be above 0"),
    ("transfer plain --epsilon 2", "--epsilon: 2.0 must be above 0 and at most 1"),
    ("transfer plain --samples 0", "'--samples'"),
    ("transfer plain --steps many", "'--steps'"),
    ("transfer plain --out results", "--out: results is a folder"),
    ("transfer plain --device tpu", "--device: 'tpu' is not available here"),
    ("tune --trials 1", "'--trials'"),
    ("tune --methods zzz", "unknown method 'zzz'"),
    ("tune --epochs 0", "epochs"),
    ("tune --name ../up", "name"),
    ("tune --results 'a file'", "--results: a file is not a folder"),
    ("tune --ray-address 10.0.0.1", "--ray-address 10.0.0.1: must be HOST:PORT"),
    ("compare plain plain --tolerance-accuracy nan", "--tolerance-accuracy: nan must be at least 0"),
    ("compare plain plain --tolerance-time -1", "--tolerance-time: -1.0 must be at least 0"),
    ("compare plain plain --page results", "--page: results is a folder"),
    ("compare plain plain --json 'a file/x'", "--json: a file is not a folder"),
    ("compare plain", "Missing"),
    ("reproduce plain --into 'a file'", "a file"),
    ("reproduce plain --device tpu", "--device: 'tpu'"),
    ("reproduce plain --time-limit 0", "--time-limit: 0.0 must be above 0"),
    ("report results/plain --images some", "'--images'"),
    ("list zzz", "'topic'"),
    ("list --recount methods", "--recount counts every preset"),
    ("schema x", "unexpected extra argument"),
    ("speed --only zzz", "'--only'"),
    ("speed --seconds 0", "'--seconds'"),
]


@pytest.mark.parametrize(("typed", "expected"), VERBS, ids=option)
def test_a_hostile_input_of_another_verb_is_one_line(typed: str, expected: str, studies: Path) -> None:
    verb, *arguments = shlex.split(typed)
    assert expected in refused(studies, *arguments, app=application(verb))
