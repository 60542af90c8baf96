"""Files below a URL, and what is said where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from zoo.remote.files import RemoteError, RemoteFiles, shown, split_url


@pytest.fixture(params=["memory", "file"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> RemoteFiles:
    place = f"memory://{tmp_path.name}" if request.param == "memory" else f"file://{tmp_path}/store"
    return RemoteFiles(f"{place}/study")


def test_what_is_written_is_read_and_listed(files: RemoteFiles, tmp_path: Path) -> None:
    (tmp_path / "here").write_bytes(b"one")
    files.send(tmp_path / "here", "models/a-1/manifest.json")
    files.write("study.yaml", b"two")
    assert files.read("study.yaml") == b"two"
    assert files.fetch("models/a-1/manifest.json", tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == b"one"
    assert set(files.listing()) == {"study.yaml", "models/a-1/manifest.json"}
    assert set(files.listing("models")) == {"models/a-1/manifest.json"}


def test_a_listing_and_a_file_have_the_same_tag_which_changes_with_the_file(files: RemoteFiles) -> None:
    files.write("study.yaml", b"one")
    before = files.tag("study.yaml")
    assert files.listing() == {"study.yaml": before}
    files.write("study.yaml", b"two")
    assert files.tag("study.yaml") != before
    files.remove("study.yaml")
    assert files.tag("study.yaml") is None


def test_what_is_not_there_is_no_error(files: RemoteFiles, tmp_path: Path) -> None:
    assert files.listing() == {}
    assert files.read("study.yaml") is None
    assert not files.fetch("study.yaml", tmp_path / "here")
    files.remove("study.yaml")


def test_only_the_first_creates_a_file(files: RemoteFiles) -> None:
    assert files.create(".claims/lease.json", b"one")
    assert not files.create(".claims/lease.json", b"two")
    assert files.read(".claims/lease.json") == b"one"


def test_a_file_that_is_being_written_is_not_listed(tmp_path: Path) -> None:
    files = RemoteFiles(f"file://{tmp_path}/study")
    files.write("study.yaml", b"one")
    (tmp_path / "study" / ".study.yaml.1234.tmp").write_bytes(b"half")
    assert set(files.listing()) == {"study.yaml"}


def test_a_folder_that_may_not_be_read_is_an_error_and_not_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = RemoteFiles(f"file://{tmp_path}/study")
    files.write("models/a-1/manifest.json", b"{}")

    def refuse(*arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied", "models")

    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(RemoteError, match=r"no permission: .*Permission denied"):
        files.listing()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("s3:/bucket/runs", "is no URL; valid: PROTOCOL://PATH"),
        ("simplecache::s3://bucket/runs", "is no URL"),
        ("s3://bu\ncket", "is no URL"),
        ("s3://", "names no place"),
        ("s3:///", "names no place"),
        ("nowhere://bucket/runs", "the protocol nowhere:// is not known; valid: s3, gs"),
        ("://bucket", "is no URL"),
        (
            "s3://bucket/runs/..",
            "has the part '..' in its path; valid: PROTOCOL://PATH, of plain names, as in s3://bucket",
        ),
        ("s3://bucket/runs/./", "has the part '.' in its path"),
        ("memory://runs/../quick", "has the part '..' in its path"),
        ("file:///tmp//runs", "has the part '' in its path"),
        ("s3:///bucket/runs", "has the part '' in its path"),
        ("memory://..", "has the part '..' in its path"),
        ("sftp://me:secret@host/..", "sftp://me:***@host/.. has the part '..' in its path"),
    ],
)
def test_what_is_no_place_is_said_in_one_line(url: str, message: str) -> None:
    with pytest.raises(RemoteError) as caught:
        RemoteFiles(url)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*arguments: object, **options: object) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr("fsspec.core.url_to_fs", missing)
    with pytest.raises(RemoteError, match=r"s3://bucket/runs: s3:// needs .* pip install 'routebench\[s3\]'$"):
        RemoteFiles("s3://bucket/runs")


def test_a_password_is_not_shown() -> None:
    assert shown("sftp://me:secret@host/runs") == "sftp://me:***@host/runs"
    assert shown("sftp://me:p@ss:word@host/runs") == "sftp://me:***@host/runs"
    assert shown("s3://bucket/a:b@c") == "s3://bucket/a:b@c"


def test_an_error_of_a_library_does_not_show_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(url: str, **options: object) -> None:
        raise OSError(f"cannot reach {url}")

    monkeypatch.setattr("fsspec.core.url_to_fs", refuse)
    with pytest.raises(RemoteError, match=r"OSError: cannot reach sftp://me:[*]{3}@host/runs") as caught:
        RemoteFiles("sftp://me:secret@host/runs")
    assert "secret" not in str(caught.value)


def test_slashes_at_the_end_do_not_matter() -> None:
    assert split_url("S3://bucket/runs//") == split_url("s3://bucket/runs") == ("s3", "bucket/runs")
