"""How sure a network is: the distance between its two most probable classes, per image."""

import pandas as pd
import torch

from benchmarks.measuring import TrainedNetwork, evaluator, summary_columns
from benchmarks.reporting.drawing.axes import canvas
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.figures import Drawing, Panel, figure
from benchmarks.reporting.tables import Column, Table, table
from benchmarks.reporting.tables.cells import number, text
from benchmarks.strict import Strict


class MarginOptions(Strict):
    samples: int = 500


@evaluator("margin", options=MarginOptions)
def margin(trained: TrainedNetwork, options: MarginOptions) -> pd.DataFrame:
    rows = []
    for setting in trained.settings:
        with trained.at(setting) as net, torch.no_grad():
            for batch in trained.dataset.test.take(options.samples).batches(100, device=trained.device):
                best = net(batch.images).logits.float().softmax(dim=1).topk(2).values
                rows.append(pd.DataFrame({"setting": setting.name, "margin": (best[:, 0] - best[:, 1]).cpu()}))
    return pd.concat(rows, ignore_index=True)


@summary_columns("margin")
def columns(measured: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    return measured.groupby("setting")[["margin"]].mean()


@table("margin", section="calibration")
def margins(evidence: Evidence) -> Table:
    rows = [
        [text(n.name, network=n.slug), number(evidence.headlines[n.label], "margin", "{:.3f}".format, reason="")]
        for n in evidence.networks
    ]
    return Table(title="Mean margin", columns=[Column(name="Network", numeric=False), Column(name="Margin")], rows=rows)


@figure("margin", section="calibration", title="Margins")
def draw(evidence: Evidence) -> Drawing:
    drawn, axes = canvas()
    axes.barh([n.name for n in evidence.networks], [evidence.value(n, "margin") for n in evidence.networks])
    return Drawing(panels=[Panel(figure=drawn)], caption="Mean over all images, at the headline setting.")
