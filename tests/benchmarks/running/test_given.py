"""Networks whose weights are given: loaded and measured, not trained; known by what their files hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import zoo
from benchmarks.cli.trials import search
from benchmarks.records.given import contents_of
from benchmarks.records.record import Record, digest
from benchmarks.records.words import NOT_TRAINED
from benchmarks.reporting import build
from benchmarks.running.campaign import Campaign, RunOptions
from benchmarks.running.jobs import load_dataset
from benchmarks.running.scheduling import InlineScheduler
from benchmarks.study.study import StudyError
from benchmarks.training.tasks import task_of
from tests.benchmarks.cases import DATASET, NOT_MEASURED, ignore, small_campaign, small_study
from zoo.loading.records import networks_of

OWN = """
from torch import nn

from parts import features

def net(num_classes):
    return nn.Sequential(features(), nn.Flatten(), nn.Linear(4, num_classes))
"""
PARTS = """
from torch import nn

def features():
    return nn.Sequential(nn.Conv2d(1, 4, 5, stride=4), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
"""
TASK = task_of(load_dataset(DATASET, None).info)


def saved(path: Path, selector: str = "adanet[tiny]", seed: int = 0) -> nn.Module:
    """Weights of an untrained network, and the network."""
    torch.manual_seed(seed)
    net = zoo.create(selector, TASK)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(net.state_dict(), path)
    return net


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with weights and a file of one's own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.py").write_text(OWN)
    (tmp_path / "parts.py").write_text(PARTS)
    saved(tmp_path / "ada.safetensors")
    saved(tmp_path / "own.safetensors", "external[module=my.py:net]")
    return tmp_path


def campaign_of(*methods: str, **fields: Any) -> Campaign:
    values: dict[str, Any] = {"evaluation": NOT_MEASURED, "recipe": {"epochs": 1}, **fields}
    return small_campaign(Path("results"), small_study(*methods, **values))


def run(campaign: Campaign) -> list[tuple[str, str]]:
    """The jobs that were run, with their errors."""
    return [(outcome.job, outcome.error) for outcome in campaign.run(InlineScheduler(), ignore)]


def record_of(campaign: Campaign, place: int = 0) -> Record:
    record = campaign.store.record(campaign.identity(campaign.specs[place]))
    assert record is not None
    return record


def states(campaign: Campaign) -> list[tuple[str, str]]:
    return [(planned.status.state, planned.status.reason) for planned in campaign.plan()]


GIVEN = "adanet[weights=ada.safetensors]"
OWN_NET = "external[module=my.py:net, weights=own.safetensors]"


def test_a_given_network_is_loaded_and_measured_but_not_trained(folder: Path) -> None:
    campaign = campaign_of(GIVEN, repetitions=3)
    assert run(campaign) == [(f"load {GIVEN}", "")]
    record = record_of(campaign)
    assert len(record.history()) == 0
    assert record.config["seconds"] == 0
    assert record.config["precision"] == NOT_TRAINED == "not trained here"
    assert record.config["weights"] == digest(saved(folder / "again.safetensors").state_dict())
    assert record.config["given"] == contents_of(campaign.specs[0])
    assert record.settings[0].name == "default"
    assert len(record.table("accuracy").query("setting == 'default'")) == 100
    assert run(campaign) == []


def test_the_record_says_where_the_network_is_from() -> None:
    campaign = campaign_of(OWN_NET)
    run(campaign)
    assert record_of(campaign).config["origin"] == {
        "file": "own.safetensors",
        "network": "my.py:net",
        "normalisation": {"mean": [0.1308], "std": [0.308], "of": "the data set"},
        "batch_norms": "1 of 1 batch norms folded",
    }


def test_the_recipe_is_no_part_of_a_given_network() -> None:
    run(campaign_of(GIVEN))
    assert states(campaign_of(GIVEN, recipe={"epochs": 2}, published_recipes=True)) == [("done", "")]


def test_files_of_one_name_have_labels_of_their_own(folder: Path) -> None:
    for seed, name in enumerate(("a", "b")):
        saved(folder / "runs" / name / "x.safetensors", seed=seed)
    campaign = campaign_of(*(f"adanet[weights=runs/{name}/x.safetensors]" for name in ("a", "b")), GIVEN, "adanet")
    assert [spec.label for spec in campaign.specs] == [
        "adanet[weights=a/x.safetensors]",
        "adanet[weights=b/x.safetensors]",
        "adanet[weights=ada.safetensors]",
        "adanet",
    ]


def test_files_that_hold_the_same_are_one_network(folder: Path) -> None:
    (folder / "copy.safetensors").write_bytes((folder / "ada.safetensors").read_bytes())
    with pytest.raises(StudyError, match="are the same network: their files are equal"):
        campaign_of(GIVEN, "adanet[weights=copy.safetensors]").plan()


def test_a_file_that_was_moved_has_its_record(folder: Path) -> None:
    run(campaign_of(GIVEN))
    (folder / "elsewhere").mkdir()
    (folder / "ada.safetensors").rename(folder / "elsewhere" / "moved.safetensors")
    moved = campaign_of("adanet[weights=elsewhere/moved.safetensors]")
    assert states(moved) == [("done", "")]
    assert run(moved) == []
    assert record_of(moved).spec.label == "adanet[weights=moved.safetensors]"
    assert list(networks_of(moved.store.root)) == ["adanet[weights=moved.safetensors]"]


def test_a_file_that_was_changed_makes_its_record_stale(folder: Path) -> None:
    run(campaign_of(GIVEN))
    saved(folder / "ada.safetensors", seed=1)
    campaign = campaign_of(GIVEN)
    ((state, reason),) = states(campaign)
    assert state == "stale"
    assert reason.startswith("the weights changed (SHA-256 ")
    assert run(campaign) == [(f"load {GIVEN}", "")]


@pytest.mark.parametrize("changed", ["my.py", "parts.py"])
def test_code_that_was_changed_makes_its_record_stale(changed: str, folder: Path) -> None:
    run(campaign_of(OWN_NET))
    source = (folder / changed).read_text()
    (folder / changed).write_text(f"# a comment\n{source}")
    assert states(campaign_of(OWN_NET)) == [("done", "")]
    (folder / changed).write_text(f"{source}\nnumber = 1\n")
    assert states(campaign_of(OWN_NET)) == [("stale", f"the network's code changed: {changed}")]


def test_a_record_is_used_without_its_file(folder: Path) -> None:
    run(campaign_of(GIVEN))
    (folder / "ada.safetensors").unlink()
    campaign = campaign_of(GIVEN, evaluation={**NOT_MEASURED, "cost": {}})
    assert states(campaign) == [("done", "")]
    assert run(campaign) == [(f"load {GIVEN}", "")]
    assert record_of(campaign).has("cost")


def test_without_file_and_record_there_is_one_line(folder: Path) -> None:
    (folder / "ada.safetensors").unlink()
    with pytest.raises(StudyError, match=r"^adanet\[weights=ada\.safetensors\]: .*ada\.safetensors: No such file"):
        campaign_of(GIVEN).plan()


def test_a_file_that_does_not_fit_is_one_line_before_anything_is_written(folder: Path) -> None:
    saved(folder / "ada.safetensors", "adanet[tiny, widths=[8, 16, 32]]")
    with pytest.raises(StudyError) as error:
        campaign_of(GIVEN)
    expected = f"{GIVEN}: ada.safetensors does not fit the network: backbone.stem.0.weight has the shape (8, 1, 3, 3)"
    assert str(error.value).startswith(expected)
    assert not (folder / "results").exists()


def test_a_file_that_is_changed_while_the_run_goes_on_is_not_stored_under_its_old_digest(folder: Path) -> None:
    campaign = campaign_of(GIVEN)
    campaign.plan()
    saved(folder / "ada.safetensors", seed=1)
    ((_, error),) = run(campaign)
    assert error.endswith("its files changed while the run went on; run the study again")
    assert campaign.store.records() == []


def test_a_recipe_for_a_given_network_is_refused() -> None:
    study = small_study({"name": GIVEN, "recipe": {"lr": 1.0}})  # type: ignore[arg-type]
    with pytest.raises(StudyError, match="is not trained, since its weights are given: it has no recipe"):
        study.models()


def test_nothing_of_a_given_network_is_tuned() -> None:
    study, options = small_study("resnet", GIVEN, recipe={"epochs": 2}), RunOptions(results=Path("results"))
    assert list(search(study, None, options, trials=2, epochs=1).trials) == ["resnet"]
    with pytest.raises(StudyError, match="is not trained, since its weights are given: nothing of it can be tuned"):
        search(study, small_study(GIVEN), options, trials=2, epochs=1)


def test_a_given_resnet_takes_nobodys_place_on_the_static_curve(folder: Path) -> None:
    saved(folder / "res.safetensors", "resnet[tiny]")
    campaign = campaign_of("resnet[weights=res.safetensors]", static_curve=[1.0])
    assert [spec.label for spec in campaign.specs] == ["resnet[weights=res.safetensors]", "resnet"]


def test_the_page_says_not_trained_here(folder: Path) -> None:
    campaign = campaign_of(OWN_NET, GIVEN)
    run(campaign)
    page = build(campaign.store.root, folder / "page").read_text()
    assert "Networks that were not trained here" in page
    assert "my.py:net [own.safetensors]" in page
    assert "1 of 1 batch norms folded" in page
    assert "No network was trained here." in page
