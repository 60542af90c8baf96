"""What images look like, against pixels written by hand."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
import torch
from torch import Tensor

from benchmarks.data import Dataset
from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.image_properties import (
    PROPERTIES,
    ImagePropertiesOptions,
    image_properties,
    luma,
    properties,
)
from benchmarks.records.record import Record

NetworkOf = Callable[[str], TrainedNetwork]


def of(*rows: list[float], edge: float = 0.25) -> dict[str, float]:
    """Properties of one grey image by its rows of pixels."""
    return {name: values.item() for name, values in properties(torch.tensor([[rows]]), edge=edge).items()}


def test_half_black_half_white_is_half_as_bright_with_a_contrast_of_a_half() -> None:
    found = of(*([[0.0] * 4] * 2 + [[1.0] * 4] * 2))
    assert found["brightness"] == found["contrast"] == 0.5


def test_an_even_image_has_neither_contrast_nor_sharpness_nor_edges() -> None:
    assert of(*([[0.75] * 4] * 4)) == {"brightness": 0.75, "contrast": 0.0, "sharpness": 0.0, "edge_density": 0.0}


def test_sharpness_is_the_variance_of_the_laplacian_within_the_border() -> None:
    # Within the border: up, across the white pixel, and beside it. The Laplacian is -4 there and 1 at its neighbours.
    found = of([0.0] * 5, [0.0] * 5, [0.0, 0.0, 1.0, 0.0, 0.0], [0.0] * 5, [0.0] * 5)
    assert found["sharpness"] == pytest.approx((4**2 + 4 * 1**2) / 9)  # the mean is 0


@pytest.mark.parametrize(("height", "share"), [(0.24, 0.0), (0.26, 0.5)])
def test_an_upright_step_is_an_edge_from_its_height_on(height: float, share: float) -> None:
    step = [0.0, 0.0, 0.0, height, height, height]  # of four columns within the border two see both sides
    assert of(*([step] * 4))["edge_density"] == share


def test_an_edge_has_the_same_gradient_across_and_down() -> None:
    image = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    turned = {name: values.tolist() for name, values in properties(image.mT, edge=0.25).items()}
    for name, values in properties(image, edge=0.25).items():
        assert turned[name] == pytest.approx(values.tolist())


def test_colours_are_as_bright_as_they_look() -> None:
    red, green, blue = (torch.eye(3)[place].view(1, 3, 1, 1) for place in range(3))
    assert [luma(color).item() for color in (red, green, blue)] == pytest.approx([0.299, 0.587, 0.114])
    assert luma(torch.tensor([0.25, 0.75]).view(1, 2, 1, 1)).item() == 0.5


@pytest.mark.parametrize("method", ["adanet", "branchynet"])
def test_every_image_of_a_network_that_decides_has_a_row(
    method: str, records: dict[str, Record], few_digits: Dataset
) -> None:
    table = records[method].table("image_properties")
    assert table["index"].tolist() == list(range(100))
    assert table["label"].tolist() == few_digits.test.labels.tolist()
    assert (table["note"] == "").all()
    assert {str(table[name].dtype) for name in PROPERTIES} == {"float32"}
    images: Tensor = next(iter(few_digits.test.batches(100))).images
    for name, values in properties(images, edge=0.25).items():
        assert table[name].tolist() == pytest.approx(values.tolist(), abs=1e-6)


def test_images_are_the_same_whatever_the_network_and_the_batch(network_of: NetworkOf) -> None:
    one, other = (
        image_properties(network_of(method), ImagePropertiesOptions(samples=30, batch_size=size))
        for method, size in (("adanet", 7), ("branchynet", 30))
    )
    pd.testing.assert_frame_equal(one, other)
    assert len(one) == 30


def test_a_network_with_one_route_has_one_row_that_says_so(records: dict[str, Record]) -> None:
    (row,) = records["resnet"].table("image_properties").to_dict("records")
    assert row["note"] == "every image takes the same route"
    assert all(pd.isna(value) for name, value in row.items() if name != "note")
