"""What is found inside networks: planted gates, offsets, positions and columns, on real digits."""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd
import pytest
import torch
from torch import Tensor, nn

import zoo
from benchmarks.data import Dataset
from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.inside import DRAWN, ENSEMBLE, inside, reach_and_spread
from benchmarks.training.tasks import task_of
from zoo.methods.active_conv import ActiveConvNet
from zoo.methods.deformable.network import DeformableNet
from zoo.methods.fractalnet.network import FractalNet
from zoo.methods.highway import Highway
from zoo.network import RoutedNet, Setting, Validation
from zoo.sizing.unit_costs import measure_ledger

CPU = torch.device("cpu")


def looked_into(net: RoutedNet, dataset: Dataset) -> pd.DataFrame:
    """The table of a network that was not trained."""
    net.eval()
    ledger = measure_ledger(net)
    nothing = torch.zeros(0)
    settings: list[Setting] = net.settings(
        Validation(labels=nothing, forward=None, fixed_macs=0, unit_macs=nothing)  # type: ignore[arg-type]
    )
    trained = TrainedNetwork(
        net=net, settings=settings, ledger=ledger, dataset=dataset, baseline=net, device=CPU, seed=0
    )
    return inside(trained, None)


def built(selector: str, dataset: Dataset, kind: type[RoutedNet]) -> RoutedNet:
    torch.manual_seed(0)
    net = zoo.create(selector, task_of(dataset.info))
    assert isinstance(net, kind)
    return net


def test_a_gate_with_a_planted_bias_is_as_open_as_its_sigmoid(few_digits: Dataset) -> None:
    net = built("highway[tiny]", few_digits, Highway)
    assert isinstance(net, Highway)
    layers = [layer for stage in net.stages for layer in stage.layers]
    for number, layer in enumerate(layers):
        nn.init.zeros_(layer.gate.weight)
        assert layer.gate.bias is not None
        nn.init.constant_(layer.gate.bias, float(number))
    table = looked_into(net, few_digits)
    assert set(table["what"]) == {"openness"}
    for number, unit in enumerate(net.units):
        own = table[table["layer"] == unit]
        assert own["index"].tolist() == list(range(100))
        assert own["label"].tolist() == few_digits.test.labels.tolist()
        assert own["value"].to_numpy() == pytest.approx(1 / (1 + math.exp(-number)), abs=1e-6)


def test_offsets_of_one_pixel_to_the_side_reach_one_and_spread_nothing(few_digits: Dataset) -> None:
    table = looked_into(planted(few_digits, lambda taps: [(0.0, 1.0)] * taps), few_digits)
    offsets = table[table["what"] == "offsets"]
    assert list(dict.fromkeys(offsets["layer"])) == ["stage3.block1", "stage3.block2"]
    assert len(offsets) == 200
    assert offsets["value"].to_numpy() == pytest.approx(1.0)
    assert offsets["spread"].to_numpy() == pytest.approx(0.0, abs=1e-6)


def test_taps_that_move_apart_spread(few_digits: Dataset) -> None:
    # Half of the taps three pixels up, half four to the left, none of the ninth: distances from the mean by hand.
    moves = [(-3.0, 0.0)] * 4 + [(0.0, -4.0)] * 4 + [(0.0, 0.0)]
    table = looked_into(planted(few_digits, lambda taps: moves), few_digits)
    offsets = table[table["what"] == "offsets"]
    assert offsets["value"].to_numpy() == pytest.approx((4 * 3 + 4 * 4) / 9, rel=1e-5)
    mean = (-12 / 9, -16 / 9)
    squared = sum((dy - mean[0]) ** 2 + (dx - mean[1]) ** 2 for dy, dx in moves) / 9
    assert offsets["spread"].to_numpy() == pytest.approx(math.sqrt(squared), rel=1e-5)


def test_taps_of_the_middle_place_lie_on_the_grid_plus_their_offset(few_digits: Dataset) -> None:
    """Images of 28 pixels have 4 x 4 places in stage 3; its last block has stride 1, so that the middle is place 2."""
    table = looked_into(planted(few_digits, lambda taps: [(0.0, 1.0)] * taps), few_digits)
    taps = table[(table["what"] == "tap") & (table["layer"] == "stage3.block2")]
    assert sorted(set(taps["index"])) == list(range(DRAWN))
    first = taps[taps["index"] == 0].sort_values("tap")
    assert first["y"].tolist() == pytest.approx([(y + 0.5) / 4 for y in (1, 1, 1, 2, 2, 2, 3, 3, 3)])
    assert first["x"].tolist() == pytest.approx([(x + 1 + 0.5) / 4 for x in (1, 2, 3) * 3])
    assert first["value"].to_numpy() == pytest.approx(0.5)  # version 2 starts with its masks at one half


def test_reach_and_spread_are_of_each_image() -> None:
    moves = torch.zeros(2, 1, 2, 1, 2)
    moves[1, 0, 0, 0] = torch.tensor([2.0, 0.0])  # at one of two places, two pixels down
    reach, spread = reach_and_spread(moves)
    assert reach.tolist() == [0.0, 1.0]
    assert spread.tolist() == [0.0, 1.0]


def planted(dataset: Dataset, moves: Callable[[int], list[tuple[float, float]]]) -> RoutedNet:
    """A network whose offsets are the same everywhere, by tap."""
    net = built("deformable[tiny, last=None]", dataset, DeformableNet)
    assert isinstance(net, DeformableNet)
    for layer in net.deformed().values():
        nn.init.zeros_(layer.offset.weight)
        several = torch.tensor(moves(layer.coordinates // 2)).flatten()
        with torch.no_grad():
            bias = layer.offset.bias
            assert bias is not None
            bias.zero_()
            bias[: layer.coordinates] = several
    return net


def test_positions_are_those_of_the_layers(few_digits: Dataset) -> None:
    net = built("active_conv[tiny]", few_digits, ActiveConvNet)
    assert isinstance(net, ActiveConvNet)
    layers = list(net.active().values())
    with torch.no_grad():
        layers[1].positions[3] = torch.tensor([0.25, -1.5])
    table = looked_into(net, few_digits)
    assert len(table) == 8 * len(layers)
    assert list(dict.fromkeys(table["layer"])) == [f"stage3.block{b}.{n}" for b in (1, 2) for n in (1, 2)]
    moved = table[(table["layer"] == "stage3.block1.2") & (table["tap"] == 3)].iloc[0]
    assert (moved["y"], moved["x"]) == (0.25, -1.5)
    still = table[(table["layer"] == "stage3.block1.1") & (table["tap"] == 0)].iloc[0]
    assert (still["y"], still["x"]) == (-1.0, -1.0)


def test_an_ensemble_answers_by_the_mean_of_the_columns_probabilities(few_digits: Dataset) -> None:
    net = built("fractalnet[tiny]", few_digits, FractalNet)
    table = looked_into(net, few_digits)
    assert list(dict.fromkeys(table["layer"])) == ["whole network", "column 1", "column 2", "column 3", ENSEMBLE]
    (batch,) = few_digits.test.batches(100)
    columns: list[Tensor] = []
    with torch.no_grad():
        for number in (1, 2, 3):
            net.use(Setting(name="", values={"column": number}))
            columns.append(torch.softmax(net(batch.images).logits, dim=1))
    mean = sum(columns) / 3
    assert isinstance(mean, Tensor)
    own = table[table["layer"] == ENSEMBLE]
    assert own["prediction"].tolist() == mean.argmax(1).tolist()
    assert own["value"].to_numpy() == pytest.approx(mean.max(1).values.numpy(), rel=1e-5)
    alone = table[table["layer"] == "column 2"]
    assert alone["prediction"].tolist() == columns[1].argmax(1).tolist()


def test_other_networks_have_one_row_that_says_so(network_of: Callable[[str], TrainedNetwork]) -> None:
    (row,) = inside(network_of("adanet"), None).to_dict("records")
    assert row["note"] == "the network has no such parts"
    assert all(pd.isna(value) for name, value in row.items() if name != "note")


def test_nothing_is_left_behind_in_the_network(few_digits: Dataset) -> None:
    net = built("deformable[tiny]", few_digits, DeformableNet)
    looked_into(net, few_digits)
    assert not any(module._forward_hooks for module in net.modules())
