"""Pictures of the images that an attack made, for pages that show them beside the clean ones.

What an attack makes are numbers; a picture has 8 bits per channel. Rounding moves a pixel by up to half of 1/255, which
may change an answer near a decision boundary. So the network is asked again, about the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import pandas as pd
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from benchmarks.data import Batch
from benchmarks.measuring.trained_network import TrainedNetwork

CHANNELS = (1, 3)
"""Of images that are pictures: grey or coloured."""
LARGEST = 48
"""Pixels of the longer side of a picture: larger images are made smaller."""
MOST = 64
"""The first images of the test split, of which there are pictures."""
COLUMNS = ["index", "label", "attack", "epsilon", "exact", "prediction", "confidence", "linf", "macs", "png"]


def keep_pictures(
    trained: TrainedNetwork, batch: Batch, attacked: Tensor, epsilon: float, attacks: Sequence[str]
) -> None:
    """Put rows about a batch's images into `trained.pictures`, if anybody wants them and they can be pictures.

    Columns: index, label, attack, epsilon, exact (the answer to what the attack made), and of what is left of it with 8
    bits: prediction, confidence, linf (distance from the clean image, which may be half of 1/255 above epsilon), macs
    (routed) and png (bytes; empty where the attack left the image as it was). A picture of a large image is smaller
    than what the network answered.

    Args:
        trained: at the setting that was attacked.
        batch: the clean images (N, C, H, W).
        attacked: (N, C, H, W).
        epsilon: radius of the attack.
        attacks: N names.
    """
    rows = (batch.indices < MOST).nonzero().squeeze(1)
    if trained.pictures is None or not len(rows) or attacked.shape[1] not in CHANNELS:
        return
    clean, made = batch.images[rows], attacked[rows]
    rounded = (255 * made).round() / 255
    with torch.inference_mode():
        exact = trained.net(made, compute="needed").logits.argmax(dim=1)
        out = trained.net(rounded, compute="needed")
        confidence, prediction = torch.softmax(out.logits.float(), dim=1).max(dim=1)
    changed = (made != clean).flatten(1).any(dim=1).tolist()
    pixels = (255 * reduced(rounded)).round().to(torch.uint8).cpu()
    trained.pictures.append(
        pd.DataFrame(
            {
                "index": batch.indices[rows].cpu().numpy(),
                "label": batch.labels[rows].cpu().numpy(),
                "attack": [attacks[place] for place in rows.tolist()],
                "epsilon": epsilon,
                "exact": exact.cpu().numpy(),
                "prediction": prediction.cpu().numpy(),
                "confidence": confidence.cpu().numpy(),
                "linf": (rounded - clean).abs().flatten(1).amax(dim=1).cpu().numpy(),
                "macs": trained.ledger.routed(out.route).numpy(),
                "png": [as_png(image) if other else b"" for image, other in zip(pixels, changed, strict=True)],
            }
        )
    )


def joined_pictures(kept: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """What an evaluator kept, as one table; without rows where it attacked nothing."""
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=COLUMNS)


def reduced(images: Tensor) -> Tensor:
    """Images (N, C, H, W) no larger than pictures are."""
    height, width = picture_size(*images.shape[2:])
    return images if images.shape[2:] == (height, width) else interpolate(images, (height, width), mode="area")


def picture_size(height: int, width: int) -> tuple[int, int]:
    """Height and width of the picture of an image."""
    scale = min(1.0, LARGEST / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def as_png(pixels: Tensor) -> bytes:
    """PNG of (1 or 3, H, W) uint8."""
    last = pixels.permute(1, 2, 0).contiguous().numpy()
    buffer = BytesIO()
    Image.fromarray(last[..., 0] if len(pixels) == 1 else last).save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()
