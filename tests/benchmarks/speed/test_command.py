"""The table of `python -m benchmarks.speed`, and gates and exits set to wanted shares."""

from __future__ import annotations

import pandas as pd
import pytest
import torch
from rich.console import Console
from typer.testing import CliRunner

from benchmarks.speed.__main__ import app, table
from benchmarks.speed.exits import leaving
from benchmarks.speed.skipping import TASK, normalised, random_images, set_rate
from benchmarks.speed.table import row_of
from benchmarks.speed.turns import Ratio
from zoo import create
from zoo.methods.adanet import AdaNet


def printed(rows: pd.DataFrame) -> str:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(table("Title", rows))
    return capture.get()


def test_a_figure_below_its_bar_is_marked() -> None:
    lines = [
        row_of("a", "one", Ratio(0.5, 0.4, 0.6, 9), target=0.8),
        row_of("b", "two", Ratio(0.9, 0.8, 1.0, 9), target=0.8),
        row_of("c", "three", Ratio(0.1, 0.1, 0.1, 9)),
    ]
    shown = printed(pd.DataFrame(lines)).splitlines()
    assert ["below" in row for row in shown[2:5]] == [True, False, False]
    assert "0.40 to 0.60" in shown[2]


@pytest.mark.parametrize(("count", "rate", "share"), [(8, 0.5, 0.5), (8, 0.25, 0.25), (1, 0.5, 0.5)])
def test_gates_open_for_the_wanted_share(count: int, rate: float, share: float) -> None:
    torch.manual_seed(0)
    images = random_images(8)
    net = normalised(create("adanet[tiny]", TASK), images)
    assert isinstance(net, AdaNet)
    set_rate(net, images[:count], rate)
    with torch.no_grad():
        route = net(images[:count]).route
    assert route.float().mean().item() == pytest.approx(share)


def test_the_wanted_shares_leave_at_each_exit() -> None:
    torch.manual_seed(0)
    images = random_images(20)
    net = normalised(create("branchynet[tiny]", TASK), images)
    net.use(leaving(net, images, (0.4, 0.3)))
    with torch.no_grad():
        segments = net(images).route[:, ::2].float().mean(dim=0)
    assert segments.tolist() == pytest.approx([1.0, 0.6, 0.3])


def test_an_unknown_section_is_refused() -> None:
    assert CliRunner().invoke(app, ["--only", "nonsense"]).exit_code == 2


def test_a_section_that_cannot_be_measured_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    shown = CliRunner().invoke(app, ["--only", "compiled"])
    assert shown.exit_code == 0
    assert "not measured: torch.compile needs a C++ compiler: install no-such-compiler, or set CXX" in " ".join(
        shown.stdout.split()
    )


@pytest.mark.parametrize("rate", [0.3, 0.7])
def test_one_threshold_for_all_gates_opens_about_the_wanted_share(rate: float) -> None:
    torch.manual_seed(0)
    images = random_images(64)
    net = normalised(create("skipnet[tiny, gate=rnn, open_log_odds=None, blocks=(4, 4, 4)]", TASK), images)
    set_rate(net, images, rate)
    with torch.no_grad():
        route = net(images).route
    assert route.float().mean().item() == pytest.approx(rate, abs=0.05)
