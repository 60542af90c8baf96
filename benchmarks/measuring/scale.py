"""Do larger objects take longer routes? Units executed and answers on test images that are zoomed.

The figure of SkipNet's paper (Wang et al. 2018, Fig. 8) has the number of executed blocks at several scales, less that
of the same image at scale 1: on ImageNet and SVHN, more blocks run for larger scales.
"""

from __future__ import annotations

import pandas as pd
import torch
from pydantic import Field, field_validator

from benchmarks.measuring import evaluator
from benchmarks.measuring.corrupting import zoom
from benchmarks.measuring.fixed_route import fixed_route
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.strict import Strict

AS_IT_IS = 1.0
"""The scale of the image itself."""
COLUMNS = ["scale", "index", "label", "prediction", "macs", "units", "note"]


class ScaleOptions(Strict):
    """How images are zoomed.

    Attributes:
        scales: how many times as large images become, about their centre: black around them below 1, cut above 1. The
            image itself, at 1, is always among them.
        samples: images of the test split, from its beginning.
        batch_size: images that are answered together.
    """

    scales: tuple[float, ...] = (0.5, 0.6, 0.7, 0.8, 0.9, 1.1, 1.25, 1.5)
    samples: int = Field(500, ge=1)
    batch_size: int = Field(250, ge=1)

    @field_validator("scales")
    @classmethod
    def _different(cls, scales: tuple[float, ...]) -> tuple[float, ...]:
        if not scales or len(set(scales)) < len(scales) or not all(0.1 <= scale <= 10 for scale in scales):
            raise ValueError(f"scales must be one or more different numbers from 0.1 to 10, not {list(scales)}")
        return scales


@evaluator("scale", options=ScaleOptions, order=17)
def scale(trained: TrainedNetwork, options: ScaleOptions) -> pd.DataFrame:
    """One row per scale, ascending, and image, at the headline setting; one row with a note where routes cannot vary.

    Columns: scale, index, label, prediction, macs (routed), units (how many were executed), note (empty, or why there
    is nothing: then all else is missing).
    """
    reason = fixed_route(trained)
    if reason:
        return pd.DataFrame([{"note": reason}], columns=COLUMNS)
    rows = []
    images = trained.dataset.test.take(options.samples)
    with trained.at(trained.settings[0]) as net, torch.inference_mode():
        for factor in sorted({*options.scales, AS_IT_IS}):
            for batch in images.batches(options.batch_size, device=trained.device, channels_last=True):
                indices = batch.indices.tolist()
                zoomed = batch.images if factor == AS_IT_IS else zoom(batch.images, factor, indices).clamp(0, 1)
                out = net(zoomed, compute="needed")
                rows.append(
                    pd.DataFrame(
                        {
                            "scale": factor,
                            "index": indices,
                            "label": batch.labels.cpu().numpy(),
                            "prediction": out.logits.argmax(dim=1).cpu().numpy(),
                            "macs": trained.ledger.routed(out.route).numpy(),
                            "units": out.route.sum(dim=1).cpu().numpy(),
                            "note": "",
                        }
                    )
                )
    return pd.concat(rows, ignore_index=True)
