"""Mirrors: nothing is transferred twice, and what is there is what counts."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from zoo.remote.files import RemoteError
from zoo.remote.mirror import Mirror, mirror_folder
from zoo.remote.records import listed, pull_record, record_names


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mirror:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Mirror(f"file://{tmp_path}/store/quick")


def put(mirror: Mirror, record: str, **contents: bytes) -> None:
    """A record there, with a manifest of its files."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    for name, content in contents.items():
        mirror.files.write(f"models/{record}/{name}", content)
    mirror.files.write(f"models/{record}/manifest.json", json.dumps({"files": digests}).encode())


def here(mirror: Mirror) -> dict[str, bytes]:
    """Everything in the mirror."""
    return {p.relative_to(mirror.root).as_posix(): p.read_bytes() for p in mirror.root.rglob("*") if p.is_file()}


def test_a_mirror_has_the_name_of_its_study_and_a_folder_per_url(tmp_path: Path) -> None:
    places = {mirror_folder(url) for url in ("s3://a/runs/quick", "s3://b/runs/quick", "gs://a/runs/quick")}
    assert len(places) == 3
    assert {place.name for place in places} == {"quick"}
    assert mirror_folder("s3://a/runs/quick/") == mirror_folder("s3://a/runs/quick")


@pytest.mark.parametrize("end", ["..", ".", "runs/../..", "../"])
def test_a_url_does_not_lead_to_the_folder_of_other_mirrors(end: str) -> None:
    with pytest.raises(RemoteError, match=r"has the part '\.\.?' in its path"):
        mirror_folder(f"s3://a/{end}")


@pytest.mark.parametrize("path", ["", "/quick", "/runs/quick"])
def test_a_password_is_no_part_of_a_mirrors_folder(path: str) -> None:
    folder = mirror_folder(f"sftp://me:secret@host{path}")
    assert "secret" not in str(folder)
    assert folder == mirror_folder(f"sftp://me:another@host{path}") == mirror_folder(f"sftp://me@host{path}")
    assert folder != mirror_folder(f"sftp://you:secret@host{path}")


def test_stores_of_two_addresses_are_not_mixed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://one:9000")
    one = mirror_folder("s3://a/runs/quick")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://other:9000")
    assert mirror_folder("s3://a/runs/quick") != one


def test_what_is_the_same_is_not_sent_again(mirror: Mirror) -> None:
    mirror.path("study.yaml").parent.mkdir(parents=True)
    for content in ("one", "one", "two"):
        mirror.path("study.yaml").write_text(content)
        mirror.send("study.yaml")
    assert mirror.transfers.sent == 2
    mirror.fetch_if_other("study.yaml", mirror.files.tag("study.yaml"))
    assert mirror.transfers.fetched == 0


def test_what_was_changed_here_is_fetched_again(mirror: Mirror) -> None:
    mirror.files.write("study.yaml", b"there")
    mirror.fetch_if_other("study.yaml", mirror.files.tag("study.yaml"))
    mirror.path("study.yaml").write_text("other")
    mirror.fetch_if_other("study.yaml", mirror.files.tag("study.yaml"))
    assert mirror.path("study.yaml").read_text() == "there"
    mirror.fetch_if_other("study.yaml", None)
    assert here(mirror) == {}


def test_a_record_is_fetched_once_and_without_its_weights_where_they_are_not_needed(mirror: Mirror) -> None:
    put(mirror, "resnet-1", **{"config.yaml": b"c", "accuracy.parquet": b"a", "weights.safetensors": b"w"})
    pull_record(mirror, "resnet-1", weights=False)
    assert {name.rpartition("/")[2] for name in here(mirror)} == {"config.yaml", "accuracy.parquet", "manifest.json"}
    fetched = mirror.transfers.fetched
    pull_record(mirror, "resnet-1", weights=True)
    assert mirror.transfers.fetched == fetched + 1
    pull_record(mirror, "resnet-1", weights=False)
    assert mirror.transfers.fetched == fetched + 1
    assert here(mirror)["models/resnet-1/weights.safetensors"] == b"w"


def test_weights_of_an_older_record_do_not_stay_beside_a_newer_one(mirror: Mirror) -> None:
    put(mirror, "resnet-1", **{"config.yaml": b"c", "weights.safetensors": b"old"})
    pull_record(mirror, "resnet-1", weights=True)
    put(mirror, "resnet-1", **{"config.yaml": b"d", "weights.safetensors": b"new"})
    pull_record(mirror, "resnet-1", weights=False)
    assert "models/resnet-1/weights.safetensors" not in here(mirror)


def test_what_a_manifest_does_not_list_is_not_fetched_and_goes_here(mirror: Mirror) -> None:
    put(mirror, "resnet-1", **{"config.yaml": b"c", "accuracy.parquet": b"a"})
    pull_record(mirror, "resnet-1", weights=True)
    put(mirror, "resnet-1", **{"config.yaml": b"c"})
    pull_record(mirror, "resnet-1", weights=True)
    assert {name.rpartition("/")[2] for name in here(mirror)} == {"config.yaml", "manifest.json"}


def test_a_record_that_is_replaced_while_it_is_read_is_read_again(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(mirror, "resnet-1", **{"a.parquet": b"old a", "b.parquet": b"old b"})
    listing = mirror.files.listing()
    usual = mirror.files.fetch
    seen: list[str] = []

    def replaced_meanwhile(name: str, to: Path) -> bool:
        if not seen:
            put(mirror, "resnet-1", **{"a.parquet": b"new a", "b.parquet": b"new b"})
        seen.append(name)
        return usual(name, to)

    monkeypatch.setattr(mirror.files, "fetch", replaced_meanwhile)
    pull_record(mirror, "resnet-1", listing, weights=True)
    assert here(mirror)["models/resnet-1/a.parquet"] == b"new a"
    assert here(mirror)["models/resnet-1/b.parquet"] == b"new b"
    assert listed(here(mirror)["models/resnet-1/manifest.json"])["a.parquet"] == {hashlib.sha256(b"new a").hexdigest()}


def test_a_file_that_is_damaged_there_is_here_as_it_is(mirror: Mirror) -> None:
    put(mirror, "resnet-1", **{"a.parquet": b"whole"})
    mirror.files.write("models/resnet-1/a.parquet", b"damaged")
    pull_record(mirror, "resnet-1", weights=True)
    assert here(mirror)["models/resnet-1/a.parquet"] == b"damaged"


def test_a_record_without_its_manifest_does_not_count(mirror: Mirror) -> None:
    put(mirror, "resnet-1", **{"a.parquet": b"a"})
    pull_record(mirror, "resnet-1", weights=True)
    mirror.files.remove("models/resnet-1/manifest.json")
    assert record_names(mirror.files.listing()) == []
    pull_record(mirror, "resnet-1", weights=True)
    assert here(mirror) == {}


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/b", "..", ".hidden", ""])
def test_a_manifest_cannot_name_a_file_outside_of_its_record(name: str) -> None:
    assert listed(json.dumps({"files": {name: "0"}}).encode()) == {}


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"files": 3}', b"\xff", b'{"files": {}, "pending": [1]}'])
def test_a_damaged_manifest_lists_nothing(content: bytes) -> None:
    assert listed(content) == {}
