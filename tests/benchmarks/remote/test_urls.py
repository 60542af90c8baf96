"""What can be said of URLs without torch is what `zoo.remote.files` says."""

from __future__ import annotations

import pytest

from benchmarks.remote import urls
from zoo.remote import files


@pytest.mark.parametrize(
    ("place", "url", "shown"),
    [
        ("sftp://me:secret@host/runs", True, "sftp://me:***@host/runs"),
        ("sftp:/me:secret@host/runs", False, "sftp:/me:***@host/runs"),
        ("sftp://me@host/runs", True, "sftp://me@host/runs"),
        ("s3://bucket/a:b@c", True, "s3://bucket/a:b@c"),
        ("results/quick", False, "results/quick"),
    ],
)
def test_both_agree(place: str, url: bool, shown: str) -> None:
    assert urls.is_url(place) == files.is_url(place) == url
    assert urls.shown(place) == files.shown(place) == shown
