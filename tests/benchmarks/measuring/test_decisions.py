"""Decisions made otherwise: with planted gates and exits whose worth is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from benchmarks.measuring import TrainedNetwork
from benchmarks.measuring.decisions import NOT_HELD, NOTHING, DecisionsOptions, decisions
from benchmarks.measuring.held import fixed_exits, fixed_units, gates_held, is_gated
from benchmarks.records.record import Record
from zoo.network import Forward

NetworkOf = Callable[[str], TrainedNetwork]
FEW = DecisionsOptions(samples=100, draws=2)


class SameForAll(nn.Module):
    """Gates that decide alike for every image: every other one is open."""

    def forward(self, index: int, x: Tensor, state: Any = None) -> tuple[Tensor, None]:
        """Log-odds (N,)."""
        return torch.full((len(x),), 5.0 if index % 2 else -5.0), None


class ByBrightness(nn.Module):
    """Gates that all open for images that are brighter than others."""

    def __init__(self, threshold: float) -> None:
        super().__init__()
        self.threshold = threshold
        self.bright = torch.zeros(0)

    def forward(self, index: int, x: Tensor, state: Any = None) -> tuple[Tensor, None]:
        """Log-odds (N,)."""
        if index == 0:
            self.bright = x.mean(dim=(1, 2, 3))
        return torch.where(self.bright > self.threshold, 5.0, -5.0), None


def test_ways_to_decide_and_their_draws(records: dict[str, Record]) -> None:
    found = records["adanet"].table("decisions").drop_duplicates(["decided", "draw"])
    assert found["decided"].value_counts().to_dict() == {"by image": 1, "shuffled": 3, "frozen": 3, "fixed": 3}
    exits = records["branchynet"].table("decisions").drop_duplicates(["decided", "draw"])
    assert exits["decided"].value_counts().to_dict() == {"by image": 1, "shuffled": 3, "fixed": 3}


@pytest.mark.parametrize("method", ["adanet", "branchynet"])
def test_the_networks_own_decisions_give_its_own_answers_and_costs(method: str, records: dict[str, Record]) -> None:
    record = records[method]
    own = record.table("decisions").query("decided == 'by image'")
    answers = record.table("accuracy").query("setting == @record.settings[0].name")
    assert own["prediction"].tolist() == answers["prediction"].tolist()
    assert own["macs"].tolist() == answers["macs"].tolist()


@pytest.mark.parametrize("method", ["adanet", "branchynet"])
def test_every_choice_costs_as_much_on_average(method: str, records: dict[str, Record]) -> None:
    table = records[method].table("decisions")
    means = table.groupby(["decided", "draw"])["macs"].mean()
    own = means["by image"].iloc[0]
    units = records[method].table("ledger")["macs"]
    np.testing.assert_allclose(means["shuffled"], own, rtol=1e-12)  # the same routes, in another order
    # A choice at rates of validation images costs what these cost, and rounds one unit's images to whole ones.
    np.testing.assert_allclose(means["fixed"], own, atol=0.1 * units.sum())


def test_a_gate_that_looks_at_no_image_is_worth_nothing(network_of: NetworkOf) -> None:
    trained = network_of("adanet")
    trained.net.gates = SameForAll()
    found = decisions(trained, FEW)
    answers = found.pivot_table(index="index", columns=["decided", "draw"], values="prediction")
    for way in ("shuffled", "frozen", "fixed"):
        for draw in range(2):
            assert answers[way, draw].tolist() == answers["by image", 0].tolist()


def test_a_gate_that_looks_at_brightness_alone_is_told_from_frozen_ones(network_of: NetworkOf) -> None:
    trained = network_of("adanet")
    gates = ByBrightness(0.0)
    trained.net.gates = gates
    with torch.no_grad():
        images = next(iter(trained.dataset.test.batches(250))).images
        trained.net(images)
        gates.threshold = float(gates.bright.median())
    found = decisions(trained, FEW)
    own = found.query("decided == 'by image'")
    assert own["macs"].nunique() == 2  # all or nothing
    frozen = found.query("decided == 'frozen'")
    assert frozen["macs"].nunique() > 2  # every gate for itself
    shuffled = found.query("decided == 'shuffled' and draw == 0")
    assert sorted(shuffled["macs"]) == sorted(own["macs"])
    assert shuffled["macs"].tolist() != own["macs"].tolist()


def test_a_static_network_has_one_row_that_says_so(records: dict[str, Record]) -> None:
    (row,) = records["resnet"].table("decisions").to_dict("records")
    assert row["note"] == NOTHING
    assert all(pd.isna(value) for name, value in row.items() if name != "note")


def test_gates_that_cannot_be_held_are_not_called_nothing(
    network_of: NetworkOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger's network, which routes by image in a way of its own."""
    trained = network_of("resnet")
    run = trained.net.run

    def skipping(features: torch.Tensor, **options: Any) -> Forward:
        out = run(features, **options)
        return replace(out, route=out.route & (features.mean(dim=(1, 2, 3)) > 0).unsqueeze(1))

    monkeypatch.setattr(trained.net, "run", skipping)
    (note,) = decisions(trained, FEW)["note"]
    assert note == NOT_HELD


@pytest.mark.parametrize("compute", ["all", "needed"])
def test_held_gates_decide_as_they_are_told(network_of: NetworkOf, compute: Any) -> None:
    net = network_of("adanet").net
    route = torch.rand(8, len(net.units), generator=torch.Generator().manual_seed(1)) < 0.5
    with gates_held(net, route), torch.no_grad():
        assert torch.equal(net(torch.rand(8, 1, 28, 28), compute=compute).route, route)


def test_only_gates_can_be_held(network_of: NetworkOf) -> None:
    net = network_of("resnet").net
    assert not is_gated(net)
    with pytest.raises(ValueError, match="ResNet has no gates"), gates_held(net, torch.ones(1, 6, dtype=torch.bool)):
        pass


def test_fixed_units_are_those_used_most_and_one_in_part() -> None:
    # Rates .9, .5, .4 of units of 10, 20 and 10: 9 + 10 + 4 = 23 in the mean. The first runs always, the second for 13
    # images of 20, since 10 + .65 * 20 = 23.
    route = fixed_units(np.array([0.9, 0.5, 0.4]), np.array([10, 20, 10]), 20, np.random.default_rng(0))
    assert route.sum(dim=0).tolist() == [20, 13, 0]


def test_fixed_exits_are_two_neighbours_at_the_mean_cost() -> None:
    # Exits at 1, 3 and 7; 4 in the mean is 3 for three images of four and 7 for the fourth.
    exits = fixed_exits(np.array([1.0, 3.0, 7.0]), 4.0, 40, np.random.default_rng(0))
    assert torch.bincount(exits, minlength=3).tolist() == [0, 30, 10]


@pytest.mark.parametrize(("mean", "expected"), [(1.0, [40, 0, 0]), (7.0, [0, 0, 40])])
def test_fixed_exits_at_the_ends(mean: float, expected: list[int]) -> None:
    exits = fixed_exits(np.array([1.0, 3.0, 7.0]), mean, 40, np.random.default_rng(0))
    assert torch.bincount(exits, minlength=3).tolist() == expected
