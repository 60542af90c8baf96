"""Executed units on zoomed images, against the table of answers and a gate that looks at brightness."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from benchmarks.data import Dataset
from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.corrupting import zoom
from benchmarks.measuring.scale import ScaleOptions, scale
from benchmarks.records.record import Record

NetworkOf = Callable[[str], TrainedNetwork]
DYNAMIC = ["adanet", "branchynet"]


@pytest.mark.parametrize("method", DYNAMIC)
def test_unscaled_images_are_answered_as_ever(method: str, records: dict[str, Record]) -> None:
    record = records[method]
    answers = record.table("accuracy")
    answers = answers[answers["setting"] == record.settings[0].name].head(60).reset_index(drop=True)
    own = record.table("scale")
    own = own[own["scale"] == 1].reset_index(drop=True)
    columns = ["index", "label", "prediction", "macs"]
    pd.testing.assert_frame_equal(own[columns], answers[columns], check_dtype=False)
    assert own["units"].tolist() == answers["route"].str.count("1").tolist()


def test_every_image_has_a_row_per_scale_the_image_itself_included(network_of: NetworkOf) -> None:
    table = scale(network_of("adanet"), ScaleOptions(scales=(1.5, 0.5), samples=7, batch_size=3))
    assert list(dict.fromkeys(table["scale"])) == [0.5, 1.0, 1.5]
    for _, own in table.groupby("scale"):
        assert own["index"].tolist() == list(range(7))
    assert (table["note"] == "").all()


def test_batches_change_nothing(network_of: NetworkOf) -> None:
    one, other = (
        scale(network_of("adanet"), ScaleOptions(scales=(0.7,), samples=20, batch_size=size)) for size in (20, 3)
    )
    pd.testing.assert_frame_equal(one, other)


def test_an_exit_at_which_small_digits_leave_runs_fewer_units_for_small_digits(
    network_of: NetworkOf, few_digits: Dataset
) -> None:
    """A digit of half the size has a quarter of the ink: planted is a first exit that is sure of little ink."""
    trained = network_of("branchynet")
    images = next(iter(few_digits.test.batches(50))).images
    ink = {factor: zoom(images, factor, [*range(50)]).mean(dim=(1, 2, 3)) for factor in (0.5, 1.0)}
    threshold = float(ink[1.0].median())
    seen: list[Tensor] = []

    def look(net: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen[:] = [inputs[0].mean(dim=(1, 2, 3))]

    def decide(head: nn.Module, inputs: tuple[Tensor, ...], out: Tensor) -> Tensor:
        sure, unsure = 100.0 * torch.eye(10)[0], torch.zeros(10)
        return torch.where((seen[0] < threshold)[:, None], sure, unsure)

    trained.net.register_forward_pre_hook(look)
    first = trained.net.get_submodule("heads.0")
    first.register_forward_hook(decide)
    table = scale(trained, ScaleOptions(scales=(0.5,), samples=50, batch_size=50))
    for factor, own in table.groupby("scale"):
        left = (ink[float(str(factor))] < threshold).tolist()
        assert [units == 2 for units in own["units"]] == left  # the first segment and its exit
    assert (table.loc[table["scale"] == 0.5, "units"] == 2).mean() > 0.9


def test_a_network_with_one_route_has_one_row_that_says_so(records: dict[str, Record]) -> None:
    (row,) = records["resnet"].table("scale").to_dict("records")
    assert row["note"] == "every image takes the same route"
    assert all(pd.isna(value) for name, value in row.items() if name != "note")


@pytest.mark.parametrize("scales", [[], [0.5, 0.5], [0.0], [-1.0], [11.0]])
def test_scales_must_be_different_numbers_that_images_can_have(scales: list[float]) -> None:
    with pytest.raises(ValueError, match=r"different numbers from 0\.1 to 10"):
        ScaleOptions.model_validate({"scales": scales})
