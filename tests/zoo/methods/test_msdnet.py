"""MSDNet: the grid of layers and scales, lazy evaluation, and what its exits promise."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import nn

import zoo
from benchmarks import data
from benchmarks.conformance.cases import CPU, DIGITS, TASK, trained
from benchmarks.study.study import load_study
from benchmarks.training.fitting import propose_settings
from benchmarks.training.loop import NoCheckpoint, accuracy, train
from benchmarks.training.numerics import single_threaded
from benchmarks.training.tasks import task_of
from zoo.methods.msdnet import MSDNet
from zoo.methods.msdnet.trunk import CellGrid, ScalesSegment, exit_layers
from zoo.papers.paper import CIFAR10, IMAGENET
from zoo.sizing.unit_costs import measure_ledger

IMAGENET_22: Mapping[str, Any] = {"scales": 4, "channels": 64, "head_width": None, "stem_kind": "imagenet"}
PAPERS_24 = CellGrid(exits=exit_layers(11, 4, 2, "even"), scales=3, reduction=0.5)


def built(name: str, task: zoo.Task | None = None) -> MSDNet:
    with torch.device("meta"):
        net = zoo.create(name, task)
    assert isinstance(net, MSDNet)
    return net


@pytest.mark.parametrize(
    ("task", "parameters", "expected"),
    [(CIFAR10, {}, 4_839_544), (IMAGENET, IMAGENET_22, 20_106_676)],
    ids=["cifar", "imagenet"],
)
def test_parameters_are_those_of_imgclsmobs_22_layer_networks(
    task: zoo.Task, parameters: Mapping[str, Any], expected: int
) -> None:
    with torch.device("meta"):
        net = MSDNet(task, exits=10, base=4, step=2, growth=6, **parameters)
    assert zoo.count_parameters(net) == expected


def test_the_stem_has_a_bias_per_channel_on_imagenet_alone() -> None:
    without = zoo.count_parameters(built("msdnet[msdnet-k4, stem_bias=false]"))
    assert zoo.count_parameters(built("msdnet[msdnet-k4]")) == without + 32
    names = dict(built("msdnet[msdnet-k4]").named_parameters())
    biases = [name for name in names if name.endswith("bias") and f"{name.removesuffix('bias')}weight" in names]
    assert [name for name in biases if names[f"{name.removesuffix('bias')}weight"].ndim == 4] == [
        "segments.0.first_layer.stem.0.0.bias"
    ]
    assert zoo.parameters_of("msdnet[msdnet-24]").get("stem_bias", False) is False


@pytest.mark.parametrize(
    ("preset", "layers"),
    [
        ("msdnet-24", (4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24)),
        ("msdnet-10", (1, 3, 6, 10)),
        ("msdnet-36", (1, 3, 6, 10, 15, 21, 28, 36)),
        ("msdnet-k4", (7, 11, 15, 19, 23)),
        ("msdnet-k7", (10, 17, 24, 31, 38)),
        ("msdnet-step4", (4, 8, 12, 16, 20)),
    ],
)
def test_classifiers_stand_where_the_paper_puts_them(preset: str, layers: tuple[int, ...]) -> None:
    assert built(f"msdnet[{preset}]").grid.exits == layers


def test_a_scale_goes_after_a_third_and_after_two_thirds_of_the_depth() -> None:
    assert [layer for layer in range(1, 25) if PAPERS_24.drops(layer)] == [9, 17]
    assert [PAPERS_24.finest(layer) for layer in (1, 8, 9, 16, 17, 24)] == [0, 0, 1, 1, 2, 2]


def test_channels_grow_by_the_growth_and_are_halved_by_transitions() -> None:
    # 16 + 8 x 6 = 64; 70 / 2 = 35; 35 + 7 x 6 = 77; 83 / 2 = 41; 41 + 7 x 6 = 83
    assert [PAPERS_24.channels(layer, 16, 6) for layer in (0, 8, 9, 16, 17, 24)] == [16, 64, 35, 77, 41, 83]


def test_costs_worked_out_by_hand() -> None:
    net = MSDNet(
        zoo.Task(shape=(1, 8, 8), classes=2),
        exits=1,
        base=1,
        scales=2,
        channels=2,
        growth=2,
        growth_factors=(1, 1),
        bottleneck_factors=None,
        head_width=4,
    )
    stem, down = 9 * 1 * 2 * 64, 9 * 2 * 2 * 16
    diagonal = horizontal = 9 * 2 * 1 * 16
    first, second, linear = 9 * 4 * 4 * 4, 9 * 4 * 4 * 1, 4 * 2
    ledger = measure_ledger(net)
    assert ledger.unit_macs.tolist() == [stem + down + diagonal + horizontal, first + second + linear]
    assert ledger.fixed_macs == 0


def cells(net: MSDNet, *, lazy: bool) -> dict[tuple[int, int], nn.Module]:
    segments = [segment for segment in net.segments if isinstance(segment, ScalesSegment)]
    walks = net.grid.cells(lazy=lazy)
    return {
        place: cell for s, walk in zip(segments, walks, strict=True) for place, cell in zip(walk, s.cells, strict=True)
    }


SHAPES: list[dict[str, Any]] = [
    {"exits": 4, "base": 1, "step": 1, "spacing": "linear"},
    {"exits": 3, "base": 4, "step": 1, "reduction": 0.0},
    {"exits": 2, "base": 3, "step": 3, "scales": 4, "bottleneck_factors": None},
]


@pytest.mark.parametrize("parameters", SHAPES, ids=["linear", "even", "four scales"])
def test_lazy_evaluation_answers_what_whole_layers_answer(parameters: dict[str, Any]) -> None:
    torch.manual_seed(0)
    lazy, whole = (MSDNet(CIFAR10, growth=4, head_width=8, lazy=way, **parameters).eval() for way in (True, False))
    sources, targets = cells(lazy, lazy=True), cells(whole, lazy=False)
    assert set(sources) == set(targets)
    for place, cell in sources.items():
        targets[place].load_state_dict(cell.state_dict())
    whole.heads.load_state_dict(lazy.heads.state_dict())
    first, other = lazy.segments[0], whole.segments[0]
    assert isinstance(first, ScalesSegment)
    assert isinstance(other, ScalesSegment)
    assert first.first_layer is not None
    assert other.first_layer is not None
    other.first_layer.load_state_dict(first.first_layer.state_dict())
    images = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        for expected, found in zip(whole(images).exit_logits, lazy(images).exit_logits, strict=True):
            torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_lazy_evaluation_saves_before_early_exits_and_nothing_before_the_last() -> None:
    lazy, whole = (measure_ledger(built(f"msdnet[msdnet-10, lazy={way}]")).unit_macs[::2].cumsum(0) for way in (1, 0))
    assert (lazy[:-1] < whole[:-1]).all()
    assert lazy[-1] == whole[-1]


@pytest.mark.parametrize(
    ("preset", "quoted"),
    [("msdnet-28", [6.86, 14.35, 27.31, 48.45, 76.43]), ("msdnet-step4", [339.90, 685.46, 1008.16, 1254.47, 1360.53])],
)
def test_cumulative_costs_are_those_that_later_work_quotes_for_the_official_code(
    preset: str, quoted: list[float]
) -> None:
    # quoted with batch norm and ReLU, which add up to 1 %
    unit_macs = measure_ledger(built(f"msdnet[{preset}, lazy=False]")).unit_macs
    cumulative = unit_macs.view(-1, 2).sum(dim=1).cumsum(0)[:5] / 1e6
    assert cumulative.tolist() == pytest.approx(quoted, rel=0.012)


def test_the_loss_is_the_sum_over_exits() -> None:
    net = MSDNet(TASK, exits=3, base=1, step=1)
    exit_logits = tuple(torch.randn(4, 10) for _ in range(3))
    labels = torch.tensor([1, 2, 3, 4])
    forward = zoo.Forward(logits=exit_logits[-1], route=net.all_units(4, CPU), exit_logits=exit_logits)
    picked = [-torch.log_softmax(logits, dim=1)[range(4), labels].mean() for logits in exit_logits]
    torch.testing.assert_close(net.loss(forward, labels), sum(picked))


def test_everybody_leaves_at_an_anytime_exit_and_no_earlier_head_runs() -> None:
    case = trained("msdnet[tiny]")
    setting = next(s for s in case.settings if s.name == "exit 2")
    assert setting.values == {"thresholds": [None, MSDNet.everyone_leaves]}
    net = copy.deepcopy(case.net)
    net.use(setting)
    with torch.no_grad():
        out = net(case.images)
    assert torch.equal(out.logits, out.exit_logits[1])
    assert out.route.tolist() == [[True, False, True, True, False, False]] * len(case.images)


def test_samples_leave_where_their_confidence_exceeds_the_threshold() -> None:
    case = trained("msdnet[tiny]")
    net = copy.deepcopy(case.net)
    net.use(zoo.Setting(name="half", values={"thresholds": [0.5, 0.0]}))
    with torch.no_grad():
        out = net(case.images)
    confident = torch.softmax(out.exit_logits[0], dim=1).max(dim=1).values > 0.5
    assert 0 < int(confident.sum()) < len(confident)
    assert torch.equal(out.route[:, 2], ~confident)
    expected = torch.where(confident.unsqueeze(1), out.exit_logits[0], out.exit_logits[2])
    assert torch.equal(out.logits, expected)


@pytest.mark.parametrize("selector", ["msdnet[tiny]", "msdnet[tiny, exits=5, lazy=False]"])
def test_budgets_are_kept_on_validation(selector: str) -> None:
    case = trained(selector)
    ledger = measure_ledger(case.net)
    images = next(DIGITS.validation.batches(len(DIGITS.validation))).images
    for setting in [s for s in case.settings if s.name.startswith("budget")]:
        net = copy.deepcopy(case.net)
        net.use(setting)
        with torch.no_grad():
            spent = ledger.routed(net(images).route).double().mean()
        assert spent <= float(setting.name.split()[1].rstrip("%")) / 100 * ledger.nominal


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"exits": 0}, "exits, base and step"),
        ({"spacing": "odd"}, "spacing must be 'even' or 'linear'"),
        ({"scales": 5}, "growth_factors must be 5 numbers"),
        ({"growth": 3, "growth_factors": (1, 1, 1)}, "must be even"),
        ({"reduction": 1.5}, "reduction must lie between 0 and 1"),
        ({"channels": 0}, "channels and growth must be at least 1"),
    ],
)
def test_impossible_parameters_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MSDNet(CIFAR10, **parameters)


def test_a_wrong_number_of_thresholds_is_refused() -> None:
    with pytest.raises(ValueError, match="1 thresholds for 2 early exits"):
        copy.deepcopy(trained("msdnet[tiny]").net).use(zoo.Setting(name="bad", values={"thresholds": [0.1]}))


@pytest.mark.long
def test_accuracy_does_not_fall_from_exit_to_exit() -> None:
    digits = data.load("mnist5k")
    torch.manual_seed(1)
    net = zoo.create("msdnet[tiny]", task_of(digits.info))
    with single_threaded():
        train(
            net,
            digits,
            load_study("quick").recipe,
            seed=1,
            device=CPU,
            checkpoint=NoCheckpoint(),
        )
        found = []
        for setting in propose_settings(net, digits, CPU):
            if setting.name.startswith("exit") or setting.name == "full":
                net.use(setting)
                found.append(accuracy(net, digits.test, CPU))
    assert all(later >= earlier - 0.005 for earlier, later in pairwise(found))
    assert found[-1] >= 0.97
