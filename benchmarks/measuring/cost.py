"""Nominal, routed and executed cost side by side, with two other counters as cross-checks of the nominal total."""

from __future__ import annotations

import logging
import warnings
from contextlib import redirect_stdout
from io import StringIO

import pandas as pd
from pydantic import Field
from torch import Tensor, nn

from benchmarks.measuring import evaluator
from benchmarks.measuring.logits_only import LogitsOnly
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.strict import Strict
from zoo.network import count_parameters
from zoo.sizing.unit_costs import count_executed


class CostOptions(Strict):
    """Counting.

    Attributes:
        batch_size: images per batch while executed operations are counted over the test split.
    """

    batch_size: int = Field(250, ge=1)


@evaluator("cost", options=CostOptions, order=2)
def cost(trained: TrainedNetwork, options: CostOptions) -> pd.DataFrame:
    """One row per setting; costs in multiply-accumulates per image, `executed` and `routed` as test-set means.

    Columns: setting, parameters, nominal, routed, executed, fvcore, ptflops. `fvcore` and `ptflops` count the
    nominal graph (every unit) and are the same in every row; the report shows how far they deviate.
    """
    nominal_graph = LogitsOnly(trained.net)
    example = next(iter(trained.dataset.test.batches(1, device=trained.device))).images
    shared = {
        "parameters": count_parameters(trained.net),
        "nominal": trained.ledger.nominal,
        "fvcore": fvcore_macs(nominal_graph, example),
        "ptflops": ptflops_macs(nominal_graph, example),
    }
    rows = []
    for setting in trained.settings:
        executed = routed = 0
        with trained.at(setting) as net:
            for batch in trained.dataset.test.batches(options.batch_size, device=trained.device):
                macs, out = count_executed(net, batch.images)
                executed += macs
                routed += int(trained.ledger.routed(out.route).sum())
        samples = len(trained.dataset.test)
        rows.append({"setting": setting.name, **shared, "routed": routed / samples, "executed": executed / samples})
    return pd.DataFrame(rows)


def fvcore_macs(net: nn.Module, images: Tensor) -> int:
    """Fvcore's count of convolutions and matrix products for one image; its default total adds batch norm."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.*deprecated")
        from fvcore.nn import FlopCountAnalysis

    analysis = FlopCountAnalysis(net, images)
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
    by_operator = analysis.by_operator()
    return int(sum(by_operator[name] for name in ("conv", "linear", "matmul", "addmm", "bmm")))


def ptflops_macs(net: nn.Module, images: Tensor) -> int:
    """Ptflops' count for one image with its `aten` backend, which sees functional calls and no batch norm."""
    from ptflops import get_model_complexity_info

    root = logging.getLogger()
    level = root.level
    with redirect_stdout(StringIO()):
        macs, _ = get_model_complexity_info(
            net,
            tuple(images.shape[1:]),
            input_constructor=lambda shape: {"images": images},
            as_strings=False,
            print_per_layer_stat=False,
            verbose=False,
            backend="aten",
        )
    root.setLevel(level)
    if macs is None:
        raise RuntimeError("ptflops could not count this network")
    return int(macs)
