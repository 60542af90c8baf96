"""What evaluators tell while they measure: before anything is timed, and with the share of their time that is spent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import Tensor

from benchmarks.measuring import TrainedNetwork, turns
from benchmarks.measuring.attacked_latency import AttackedLatencyOptions, attacked_latency
from benchmarks.measuring.configurations import Configuration
from benchmarks.measuring.doing import Doing, doing, part, told_to
from benchmarks.measuring.latency import LatencyOptions, latency

RACE = 0.2
"""Share of a batch size's time that engines race for: a quarter of the turns' time, besides."""


@pytest.fixture
def gated(network_of: Callable[[str], TrainedNetwork]) -> TrainedNetwork:
    return network_of("adanet")


def told(work: Callable[[], object]) -> list[Doing]:
    """What is told while something is done."""
    heard: list[Doing] = []
    with told_to(heard.append):
        work()
    return heard


def test_a_part_is_told_with_its_share_of_the_whole() -> None:
    def work() -> None:
        doing("first")
        with part(0.5, 1):
            doing("half")
            with part(0.25, 0.75):
                doing("a quarter", 3.0)
        doing("all again")

    assert told(work) == [
        Doing(what="first", share=0, until=1),
        Doing(what="half", share=0.5, until=1),
        Doing(what="a quarter", share=0.625, until=0.875, seconds=3.0),
        Doing(what="all again", share=0, until=1),
    ]


def test_who_listens_within_hears_shares_of_its_own() -> None:
    def work() -> None:
        with part(0.5, 1):
            assert told(lambda: doing("within")) == [Doing(what="within", share=0, until=1)]
            doing("half")

    assert told(work) == [Doing(what="half", share=0.5, until=1)]


def test_nobody_need_listen() -> None:
    doing("alone")
    told(lambda: None)
    doing("alone again")


@pytest.mark.parametrize(("elapsed", "share"), [(0, 0.2), (1, 0.4), (2, 0.6), (9, 0.6)])
def test_a_share_grows_with_the_time_up_to_the_end_of_the_part(elapsed: float, share: float) -> None:
    assert Doing(what="x", share=0.2, until=0.6, seconds=2).spent(elapsed) == pytest.approx(share)


def test_a_part_of_unknown_length_stays_where_it_begins() -> None:
    assert Doing(what="x", share=0.2, until=0.6).spent(100) == 0.2


def test_latency_tells_batch_sizes_engines_and_its_share(gated: TrainedNetwork) -> None:
    options = LatencyOptions(seconds=0.01, batch_sizes=(1, 8), engines=("PyTorch",))
    heard = told(lambda: latency(gated, options))
    assert [part.what.split(",")[0] for part in heard] == ["preparing its engines", *["batch 1"] * 3, *["batch 8"] * 3]
    races = [part for part in heard if part.what.endswith("2 engines race")]
    turns = [part for part in heard if part.seconds == options.seconds]
    assert [part.seconds for part in races] == [0.25 * options.seconds] * 2
    assert [(part.share, part.until) for part in races] == [
        pytest.approx((0, RACE / 2)),
        pytest.approx((1 / 2, 1 / 2 + RACE / 2)),
    ]
    assert [(part.share, part.until) for part in turns] == [
        pytest.approx((RACE / 2, 1 / 2)),
        pytest.approx((1 / 2 + RACE / 2, 1)),
    ]
    assert all("PyTorch" in part.what for part in turns)


def test_without_other_engines_nothing_races(gated: TrainedNetwork) -> None:
    heard = told(lambda: latency(gated, LatencyOptions(seconds=0.01, batch_sizes=(4,), engines=())))
    assert [part.what for part in heard] == [
        "preparing its engines",
        "batch 4, preparing the baseline's engines",
        "batch 4, PyTorch, fused",
    ]


def test_nothing_is_told_while_passes_are_timed(gated: TrainedNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    real = turns._timed

    def timed(configuration: Configuration, batch: Tensor) -> tuple[float, float]:
        order.append("pass")
        return real(configuration, batch)

    monkeypatch.setattr("benchmarks.measuring.turns._timed", timed)
    with told_to(lambda part: order.append("told")):
        latency(gated, LatencyOptions(seconds=0.01, batch_sizes=(4,), engines=()))
    assert order[:4] == ["told", "told", "told", "pass"]
    assert set(order[3:]) == {"pass"}


@pytest.fixture
def in_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ONNX Runtime, which takes seconds."""
    monkeypatch.setattr("benchmarks.measuring.attacked_latency.in_runtime", lambda *arguments: [])


@pytest.mark.usefixtures("in_pytorch")
def test_attacked_latency_tells_its_attack_and_its_turns(gated: TrainedNetwork) -> None:
    options = AttackedLatencyOptions(samples=4, steps=1, batch_sizes=(1, 4), seconds=0.01)
    heard = told(lambda: attacked_latency(gated, options))
    assert [(part.what, part.share, part.until) for part in heard] == [
        ("attacking the cost of its images", 0, 1),
        ("batch 1, PyTorch, fused", 0, 0.5),
        ("batch 4, PyTorch, fused", 0.5, 1),
    ]
