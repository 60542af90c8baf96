"""Real data that several tests share: digits, clothes, and photographs as files."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from benchmarks.data import Dataset, load
from benchmarks.data.fashion import DEBIAN, find_folder

TILE = 100
"""Pixels; the photographs are 640 x 427, so each has 24 whole tiles."""


@pytest.fixture(scope="session")
def mnist5k() -> Dataset:
    return load("mnist5k")


@pytest.fixture(scope="session")
def digits() -> Dataset:
    return load("digits")


@pytest.fixture(scope="session")
def debian_fashion() -> Path:
    if find_folder(None) is None:
        pytest.skip("needs Debian's package dataset-fashion-mnist")
    return DEBIAN


@pytest.fixture(scope="session")
def fashion(debian_fashion: Path) -> Dataset:
    return load("fashion-mnist")


@pytest.fixture(scope="session")
def tiles() -> dict[str, list[Image.Image]]:
    """24 tiles of each of scikit-learn's two photographs."""
    return {name: _tiles(name) for name in ("china", "flower")}


def _tiles(name: str) -> list[Image.Image]:
    spec = find_spec("sklearn")
    assert spec is not None
    assert spec.origin is not None
    with Image.open(Path(spec.origin).parent / "datasets" / "images" / f"{name}.jpg") as file:
        photograph = file.convert("RGB")
    corners = [(x, y) for y in range(0, 400, TILE) for x in range(0, 600, TILE)]
    return [photograph.crop((x, y, x + TILE, y + TILE)) for x, y in corners]


@pytest.fixture
def folder(tmp_path: Path, tiles: dict[str, list[Image.Image]]) -> Path:
    """16 training tiles as JPEG and 8 test tiles as PNG of each of two classes."""
    for name, images in tiles.items():
        for part, chosen, suffix in (("train", images[:16], "jpg"), ("val", images[16:], "png")):
            (tmp_path / part / name).mkdir(parents=True)
            for number, image in enumerate(chosen):
                image.save(tmp_path / part / name / f"{number:02d}.{suffix}")
    return tmp_path


def jpeg(image: Image.Image) -> bytes:
    """An image as the bytes of a JPEG file."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def write_parquet(
    file: Path,
    images: Sequence[bytes | None],
    labels: Sequence[object],
    names: Sequence[str] | None = None,
    columns: tuple[str, str] = ("image", "label"),
) -> Path:
    """Encoded images and labels as the library `datasets` writes them."""
    structs = [{"bytes": content, "path": f"{row}.jpg"} for row, content in enumerate(images)]
    table = pa.table({columns[0]: structs, columns[1]: list(labels)})
    if names is not None:
        features = {columns[0]: {"_type": "Image"}, columns[1]: {"names": list(names), "_type": "ClassLabel"}}
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, file)
    return file
