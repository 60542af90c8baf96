"""Damage on disk: named and healed by the same command, or refused; never a wrong number, and never a blocked study."""

from __future__ import annotations

import os
import random
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks.records.files import DAMAGED_MARK, Damaged, StoreError, read_yaml, write_json, write_yaml
from benchmarks.records.record import Record
from benchmarks.records.store import CHECKPOINT
from benchmarks.reporting import build
from benchmarks.running.campaign import Campaign
from benchmarks.running.scheduling import InlineScheduler
from tests.benchmarks.cases import DATASET, NOT_MEASURED, identity_of, ignore, small_campaign, small_study

FEW: dict[str, Any] = {
    "dataset": "mnist5k[train=64, test=40]",
    "recipe": {"epochs": 1},
    "evaluation": NOT_MEASURED | {"cost": {}, "fidelity": {"presets": "none"}},
}
DAMAGES = int(os.environ.get("ROUTEBENCH_DAMAGES", "20"))
"""Of the long test; two hundred take minutes."""
TABLES = ("accuracy", "cost", "ledger", "fidelity")
Damage = Callable[[Path, random.Random], None]


def flip(path: Path, draws: random.Random) -> None:
    """Flip one bit of one byte."""
    content = bytearray(path.read_bytes())
    content[draws.randrange(len(content))] ^= 1 << draws.randrange(8)
    path.write_bytes(content)


def cut(path: Path, draws: random.Random) -> None:
    """Lose the end of a file, or all of it."""
    path.write_bytes(path.read_bytes()[: draws.randrange(path.stat().st_size)])


def replace(path: Path, draws: random.Random) -> None:
    """Put something else there."""
    path.write_bytes(draws.randbytes(draws.randrange(1, 200)))


def remove(path: Path, draws: random.Random) -> None:
    """Lose a file."""
    path.unlink()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """Two networks of a few digits, trained for an epoch. Not to be changed."""
    campaign = small_campaign(tmp_path_factory.mktemp("whole"), small_study("resnet", "adanet", **FEW))
    outcomes = campaign.run(InlineScheduler(), ignore)
    assert not [outcome.error for outcome in outcomes if outcome.error]
    return campaign


@pytest.fixture
def campaign(whole: Campaign, tmp_path: Path) -> Campaign:
    """The two networks, to damage."""
    shutil.copytree(whole.options.results, tmp_path / "copied")
    return small_campaign(tmp_path / "copied", whole.study)


def record_of(campaign: Campaign, method: str = "resnet") -> Record:
    (spec,) = (spec for spec in campaign.specs if spec.method == method)
    record = campaign.store.record(campaign.identity(spec))
    assert record is not None
    return record


def same_numbers(campaign: Campaign, whole: Campaign) -> bool:
    """Whether weights and tables are those of the undamaged study."""
    for method in ("resnet", "adanet"):
        one, other = record_of(campaign, method), record_of(whole, method)
        if one.config["weights"] != other.config["weights"] or one.settings != other.settings:
            return False
        if not all(one.table(name).equals(other.table(name)) for name in TABLES):
            return False
        if (
            not one.history()
            .drop(columns=["seconds", "first_step"])
            .equals(other.history().drop(columns=["seconds", "first_step"]))
        ):
            return False
    return True


def use(record: Record, path: Path) -> None:
    """Read a file as whoever needs it does."""
    again = Record(record.path)
    if path.suffix == ".safetensors":
        again.weights()
    elif path.name == "history.parquet":
        again.history()
    elif path.suffix in (".parquet", ".arrow"):
        again.table(path.stem)
    else:
        _ = again.config


def page_of(campaign: Campaign, out: Path) -> bytes | None:
    """The page of a study; None where it is refused because of what is damaged."""
    try:
        return build(campaign.store.root, out).read_bytes()
    except StoreError:
        return None


def damage_and_run(campaign: Campaign, whole: Campaign, damage: Damage, seed: int, page: Path) -> None:
    """Damage a random file of a random record; whoever reads it is told, and the same command heals it."""
    draws = random.Random(seed)
    record = record_of(campaign, draws.choice(("resnet", "adanet")))
    path = draws.choice(sorted(record.path.iterdir()))
    before, shown = path.read_bytes(), page_of(campaign, page)
    assert shown is not None
    damage(path, draws)
    if path.exists() and path.read_bytes() == before:
        return
    with pytest.raises(StoreError) as refused:
        use(record, path)
    assert path.name in str(refused.value)
    assert "\n" not in str(refused.value)
    assert page_of(campaign, page) in (None, shown), "a page shows a number of a damaged file"
    lines = campaign.put_aside_damaged()
    assert [line for line in lines if path.name in line and DAMAGED_MARK in line], lines
    campaign.run(InlineScheduler(), ignore)
    assert all(planned.complete for planned in campaign.plan())
    assert same_numbers(campaign, whole), f"seed {seed}: {path.name}"
    for leftover in campaign.store.root.glob(f"models/**/*{DAMAGED_MARK}*"):
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


@pytest.mark.parametrize("damage", [flip, cut, replace])
def test_damage_anywhere_is_named_and_healed(
    damage: Damage, campaign: Campaign, whole: Campaign, tmp_path: Path
) -> None:
    for seed in range(2):
        damage_and_run(campaign, whole, damage, seed, tmp_path / "page")


@pytest.mark.long
def test_many_damages_are_named_and_healed(campaign: Campaign, whole: Campaign, tmp_path: Path) -> None:
    for seed in range(100, 100 + DAMAGES):
        damage_and_run(campaign, whole, (flip, cut)[seed % 2], seed, tmp_path / "page")


def test_flipped_bits_of_weights_are_not_measured(campaign: Campaign, whole: Campaign) -> None:
    record = record_of(campaign)
    draws = random.Random(0)
    for _ in range(272):
        flip(record.path / "weights.safetensors", draws)
    for name in ("accuracy", "cost"):
        (record.path / f"{name}.parquet").unlink()
    with pytest.raises(Damaged, match=r"weights\.safetensors is damaged"):
        Record(record.path).weights()
    (line,) = campaign.put_aside_damaged()
    assert "weights.safetensors is damaged: its SHA-256 is not the one in manifest.json; put aside as" in line
    campaign.run(InlineScheduler(), ignore)
    assert same_numbers(campaign, whole)


def test_a_flipped_confidence_is_not_shown(campaign: Campaign, tmp_path: Path) -> None:
    path = record_of(campaign).path / "accuracy.parquet"
    table = pd.read_parquet(path)
    table.loc[0, "confidence"] = 0.123
    table.to_parquet(path, index=False)
    with pytest.raises(StoreError, match=r"accuracy\.parquet is damaged: its SHA-256 is not the one in manifest\.json"):
        build(campaign.store.root, tmp_path / "page")


@pytest.mark.parametrize("name", ["history.parquet", "config.yaml", "manifest.json"])
def test_a_file_that_is_gone_comes_back(name: str, campaign: Campaign, whole: Campaign) -> None:
    (record_of(campaign).path / name).unlink()
    (planned,) = (planned for planned in campaign.plan() if planned.spec.method == "resnet")
    assert planned.status.state == "damaged"
    assert name in planned.status.reason
    campaign.run(InlineScheduler(), ignore)
    assert same_numbers(campaign, whole)


def test_a_table_that_is_gone_is_made_again_without_a_word(campaign: Campaign, whole: Campaign) -> None:
    (record_of(campaign).path / "accuracy.parquet").unlink()
    assert campaign.put_aside_damaged() == []
    campaign.run(InlineScheduler(), ignore)
    assert same_numbers(campaign, whole)


@pytest.mark.parametrize("damage", [flip, cut])
def test_a_damaged_checkpoint_is_put_aside_and_training_begins_again(
    damage: Damage, whole: Campaign, tmp_path: Path
) -> None:
    campaign = stopped_in_training(tmp_path)
    (spec,) = campaign.specs
    checkpoint = campaign.store.workspace(campaign.identity(spec)) / CHECKPOINT
    damage(checkpoint, random.Random(1))
    said: list[str] = []
    outcomes = campaign.run(InlineScheduler(), lambda event: said.append(event.progress.step if event.progress else ""))
    assert [outcome.error for outcome in outcomes] == [""]
    assert [line for line in said if line.startswith(f"{checkpoint} is damaged") and DAMAGED_MARK in line]
    assert said.count("train") == 2


def test_another_networks_checkpoint_is_not_trained_on(tmp_path: Path) -> None:
    campaign = stopped_in_training(tmp_path)
    (spec,) = campaign.specs
    other = identity_of(small_campaign(tmp_path / "other", small_study(seed=3, **TWO_EPOCHS)).specs[0])
    mine = campaign.store.workspace(campaign.identity(spec))
    theirs = campaign.store.workspace(other)
    mine.rename(theirs)
    again = small_campaign(tmp_path, small_study(seed=3, **TWO_EPOCHS))
    said: list[str] = []
    again.run(InlineScheduler(), lambda event: said.append(event.progress.step if event.progress else ""))
    assert said.count("train") == 2


TWO_EPOCHS: dict[str, Any] = {
    "dataset": DATASET,
    "static_curve": [],
    "recipe": {"epochs": 2},
    "evaluation": NOT_MEASURED,
}


def stopped_in_training(folder: Path) -> Campaign:
    """A study whose only network was interrupted after its first epoch."""
    campaign = small_campaign(folder, small_study(**TWO_EPOCHS))

    def stop(event: Any) -> None:
        if event.progress and event.progress.epoch:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        campaign.run(InlineScheduler(), stop)
    return campaign


def test_a_damaged_record_of_a_failure_blocks_nothing(campaign: Campaign) -> None:
    campaign.store.write_failure(campaign.specs[0], "train", "an error", "its trace")
    (file,) = campaign.store.root.glob("failures/*.yaml")
    flip(file, random.Random(0))
    (line,) = campaign.put_aside_damaged()
    assert line.startswith(f"{file} is damaged")
    assert campaign.run(InlineScheduler(), ignore) == []


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        *(("study.yaml", damage) for damage in (flip, cut, remove)),
        *(("environment.json", damage) for damage in (replace, remove)),
        *(("summary.parquet", damage) for damage in (cut, remove)),
    ],
)
def test_the_studys_own_files_are_written_again(name: str, damage: Damage, campaign: Campaign, tmp_path: Path) -> None:
    before = (campaign.store.root / name).read_bytes()
    damage(campaign.store.root / name, random.Random(2))
    campaign.run(InlineScheduler(), ignore)
    if name != "environment.json":
        assert (campaign.store.root / name).read_bytes() == before
    build(campaign.store.root, tmp_path / "page")


def test_a_study_that_was_changed_by_hand_is_refused(campaign: Campaign, tmp_path: Path) -> None:
    path = campaign.store.root / "study.yaml"
    path.write_text(path.read_text().replace("seed: 0", "seed: 1"))
    with pytest.raises(StoreError, match=r"study\.yaml is damaged: its SHA-256 is not the one"):
        build(campaign.store.root, tmp_path / "page")


def test_a_writer_that_is_killed_between_table_and_manifest_loses_nothing(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = record_of(campaign)
    table = record.table("accuracy").assign(nll=1.0)
    made_by = record.made_by("accuracy")
    calls = []

    def killed_at_the_second(path: Path, values: Any) -> None:
        calls.append(path)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(path, values)

    real = write_json
    with monkeypatch.context() as patch:
        patch.setattr("benchmarks.records.record.write_json", killed_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            record.write_table("accuracy", table, made_by)
    again = Record(record.path)
    assert again.check() == []
    assert again.table("accuracy").equals(table)


def test_a_writer_that_is_killed_before_the_table_is_there_leaves_the_old_one(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = record_of(campaign)
    before = record.table("accuracy")

    real = Path.replace

    def killed(path: Path, target: Path) -> Path:
        if target.name == "accuracy.parquet":
            raise KeyboardInterrupt
        return real(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            record.write_table("accuracy", before.assign(nll=1.0), record.made_by("accuracy"))
    again = Record(record.path)
    assert again.check() == []
    assert again.table("accuracy").equals(before)


def test_weights_are_readable_like_their_neighbours(whole: Campaign) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in record_of(whole).path.iterdir()}
    assert len(set(modes.values())) == 1
    umask = os.umask(0)
    os.umask(umask)
    assert modes["weights.safetensors"] == 0o666 & ~umask


def test_a_sealed_file_says_what_was_done_to_it(tmp_path: Path) -> None:
    path = tmp_path / "facts.yaml"
    write_yaml(path, {"a": [1, 2], "b": "Ω"})
    assert read_yaml(path) == {"a": [1, 2], "b": "Ω"}
    whole = path.read_bytes()
    for place in range(len(whole)):
        content = bytearray(whole)
        content[place] ^= 4
        path.write_bytes(content)
        with pytest.raises(Damaged):
            read_yaml(path)
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        with pytest.raises(Damaged):
            read_yaml(path)


@pytest.mark.parametrize("name", ["config.yaml", "manifest.json", "accuracy.parquet"])
def test_a_damaged_record_that_the_study_does_not_ask_for_blocks_nothing(
    name: str, campaign: Campaign, tmp_path: Path
) -> None:
    place = record_of(campaign, "adanet").path
    alone = small_campaign(campaign.options.results, small_study("resnet", **FEW))
    flip(place / name, random.Random(3))
    (line,) = alone.put_aside_damaged()
    assert name in line
    assert DAMAGED_MARK in line
    assert alone.run(InlineScheduler(), ignore) == []
    build(alone.store.root, tmp_path / "page")


def test_a_record_of_another_version_is_left_where_it_is(campaign: Campaign) -> None:
    place = record_of(campaign, "adanet").path
    manifest = Record(place).manifest
    write_json(place / "manifest.json", manifest | {"format": 99})
    alone = small_campaign(campaign.options.results, small_study("resnet", **FEW))
    assert alone.put_aside_damaged() == []
    assert alone.run(InlineScheduler(), ignore) == []
    assert (place / "weights.safetensors").exists()
