"""What every exit of a network says of every test image, those that the image never reaches included."""

from __future__ import annotations

import pandas as pd
import torch

from benchmarks.measuring import evaluator
from benchmarks.measuring.trained_network import TrainedNetwork
from zoo.execution.early_exit import EarlyExitNet
from zoo.execution.thresholds import entropy

BATCH = 250
COLUMNS = ["index", "label", "exit", "prediction", "confidence", "entropy", "note"]


@evaluator("exits", order=15)
def exits(trained: TrainedNetwork, options: None) -> pd.DataFrame:
    """One row per test image and exit, with every unit computed; one row with a note where there are no early exits.

    What an exit says does not depend on thresholds: the table `accuracy` has the exit at which an image left at each
    setting, which is the last one on its route.

    Columns: index, label, exit (the unit's name), prediction, confidence (softmax of the prediction), entropy (of the
    softmax, nats), note (empty, or why there is nothing: then all else is missing).
    """
    net = trained.net
    if not isinstance(net, EarlyExitNet):
        return pd.DataFrame([{"note": "the network has no early exits"}], columns=COLUMNS)
    rows = []
    with trained.at(trained.settings[0]), torch.no_grad():
        for batch in trained.dataset.test.batches(BATCH, device=trained.device, channels_last=True):
            answers = net(batch.images, compute="all").exit_logits
            for name, logits in zip(net.units[1::2], answers, strict=True):
                confidence, prediction = torch.softmax(logits.float(), dim=1).max(dim=1)
                rows.append(
                    pd.DataFrame(
                        {
                            "index": batch.indices.cpu().numpy(),
                            "label": batch.labels.cpu().numpy(),
                            "exit": name,
                            "prediction": prediction.cpu().numpy(),
                            "confidence": confidence.cpu().numpy(),
                            "entropy": entropy(logits).cpu().numpy(),
                            "note": "",
                        }
                    )
                )
    return pd.concat(rows, ignore_index=True)
