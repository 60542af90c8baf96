"""The dense network of early exits is the network without them, and rows say what is compared."""

from __future__ import annotations

import pytest
import torch

from benchmarks.measuring import engines
from benchmarks.speed.exits import TARGET, Case, LastExit, measure_case
from zoo import Setting, Task, create
from zoo.execution.early_exit import EarlyExitNet


def test_the_last_exit_alone_answers_as_the_network_without_early_exits() -> None:
    net = create("msdnet[tiny]", Task(shape=(1, 28, 28), classes=10)).eval()
    assert isinstance(net, EarlyExitNet)
    net.use(Setting(name="full", values={"thresholds": [None, None]}))
    images = torch.rand(3, 1, 28, 28)
    with torch.no_grad():
        torch.testing.assert_close(LastExit(net).eval()(images).logits, net(images).logits)


def test_a_case_has_a_row_with_a_target_per_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {name: make for name, make in engines.ENGINES.items() if "compile" not in name}
    monkeypatch.setattr(engines, "ENGINES", kept)
    rows = measure_case(Case("small", "msdnet[tiny]", None, ((0.4, 0.2), (0.2, 0.2))), 8, 0.0)
    assert [row["target"] for row in rows if row["what"].startswith("realised")] == [TARGET, TARGET]
