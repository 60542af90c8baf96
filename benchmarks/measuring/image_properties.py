"""What the test images look like: brightness, contrast, sharpness, edges.

The same for every network, and stored with those in which it can explain something: where gates or exits decide what an
image costs. A record stays complete by itself, with versions and digests as every table has them, at 16 bytes an image.
"""

from __future__ import annotations

import pandas as pd
import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from benchmarks.measuring import evaluator
from benchmarks.measuring.fixed_route import fixed_route
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.strict import Strict

PROPERTIES = ("brightness", "contrast", "sharpness", "edge_density")
COLUMNS = ["index", "label", *PROPERTIES, "note"]
LUMA = (0.299, 0.587, 0.114)
"""Of red, green and blue (ITU-R BT.601)."""
SOBEL = ((-1.0, 0.0, 1.0), (-2.0, 0.0, 2.0), (-1.0, 0.0, 1.0))
STEP = 4.0
"""What `SOBEL` makes of an upright step of height 1."""
LAPLACE = ((0.0, 1.0, 0.0), (1.0, -4.0, 1.0), (0.0, 1.0, 0.0))


class ImagePropertiesOptions(Strict):
    """Which images are looked at.

    Attributes:
        samples: images of the test split, from its beginning.
        edge: gradient from which on a pixel is on an edge; that of an upright step is its height in [0, 1].
        batch_size: images that are looked at together.
    """

    samples: int = Field(1000, ge=1)
    edge: float = Field(0.25, gt=0, lt=1)
    batch_size: int = Field(250, ge=1)


@evaluator("image_properties", options=ImagePropertiesOptions, order=16)
def image_properties(trained: TrainedNetwork, options: ImagePropertiesOptions) -> pd.DataFrame:
    """One row per test image; one row with a note where every image takes the same route.

    Columns: index, label, those of `properties` (float32), note (empty, or why there is nothing: then all else is
    missing).
    """
    reason = fixed_route(trained)
    if reason:
        return pd.DataFrame([{"note": reason}], columns=COLUMNS)
    rows = []
    for batch in trained.dataset.test.take(options.samples).batches(options.batch_size, device=trained.device):
        known = {"index": batch.indices.cpu().numpy(), "label": batch.labels.cpu().numpy()}
        own = {name: values.cpu().numpy() for name, values in properties(batch.images, edge=options.edge).items()}
        rows.append(pd.DataFrame({**known, **own, "note": ""}))
    return pd.concat(rows, ignore_index=True)


def properties(images: Tensor, *, edge: float) -> dict[str, Tensor]:
    """Of every image (N,) float32, over its luma; filters leave out the pixels at its border.

    brightness: mean. contrast: standard deviation over pixels (RMS contrast; Peli 1990, JOSA A 7(10)). sharpness:
    variance of the Laplacian of four neighbours (Pech-Pacheco et al. 2000, ICPR). edge_density: share of pixels whose
    Sobel gradient exceeds `edge`.

    Args:
        images: (N, C, H, W), pixels in [0, 1], at least 3 x 3.
        edge: in heights of an upright step.
    """
    grey = luma(images)
    across = _filtered(grey, SOBEL) / STEP
    down = _filtered(grey, tuple(zip(*SOBEL, strict=True))) / STEP
    return {
        "brightness": grey.mean(dim=(1, 2, 3)),
        "contrast": grey.std(dim=(1, 2, 3), correction=0),
        "sharpness": _filtered(grey, LAPLACE).var(dim=(1, 2, 3), correction=0),
        "edge_density": ((across**2 + down**2).sqrt() > edge).float().mean(dim=(1, 2, 3)),
    }


def luma(images: Tensor) -> Tensor:
    """Images (N, C, H, W) as (N, 1, H, W): of three channels by `LUMA`, of any other number their mean."""
    if images.shape[1] != len(LUMA):
        return images.mean(dim=1, keepdim=True)
    weights = torch.tensor(LUMA, device=images.device, dtype=images.dtype)
    return (images * weights[None, :, None, None]).sum(dim=1, keepdim=True)


def _filtered(grey: Tensor, kernel: tuple[tuple[float, ...], ...]) -> Tensor:
    weight = torch.tensor(kernel, device=grey.device, dtype=grey.dtype)
    return functional.conv2d(grey, weight[None, None])
