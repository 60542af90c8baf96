"""Torchvision's Faster R-CNN with a feature pyramid, on the trunk of any network and for small canvases.

What differs from torchvision's defaults, which are made for photographs of 800 pixels: images are neither resized nor
normalised (the trunk does that), anchors are 3 and 4.5 strides a side, and there are fewer proposals, channels and
hidden units. The trunk stays in eval mode while the detector is trained, as frozen batch norms do in the papers' own
transfers: its statistics stay, it is deterministic, and the gates get gradients through their probabilities.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Self

import torch
from torch import Tensor, nn

from zoo.features.maps import FeatureMaps

CHANNELS = 32
"""Of every level of the pyramid."""
HIDDEN = 128
"""Units of the box head's two layers."""
ANCHORS = (3.0, 4.5)
"""Sides of the anchors of a level, in its strides."""
RATIOS = (0.5, 1.0, 2.0)
"""Heights of the anchors divided by their widths."""
WHOLE_BOX = 3.5
"""From so many of its strides on, the square root of its area, a box is read from the coarsest level."""
MOST_FOUND = 20
"""Detections of an image."""


class PyramidTrunk(nn.Module):
    """A trunk and a feature pyramid on its maps (Lin et al. 2017).

    All maps of the trunk take part on the way down, so that nothing that it computes is wasted; the detector reads the
    same levels of every trunk.

    Attributes:
        maps: the trunk, always in eval mode.
        strides: of the pyramid's levels, fine to coarse.
        out_channels: of every level.
    """

    def __init__(self, maps: FeatureMaps, strides: Sequence[int]) -> None:
        """Build it.

        Args:
            maps: the finest of which has the first of these strides.
            strides: of the levels; where there is no such map, every second pixel of the level before.
        """
        from torchvision.ops import FeaturePyramidNetwork

        super().__init__()
        self.maps = maps
        self.strides = tuple(strides)
        self.out_channels = CHANNELS
        self.pyramid = FeaturePyramidNetwork(list(maps.out_channels.values()), CHANNELS)

    def forward(self, images: Tensor) -> OrderedDict[str, Tensor]:
        """(N, C, H, W) to the levels, fine to coarse, by number."""
        found: dict[str, Tensor] = self.pyramid(OrderedDict(self.maps(images)))
        by_stride = dict(zip(self.maps.strides.values(), found.values(), strict=True))
        levels: list[Tensor] = []
        for stride in self.strides:
            levels.append(by_stride[stride] if stride in by_stride else levels[-1][:, :, ::2, ::2])
        return OrderedDict((str(number), level) for number, level in enumerate(levels))

    def train(self, mode: bool = True) -> Self:
        """Training or evaluation mode; the trunk stays in evaluation mode."""
        super().train(mode)
        self.maps.eval()
        return self


def stages_at(maps: FeatureMaps, strides: Sequence[int]) -> list[str]:
    """The stages that a pyramid of these strides is built on: from the finest on, all; empty where there is no such."""
    known = strides[0] in maps.strides.values()
    return [stage for stage, stride in maps.strides.items() if stride >= strides[0]] if known else []


def build_detector(maps: FeatureMaps, *, classes: int, side: int, strides: Sequence[int]) -> Any:
    """An untrained detector.

    Args:
        maps: the trunk, as `PyramidTrunk` takes it.
        classes: of objects, without the background.
        side: of the images, pixels; a multiple of 32.
        strides: of the pyramid's levels.

    Returns:
        A `torchvision.models.detection.FasterRCNN`: in training mode images and targets to losses, otherwise images to
        boxes, labels (from 1) and scores.
    """
    from torchvision.models.detection import FasterRCNN
    from torchvision.models.detection.anchor_utils import AnchorGenerator
    from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
    from torchvision.ops import MultiScaleRoIAlign

    levels = [str(number) for number in range(len(strides))]
    coarsest = strides[-1]
    pooled = 7
    return FasterRCNN(
        PyramidTrunk(maps, strides),
        min_size=side,
        max_size=side,
        image_mean=[0.0] * maps.net.task.shape[0],
        image_std=[1.0] * maps.net.task.shape[0],
        rpn_anchor_generator=AnchorGenerator(
            sizes=tuple(tuple(round(anchor * stride) for anchor in ANCHORS) for stride in strides),
            aspect_ratios=(RATIOS,) * len(strides),
        ),
        rpn_pre_nms_top_n_train=200,
        rpn_pre_nms_top_n_test=200,
        rpn_post_nms_top_n_train=64,
        rpn_post_nms_top_n_test=64,
        rpn_batch_size_per_image=64,
        box_roi_pool=MultiScaleRoIAlign(
            levels,
            output_size=pooled,
            sampling_ratio=2,
            canonical_scale=round(WHOLE_BOX * coarsest),
            canonical_level=round(math.log2(coarsest)),
        ),
        box_head=TwoMLPHead(CHANNELS * pooled**2, HIDDEN),
        box_predictor=FastRCNNPredictor(HIDDEN, classes + 1),
        box_batch_size_per_image=32,
        box_detections_per_img=MOST_FOUND,
    )


def loss_of(detector: Any, images: Tensor, targets: Sequence[dict[str, Tensor]]) -> Tensor:
    """The sum of the detector's four losses on a batch, in training mode; the trunk's own penalties come with them.

    Args:
        detector: as `build_detector` makes it.
        images: (N, C, H, W).
        targets: for every image `boxes` (M, 4) and `labels` (M,), from 1.
    """
    losses = [*detector(list(images), list(targets)).values()]
    last = detector.backbone.maps.last
    return torch.stack([*losses, *(last.penalties.values() if last else ())]).sum()
