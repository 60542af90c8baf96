"""JPEG, forward and backward."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from benchmarks.data import Dataset
from benchmarks.measuring.compression import Compressed, compress


@pytest.fixture
def digits(few_digits: Dataset) -> Tensor:
    """(20, 1, 28, 28) real digits."""
    return next(few_digits.test.batches(20)).images


class Sum(nn.Module):
    """Twice the sum of the pixels, and three times it: a gradient of 2 and 3 everywhere."""

    def forward(self, images: Tensor) -> Tensor:
        total = images.flatten(1).sum(dim=1)
        return torch.stack([2 * total, 3 * total], dim=1)


def test_a_grey_image_stays_grey_in_shape_and_in_colour(digits: Tensor) -> None:
    assert compress(digits, 50).shape == digits.shape
    coloured = compress(digits.expand(-1, 3, -1, -1), 50)
    assert (coloured.amax(dim=1) - coloured.amin(dim=1)).max() == 0


def test_pixels_stay_in_range(digits: Tensor) -> None:
    for quality in (1, 25, 100):
        assert 0 <= compress(digits, quality).min() <= compress(digits, quality).max() <= 1


def test_the_best_quality_changes_little_and_each_lower_one_more(digits: Tensor) -> None:
    changes = [float((compress(digits, quality) - digits).abs().mean()) for quality in (100, 90, 75, 50, 25, 5)]
    assert changes[0] < 1 / 255
    assert changes == sorted(changes)
    assert len(set(changes)) == len(changes)


def test_a_constant_image_is_as_it_was() -> None:
    images = torch.full((1, 1, 16, 16), 128 / 255)  # the middle of the range: JPEG stores differences from it
    assert torch.equal(compress(images, 10), images)


def test_each_image_is_compressed_by_itself(digits: Tensor) -> None:
    assert torch.equal(compress(digits, 30)[3:5], compress(digits[3:5], 30))


@pytest.mark.parametrize("channels", [2, 4])
def test_other_numbers_of_channels_are_refused(channels: int) -> None:
    with pytest.raises(ValueError, match=f"^JPEG compresses images of 1 or 3 channels, not of {channels}$"):
        compress(torch.zeros(1, channels, 8, 8), 50)


def test_forward_a_model_sees_the_compressed_images_exactly(digits: Tensor) -> None:
    wanted = Sum()(compress(digits, 25))
    assert torch.equal(Compressed(Sum(), 25)(digits), wanted)
    assert torch.equal(Compressed(Sum(), 25)(digits.clone().requires_grad_()).detach(), wanted)


def test_backward_compression_is_the_identity(digits: Tensor) -> None:
    images = digits.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(Compressed(Sum(), 25)(images)[:, 1].sum(), images)
    assert torch.equal(gradient, torch.full_like(digits, 3))
