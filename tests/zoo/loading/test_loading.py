"""`zoo.load`: a study's network without its data set, and one line where there is none."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch
import yaml
from torch import Tensor

import zoo
from benchmarks.data import Dataset
from benchmarks.exporting.release import write_release
from benchmarks.measuring import TrainedNetwork
from benchmarks.running.campaign import Campaign
from benchmarks.running.jobs import load_dataset
from benchmarks.running.loaded import load_network
from benchmarks.running.scheduling import InlineScheduler
from tests.benchmarks.cases import DATASET, NOT_MEASURED, ignore, small_campaign, small_study
from zoo.loading.stored import LoadError, label_of
from zoo.methods.randwire.network import RandWireNet

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """Two seeds of two networks of AdaNet and one of an early-exit network; not to be changed."""
    study = small_study(
        "adanet", "adanet[target_rate=0.5]", "branchynet", repetitions=2, recipe={"epochs": 2}, evaluation=NOT_MEASURED
    )
    found = small_campaign(tmp_path_factory.mktemp("results"), study)
    assert not [outcome.error for outcome in found.run(InlineScheduler(), ignore) if outcome.error]
    return found


@pytest.fixture
def root(campaign: Campaign, tmp_path: Path) -> Path:
    """A copy of its directory, to change."""
    return Path(shutil.copytree(campaign.store.root, tmp_path / "small"))


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset(DATASET, None)


def images(digits: Dataset) -> Tensor:
    return next(digits.test.batches(50)).images


def measured(campaign: Campaign, label: str, digits: Dataset) -> TrainedNetwork:
    (record,) = (r for r in campaign.store.records() if r.spec.label == label)
    return load_network(record, digits, CPU)


@pytest.mark.parametrize(
    ("name", "seed", "label"),
    [
        ("adanet", 1, "adanet"),
        ("adanet", 2, "adanet #2"),
        ("adanet[tiny]", 2, "adanet #2"),
        ("adanet #2", 1, "adanet #2"),
        ("adanet[target_rate=0.5]", 1, "adanet[target_rate=0.5]"),
        ("adanet[ tiny, target_rate=.5 ]", 2, "adanet[target_rate=0.5] #2"),
        ("branchynet", 1, "branchynet"),
    ],
)
def test_a_network_is_found_by_every_spelling_and_answers_as_it_was_measured(
    name: str, seed: int, label: str, campaign: Campaign, digits: Dataset
) -> None:
    loaded = zoo.load(campaign.store.root, name, seed=seed)
    expected = measured(campaign, label, digits)
    assert loaded.label == label
    answer = loaded(images(digits))
    with torch.no_grad():
        theirs = expected.net(images(digits), compute="needed")
    torch.testing.assert_close(answer.logits, theirs.logits)
    assert torch.equal(answer.route, theirs.route)
    assert loaded.setting == expected.settings[0]


def test_it_knows_its_task_and_its_classes(campaign: Campaign, digits: Dataset) -> None:
    loaded = zoo.load(campaign.store.root, "adanet")
    assert loaded.task == zoo.Task(shape=(1, 28, 28), classes=10, mean=digits.info.mean, std=digits.info.std)
    assert loaded.class_names == digits.info.classes
    answer = loaded(images(digits))
    assert loaded.names_of(answer) == [digits.info.classes[k] for k in answer.logits.argmax(dim=1).tolist()]
    assert loaded.units == ("stage1.block1", "stage1.block2", *(f"stage{s}.block{b}" for s in (2, 3) for b in (1, 2)))


def test_a_setting_is_chosen_by_name(campaign: Campaign) -> None:
    loaded = zoo.load(campaign.store.root, "branchynet", setting="full")
    assert loaded.setting.name == "full"
    loaded.use(loaded.settings[0].name)
    assert loaded.setting == loaded.settings[0]


@pytest.mark.parametrize("engine", ["torch", "onnxruntime"])
def test_engines_give_the_same_answers(engine: str, campaign: Campaign, digits: Dataset) -> None:
    plain, served = (zoo.load(campaign.store.root, "adanet", engine=chosen) for chosen in (None, engine))  # type: ignore[arg-type]
    torch.testing.assert_close(served(images(digits)).logits, plain(images(digits)).logits, atol=1e-4, rtol=0)
    assert served.units == plain.units


def error_of(*arguments: object, **options: object) -> str:
    with pytest.raises(LoadError) as error:
        zoo.load(*arguments, **options)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)
    return str(error.value)


def test_names_that_do_not_exist_list_those_that_do(campaign: Campaign) -> None:
    root = campaign.store.root
    assert error_of(root, "skipnet").startswith(f"{root} has no network 'skipnet'; valid: 'adanet', 'adanet #2', ")
    assert error_of(root, "adanet", seed=3).startswith(f"{root} has no seed 3 of 'adanet'; valid: ")
    assert error_of(root, "branchynet", setting="best").startswith("branchynet has no setting 'best'; valid: '")
    assert error_of(root, "adanet", seed=0) == "seed counts from 1, not 0"
    with pytest.raises(LoadError, match="branchynet has no setting 'best'"):
        zoo.load(root, "branchynet").use("best")


def test_a_name_of_several_networks_lists_them(root: Path) -> None:
    index = json.loads((root / "networks.json").read_text())
    index["networks"].pop("adanet")
    index["networks"]["adanet[target_rate=0.7]"] = index["networks"].pop("branchynet")
    (root / "networks.json").write_text(json.dumps(index))
    renamed = root / "models" / index["networks"]["adanet[target_rate=0.7]"]
    change(renamed, spec={"method": "adanet", "preset": "tiny", "parameters": {"target_rate": 0.7}, "repetition": 0})
    assert error_of(root, "adanet") == (
        f"'adanet' is the name of 2 networks in {root}; valid: 'adanet[target_rate=0.5]', 'adanet[target_rate=0.7]'"
    )


def change(record: Path, **fields: object) -> None:
    """Change fields of a record's configuration, with its digest; None removes one."""
    config = yaml.safe_load((record / "config.yaml").read_text()) | fields
    text = yaml.safe_dump({name: value for name, value in config.items() if value is not None})
    (record / "config.yaml").write_text(text)
    manifest = json.loads((record / "manifest.json").read_text())
    manifest["files"]["config.yaml"] = hashlib.sha256(text.encode()).hexdigest()
    (record / "manifest.json").write_text(json.dumps(manifest))


def test_a_record_from_before_names_of_classes_says_so(root: Path, digits: Dataset) -> None:
    for record in (root / "models").iterdir():
        change(record, class_names=None)
    loaded = zoo.load(root, "adanet")
    assert loaded.class_names is None
    with pytest.raises(LoadError, match="the record of adanet is older than the names of classes"):
        loaded.names_of(loaded(images(digits)))


def test_without_an_index_labels_are_those_of_the_records(root: Path, campaign: Campaign) -> None:
    (root / "networks.json").unlink()
    assert zoo.load(root, "adanet", seed=2).label == "adanet #2"
    for record in campaign.store.records():
        assert label_of(record.config["spec"]) == record.spec.label


def test_two_records_of_one_label_are_not_guessed_between(root: Path) -> None:
    (first,) = (p for p in (root / "models").glob("branchynet-*") if label_of(spec_of(p)) == "branchynet")
    shutil.copytree(first, root / "models" / "branchynet-0123456789")
    assert zoo.load(root, "branchynet").label == "branchynet"
    (root / "networks.json").unlink()
    assert "has 2 records of branchynet, and no networks.json that says which it shows" in error_of(root, "branchynet")


def spec_of(record: Path) -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load((record / "config.yaml").read_text())["spec"]
    return found


@pytest.mark.parametrize("name", ["config.yaml", "weights.safetensors"])
def test_damaged_files_are_named(name: str, root: Path) -> None:
    for record in (root / "models").iterdir():
        content = bytearray((record / name).read_bytes())
        content[len(content) // 2] ^= 1
        (record / name).write_bytes(content)
    assert f"{name} is damaged, its SHA-256 is not the one in manifest.json" in error_of(root, "adanet")


def test_missing_weights_and_studies_are_named(root: Path, tmp_path: Path) -> None:
    for record in (root / "models").iterdir():
        (record / "weights.safetensors").unlink()
    assert "this record was stored without its weights" in error_of(root, "adanet")
    assert error_of(tmp_path / "nowhere", "adanet").startswith("no results of a study at ")


def test_a_release_file_has_every_network_of_a_study(
    campaign: Campaign, digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "routebench-small.safetensors"
    lines = write_release(campaign.store.root, path)
    assert lines[0].startswith("6 networks, ")
    monkeypatch.setenv("ROUTEBENCH_REFERENCE", str(tmp_path))
    for label in ("adanet", "adanet[target_rate=0.5]", "branchynet"):
        released = zoo.load_reference("small", label, seed=2)
        stored = zoo.load(campaign.store.root, label, seed=2)
        assert torch.equal(released(images(digits)).logits, stored(images(digits)).logits)
        assert (released.task, released.class_names) == (stored.task, stored.class_names)
        assert released.settings == stored.settings


def same_answers(net: zoo.RoutedNet, other: zoo.RoutedNet, batch: Tensor) -> bool:
    """But for rounding: one of them may have another memory format."""
    own, theirs = net(batch).logits, other(batch).logits
    return bool((own - theirs).abs().max() < 1e-5 * theirs.abs().max())


def test_networks_that_drew_their_graph_are_loaded_with_it(
    digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every seed of RandWireNN has another graph, which no parameter names; a new network draws one more."""
    study = small_study("randwire", repetitions=2, recipe={"epochs": 1}, evaluation=NOT_MEASURED)
    campaign = small_campaign(tmp_path / "results", study)
    assert not [outcome.error for outcome in campaign.run(InlineScheduler(), ignore) if outcome.error]
    write_release(campaign.store.root, tmp_path / "routebench-small.safetensors")
    monkeypatch.setenv("ROUTEBENCH_REFERENCE", str(tmp_path))
    graphs = set()
    for seed, record in enumerate(sorted(campaign.store.records(), key=lambda one: one.spec.repetition), start=1):
        expected = load_network(record, digits, CPU).net
        given = f"randwire[tiny, weights={record.path / 'weights.safetensors'}]"
        for net in (
            zoo.load(campaign.store.root, "randwire", seed=seed).net,
            zoo.load_reference("small", "randwire", seed=seed).net,
            zoo.create(given, expected.task).eval(),
        ):
            assert isinstance(net, RandWireNet)
            assert same_answers(net, expected, images(digits))
            graphs.add(net.graphs)
    assert len(graphs) == 2
    study = small_study(given, recipe={"epochs": 1}, evaluation=NOT_MEASURED)
    again = small_campaign(tmp_path / "again", study)
    assert not [outcome.error for outcome in again.run(InlineScheduler(), ignore) if outcome.error]
    (record,) = again.store.records()
    assert same_answers(load_network(record, digits, CPU).net, expected, images(digits))


def test_a_release_file_that_is_missing_says_how_to_make_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LoadError) as error:
        zoo.load_reference("quick", "adanet")
    assert str(error.value) == (
        "routebench-quick.safetensors is missing; it is made from a run of the study: python -m benchmarks.run --study "
        "quick, then python -m benchmarks.release quick --out routebench-quick.safetensors"
    )


def load_all(path: Path, labels: list[str]) -> None:
    for label in labels:
        zoo.load_reference("small", label, file=path)


def test_a_damaged_release_file_is_refused(campaign: Campaign, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    write_release(campaign.store.root, path)
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    with pytest.raises(LoadError, match="is damaged: the weights of"):
        load_all(path, [spec.label for spec in campaign.specs])
    path.write_bytes(b"nothing")
    with pytest.raises(LoadError, match="is no release file, or damaged"):
        zoo.load_reference("small", "adanet", file=path)
