"""FractalNet against its paper: the expansion rule, drop-path, and columns that serve alone."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import zoo
from benchmarks import data
from benchmarks.study.study import load_study
from benchmarks.training.loop import NoCheckpoint, accuracy, train
from benchmarks.training.numerics import single_threaded
from benchmarks.training.tasks import task_of
from zoo.methods.fractalnet.block import (
    ColumnSegment,
    ConvOptions,
    FractalBlock,
    PathNorm,
    drop_locally,
    expand,
    mean_of_live,
    only_column,
    reaching_the_end,
)
from zoo.methods.fractalnet.network import FractalNet
from zoo.sizing.unit_costs import MacCounter, measure_ledger

DIGIT = zoo.Task(shape=(1, 28, 28), classes=10)


def tiny(**parameters: Any) -> FractalNet:
    torch.manual_seed(0)
    net = zoo.create(zoo.Selector("fractalnet", "tiny", parameters), DIGIT)
    assert isinstance(net, FractalNet)
    return net


@cache
def on_meta(preset: str) -> FractalNet:
    with torch.device("meta"):
        net = zoo.create(zoo.Selector("fractalnet", preset))
    assert isinstance(net, FractalNet)
    return net


def digits(count: int) -> Tensor:
    images: Tensor = next(data.load("mnist5k", train=128, test=64).train.batches(count)).images
    return images


def columns_in(route: Tensor, net: FractalNet) -> set[int]:
    """The columns that one sample's route (U,) touches."""
    per_block = [segment.column for segment in net.segments] * len(net.blocks)
    return {column for column, used in zip(per_block, route.tolist(), strict=True) if used}


def paths_through(segments: tuple[ColumnSegment, ...]) -> int:
    arriving = {0: 1}
    for segment in segments:
        arriving[segment.end] = arriving.get(segment.end, 0) + arriving[segment.start]
    return arriving[segments[-1].end]


@pytest.mark.parametrize(("columns", "paths"), [(1, 1), (2, 2), (3, 5), (4, 26)])
def test_the_expansion_rule_squares_the_paths_and_adds_one(columns: int, paths: int) -> None:
    assert paths_through(expand(columns)) == paths


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 6])
def test_column_c_has_two_to_the_c_minus_one_convolutions(columns: int) -> None:
    segments = expand(columns)
    depths = [sum(s.convs for s in segments if s.column == c) for c in range(1, columns + 1)]
    assert depths == [2 ** (c - 1) for c in range(1, columns + 1)]


def block_of_three(pool: Any) -> tuple[FractalBlock, dict[str, nn.Module]]:
    torch.manual_seed(0)
    block = FractalBlock(3, 2, 4, dropout=0.0, pool=pool, options=ConvOptions()).eval()
    names = [f"{s.column}.{s.number}" for s in block.segments]
    return block, dict(zip(names, block.chains, strict=True))


def whole(block: FractalBlock, x: Tensor) -> Tensor:
    out: Tensor = block(x, torch.ones(1, len(block.segments), dtype=torch.bool))
    return out


def test_a_block_of_three_columns_is_two_nested_joins() -> None:
    block, chain = block_of_three("none")
    x = torch.randn(2, 2, 6, 6)
    middle = (chain["2.1"](x, False) + chain["3.1"](x, False)) / 2
    expected = (chain["1.1"](x, False) + chain["2.2"](middle, False) + chain["3.2"](middle, False)) / 3
    torch.testing.assert_close(whole(block, x), expected)


def test_each_column_is_pooled_before_the_last_join() -> None:
    block, chain = block_of_three("columns")
    x = torch.randn(2, 2, 6, 6)
    middle = (chain["2.1"](x, False) + chain["3.1"](x, False)) / 2
    ends = [chain["1.1"](x, False), chain["2.2"](middle, False), chain["3.2"](middle, False)]
    pooled = torch.stack([functional.max_pool2d(end, 2) for end in ends])
    torch.testing.assert_close(whole(block, x), pooled.mean(dim=0))


def test_pooling_after_the_join_is_another_network() -> None:
    (first, _), (after, _) = block_of_three("columns"), block_of_three("join")
    x = torch.randn(2, 2, 6, 6)
    assert whole(first, x).shape == whole(after, x).shape == (2, 4, 3, 3)
    assert not torch.allclose(whole(first, x), whole(after, x))


def constants(*values: float) -> list[Tensor]:
    return [torch.full((2, 1, 1, 1), value) for value in values]


def test_a_join_divides_by_the_number_alive() -> None:
    out = mean_of_live(constants(3.0, 9.0, 30.0), torch.tensor([[True, False, True]]))
    assert out.flatten().tolist() == [16.5, 16.5]


def test_a_join_divides_by_the_number_alive_of_each_sample() -> None:
    alive = torch.tensor([[True, True, True], [False, True, False]])
    assert mean_of_live(constants(3.0, 9.0, 30.0), alive).flatten().tolist() == pytest.approx([14.0, 9.0])


def test_when_all_inputs_are_dropped_one_is_revived() -> None:
    torch.manual_seed(0)
    alive = drop_locally(expand(3), 1.0, rows=200)
    first, last = alive[:, :2].sum(dim=1), alive[:, 2:].sum(dim=1)
    assert (first == 1).all()
    assert (last == 1).all()


def test_every_input_can_be_the_revived_one() -> None:
    torch.manual_seed(0)
    assert drop_locally(expand(3), 1.0, rows=200).any(dim=0).all()


def test_inputs_survive_at_the_rate_plus_their_share_of_revivals() -> None:
    torch.manual_seed(0)
    survival = drop_locally(expand(3), 0.15, rows=40_000).float().mean(dim=0)
    of_two, of_three = 0.85 + 0.15**2 / 2, 0.85 + 0.15**3 / 3
    expected = [of_two, of_two, of_three, of_three, of_three]
    assert survival.tolist() == pytest.approx(expected, abs=0.008)


def test_what_feeds_only_dropped_segments_is_not_used() -> None:
    segments = expand(3)
    alive = torch.tensor([[True, True, True, False, False]])
    assert [s.column for s in segments] == [2, 3, 1, 2, 3]
    assert reaching_the_end(segments, alive).tolist() == [[False, False, True, False, False]]


def test_a_single_column_reaches_the_end() -> None:
    segments = expand(4)
    for column in range(1, 5):
        alone = only_column(segments, column)
        assert torch.equal(reaching_the_end(segments, alone), alone)


def test_a_global_draw_is_one_column_for_the_entire_network() -> None:
    net = tiny(global_share=1.0).train()
    images = digits(4)
    drawn = []
    for _ in range(24):
        route = net(images).route
        assert (route == route[0]).all()
        columns = columns_in(route[0], net)
        drawn += list(columns)
        assert len(columns) == 1
        assert route[0].tolist() == (only_column(net.segments, drawn[-1])[0].tolist() * len(net.blocks))
    assert set(drawn) == {1, 2, 3}


def test_local_and_global_mini_batches_alternate() -> None:
    net = tiny(local_rate=0.0).train()
    images = digits(4)
    kinds = ["local" if net(images).route.all() else "global" for _ in range(8)]
    assert kinds == ["local", "global"] * 4


def test_a_quarter_of_the_draws_can_be_global() -> None:
    net = tiny(local_rate=0.0, global_share=0.25).train()
    images = digits(4)
    assert [bool(net(images).route.all()) for _ in range(8)] == [True, True, True, False] * 2


def test_every_epoch_starts_with_a_local_turn() -> None:
    net = tiny(local_rate=0.0).train()
    images = digits(4)
    net(images)
    net.eval()
    net.train()
    assert net(images).route.all()


def test_what_drop_path_drops_does_not_run() -> None:
    net = tiny(local_rate=0.5)
    ledger = measure_ledger(net)
    net.train()
    images = digits(4)
    costs = set()
    for _ in range(12):
        with MacCounter() as counter, torch.no_grad():
            out = net(images)
        assert ledger.routed(out.route).sum().item() == counter.macs
        costs.add(counter.macs)
    assert len(costs) > 4


def test_a_column_alone_leaves_the_whole_networks_statistics_alone() -> None:
    net = tiny(global_share=1.0).train()
    net(digits(8))
    norms = [module for module in net.modules() if isinstance(module, PathNorm)]
    assert all((norm.running_mean[0] == 0).all() for norm in norms)
    assert any((norm.running_mean[1] != 0).any() for norm in norms)


def test_each_sub_network_is_normalised_by_its_own_statistics() -> None:
    norm = PathNorm(1).eval()
    norm.running_mean.copy_(torch.tensor([[1.0], [5.0]]))
    x = torch.full((1, 1, 1, 1), 5.0)
    assert norm(x, False).item() == pytest.approx(4, abs=1e-4)
    assert norm(x, True).item() == pytest.approx(0, abs=1e-4)
    shared = PathNorm(1, own_statistics=False).eval()
    assert shared(x, False).item() == shared(x, True).item()


def test_samples_that_draw_alone_are_answered_in_their_places() -> None:
    net = tiny(draw="sample", dropout=(0.0, 0.0)).train()
    for module in net.modules():
        if isinstance(module, PathNorm | nn.BatchNorm2d):
            module.eval()
    images = digits(32)
    out = net(images)
    alone = [columns_in(route, net) for route in out.route]
    singles = [i for i, columns in enumerate(alone) if len(columns) == 1]
    assert 6 < len(singles) < 26
    net.eval()
    for i in singles[:8]:
        net.use(zoo.Setting(name="", values={"column": alone[i].pop()}))
        torch.testing.assert_close(net(images[i : i + 1]).logits[0], out.logits[i], atol=1e-5, rtol=1e-4)


def test_tied_draws_add_the_mean_loss_of_the_columns() -> None:
    net = tiny(draw="tied")
    logits = [torch.tensor([[0.0, 0.0]]), torch.tensor([[0.0, 100.0]]), torch.tensor([[0.0, 0.0]])]
    forward = zoo.Forward(logits=logits[0], route=torch.ones(1, 1, dtype=torch.bool), exit_logits=tuple(logits))
    chance, wrong = torch.log(torch.tensor(2.0)), 100
    expected = chance + (2 * chance + wrong) / 3
    assert net.loss(forward, torch.tensor([0])).item() == pytest.approx(expected.item())


def test_tied_draws_train_every_column_at_every_step() -> None:
    net = tiny(draw="tied").train()
    assert len(net(digits(4)).exit_logits) == 3


def test_every_convolution_of_a_block_has_its_dropout_before_batch_norm() -> None:
    net = on_meta("fractalnet-20")
    for block, rate in zip(net.blocks, (0.0, 0.1, 0.2, 0.3, 0.4), strict=True):
        rates = [module.p for module in block.modules() if isinstance(module, nn.Dropout)]
        assert rates == [rate] * 7


THOUSANDS = {
    "fractalnet-20": 33_725,
    "fractalnet-20-c100": 33_771,
    "fractalnet-thin-5": 258,
    "fractalnet-thin-10": 848,
    "fractalnet-thin-20": 2_125,
    "fractalnet-thin-40": 4_779,
    "fractalnet-thin-80": 10_185,
    "fractalnet-thin-160": 21_095,
}


@pytest.mark.parametrize(("preset", "thousands"), THOUSANDS.items())
def test_published_networks_have_their_parameters(preset: str, thousands: int) -> None:
    assert round(zoo.count_parameters(on_meta(preset)) / 1000) == thousands


def with_a_1x1_in_front(columns: int, classes: int) -> tuple[int, int]:
    """Parameters and MACs on 32 x 32 colour images, by the layers of the published widths."""
    widths, channels = (64, 128, 256, 512, 512), 3
    parameters, macs, pixels = 512 * classes + classes, 512 * classes, 32 * 32
    convolutions = 2**columns - 1
    for width in widths:
        weights = channels * width + 9 * convolutions * width**2
        parameters += weights + 2 * width * (convolutions + 1)
        macs += pixels * weights
        channels, pixels = width, pixels // 4
    return parameters, macs


@pytest.mark.parametrize(
    ("selector", "columns", "classes", "millions", "macs"),
    [
        ("fractalnet[fractalnet-20-1x1]", 3, 10, 38.912, 1_130.6),
        ("fractalnet[fractalnet-20-1x1-c100]", 3, 100, 38.958, 1_130.6),
        ("fractalnet[fractalnet-20-1x1, columns=4]", 4, 10, 82.878, 2_414.0),
    ],
)
def test_a_1x1_convolution_in_front_of_every_block_comes_nearest_to_the_printed_size(
    selector: str, columns: int, classes: int, millions: float, macs: float
) -> None:
    with torch.device("meta"):
        net = zoo.create(selector)
    expected, expected_macs = with_a_1x1_in_front(columns, classes)
    assert zoo.count_parameters(net) == expected
    assert measure_ledger(net).nominal == expected_macs
    assert expected / 1e6 == pytest.approx(millions, abs=0.0006)
    assert expected_macs / 1e6 == pytest.approx(macs, abs=0.1)


def test_a_1x1_convolution_in_front_feeds_every_column_and_is_no_unit() -> None:
    plain, widened = tiny(), tiny(widen_first=True)
    assert widened.units == plain.units
    added = measure_ledger(widened).fixed_macs - measure_ledger(plain).fixed_macs
    assert added == 14 * 14 * 16 * 16 + 7 * 7 * 16 * 32
    torch.manual_seed(0)
    block = FractalBlock(2, 2, 4, dropout=0.0, pool="none", options=ConvOptions(), widen_first=True).eval()
    assert block.widen is not None
    x = torch.randn(2, 2, 6, 6)
    front = block.widen(x, False)
    ends = [chain(front, False) for chain in block.chains]
    torch.testing.assert_close(whole(block, x), (ends[0] + ends[1]) / 2)


def test_columns_of_fractalnet_20_cost_what_was_measured() -> None:
    net = on_meta("fractalnet-20-c100")
    ledger = measure_ledger(net)
    convolutions = [(ledger.routed(net._mask_of_column(c)).item() - ledger.fixed_macs) / 1e6 for c in (1, 2, 3)]
    assert convolutions == pytest.approx([67.8, 228.3, 549.1], abs=0.05)
    assert (ledger.nominal - ledger.fixed_macs) / 1e6 == pytest.approx(845.2, abs=0.05)
    assert ledger.fixed_macs == 512 * 100


@pytest.mark.parametrize(("preset", "layers"), [("fractalnet-20", 20), ("fractalnet-40", 40), ("fractalnet-34", 32)])
def test_the_deepest_column_gives_the_network_its_name(preset: str, layers: int) -> None:
    net = on_meta(preset)
    deepest = [s.convs for s in net.segments if s.column == net.columns]
    assert sum(deepest) * len(net.blocks) == layers


def test_settings_are_the_whole_network_and_every_column() -> None:
    net = tiny()
    ledger = measure_ledger(net)
    validation = zoo.Validation(
        labels=torch.zeros(1, dtype=torch.int64),
        forward=zoo.Forward(logits=torch.zeros(1, 10), route=torch.ones(1, len(net.units), dtype=torch.bool)),
        fixed_macs=ledger.fixed_macs,
        unit_macs=ledger.unit_macs,
    )
    settings = net.settings(validation)
    assert [setting.name for setting in settings] == ["whole network", "column 1", "column 2", "column 3"]
    costs = []
    for setting in settings:
        net.use(setting)
        costs.append(ledger.routed(net.eval()(digits(1)).route).item())
    assert costs[1] < costs[2] < costs[3] < costs[0] == ledger.nominal


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"columns": 0}, "columns must be at least 1"),
        ({"widths": ()}, "widths"),
        ({"dropout": (0.1,)}, "dropout must be 2 rates"),
        ({"local_rate": 1.5}, "local_rate"),
        ({"global_share": -0.1}, "global_share"),
        ({"draw": "block"}, "draw must be 'batch', 'sample' or 'tied'"),
        ({"pool": "none"}, "pool must be 'columns' or 'join'"),
        ({"head": "gap"}, "head"),
        ({"stem_kind": "cifar"}, "stem_kind"),
        ({"dropout_unit": "row"}, "dropout_unit"),
    ],
)
def test_bad_parameters_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tiny(**parameters)


@pytest.mark.parametrize("column", [0, 4, "deepest"])
def test_columns_that_do_not_exist_are_refused(column: Any) -> None:
    with pytest.raises(ValueError, match="column must be one of 1 to 3"):
        tiny().use(zoo.Setting(name="", values={"column": column}))


@cache
def accuracies(**parameters: Any) -> dict[str, float]:
    """Test accuracy by setting after the quick study's recipe."""
    dataset = data.load("mnist5k")
    torch.manual_seed(1)
    net = zoo.create(zoo.Selector("fractalnet", "tiny", parameters), task_of(dataset.info))
    cpu = torch.device("cpu")
    with single_threaded():
        train(
            net,
            dataset,
            load_study("quick").recipe,
            seed=1,
            device=cpu,
            checkpoint=NoCheckpoint(),
        )
        found = {"whole": accuracy(net, dataset.test, cpu)}
        for column in (1, 2, 3):
            net.use(zoo.Setting(name="", values={"column": column}))
            found[f"column {column}"] = accuracy(net, dataset.test, cpu)
    return found


@pytest.mark.long
def test_the_deepest_column_serves_almost_as_well_as_the_whole() -> None:
    found = accuracies()
    assert found["whole"] >= 0.96
    assert found["column 3"] >= found["whole"] - 0.03


@pytest.mark.long
def test_without_global_drop_path_columns_do_not_serve_alone() -> None:
    found = accuracies(global_share=0.0, local_rate=0.0)
    assert found["whole"] >= 0.96
    assert found["column 3"] < 0.8
