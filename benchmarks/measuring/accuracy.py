"""The network's prediction for every test image at every setting, and the route that the image took."""

from __future__ import annotations

import pandas as pd
import torch

from benchmarks.measuring import evaluator
from benchmarks.measuring.route_text import route_text
from benchmarks.measuring.trained_network import TrainedNetwork
from zoo.network import Setting

BATCH = 250


@evaluator("accuracy", order=1)
def accuracy(trained: TrainedNetwork, options: None) -> pd.DataFrame:
    """One row per test image and setting.

    Columns: setting, index, label, prediction, confidence (softmax of the prediction), nll (nats),
    top5 (bool), macs (routed), route (`1` and `0` per unit).
    """
    return pd.concat([_at(trained, setting) for setting in trained.settings], ignore_index=True)


def _at(trained: TrainedNetwork, setting: Setting) -> pd.DataFrame:
    rows = []
    with trained.at(setting) as net, torch.no_grad():
        for batch in trained.dataset.test.batches(BATCH, device=trained.device, channels_last=True):
            out = net(batch.images, compute="needed")
            log_probs = torch.log_softmax(out.logits.float(), dim=1)
            confidence, prediction = log_probs.exp().max(dim=1)
            top5 = log_probs.topk(min(5, log_probs.shape[1]), dim=1).indices
            rows.append(
                pd.DataFrame(
                    {
                        "setting": setting.name,
                        "index": batch.indices.cpu().numpy(),
                        "label": batch.labels.cpu().numpy(),
                        "prediction": prediction.cpu().numpy(),
                        "confidence": confidence.cpu().numpy(),
                        "nll": -log_probs.gather(1, batch.labels.unsqueeze(1)).squeeze(1).cpu().numpy(),
                        "top5": (top5 == batch.labels.unsqueeze(1)).any(dim=1).cpu().numpy(),
                        "macs": trained.ledger.routed(out.route).numpy(),
                        "route": route_text(out.route),
                    }
                )
            )
    return pd.concat(rows, ignore_index=True)
