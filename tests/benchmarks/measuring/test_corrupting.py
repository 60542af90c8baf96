"""Corruptions, by hand on small images, and as properties on real digits."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from benchmarks.data import Dataset
from benchmarks.measuring import corrupting
from benchmarks.measuring.corrupting import CORRUPTIONS, SEVERITIES, blur, brightness, contrast, corrupt, rotation, zoom

GREY, SMALL, LARGE = (1, 28, 28), (3, 32, 32), (3, 224, 224)


@pytest.fixture
def digits(few_digits: Dataset) -> Tensor:
    """(20, 1, 28, 28) real digits."""
    return next(few_digits.test.batches(20)).images


@pytest.fixture
def colours() -> Tensor:
    """(4, 3, 32, 32): smooth waves of colour, away from black and white."""
    across = torch.linspace(0, 3, 32)
    waves = [0.5 + 0.3 * torch.sin(k * across[:, None] + c + across[None, :]) for k in range(4) for c in range(3)]
    return torch.stack(waves).reshape(4, 3, 32, 32)


def pixels(*values: float, channels: int = 1) -> Tensor:
    """One image of one row: grey pixels one after another, or colours (all channels of a pixel, then the next)."""
    return torch.tensor(values).reshape(1, -1, 1, channels).permute(0, 3, 2, 1).contiguous()


def test_contrast_moves_pixels_towards_their_mean() -> None:
    torch.testing.assert_close(contrast(pixels(0.0, 0.4, 0.8), 0.5, [0]), pixels(0.2, 0.4, 0.6))


def test_contrast_leaves_a_constant_image() -> None:
    images = torch.full((2, 3, 8, 8), 0.3)
    torch.testing.assert_close(contrast(images, 0.15, [0, 1]), images)


def test_contrast_keeps_each_channels_mean() -> None:
    changed = contrast(pixels(0.0, 0.5, 0.2, 0.9, channels=2), 0.5, [0])
    torch.testing.assert_close(changed, pixels(0.05, 0.6, 0.15, 0.8, channels=2))


def test_brightness_adds_to_grey_and_stops_at_white() -> None:
    torch.testing.assert_close(brightness(pixels(0.0, 0.5, 0.95), 0.1, [0]), pixels(0.1, 0.6, 1.0))


def test_brightness_keeps_the_hue_and_saturation_of_colours() -> None:
    # the value of (.2 .4 0) is .4; with .1 more it is .5, and everything 1.25 times as large
    torch.testing.assert_close(
        brightness(pixels(0.2, 0.4, 0.0, channels=3), 0.1, [0]), pixels(0.25, 0.5, 0.0, channels=3)
    )


def test_brightness_makes_black_grey() -> None:
    torch.testing.assert_close(
        brightness(pixels(0.0, 0.0, 0.0, channels=3), 0.2, [0]), pixels(0.2, 0.2, 0.2, channels=3)
    )


def test_a_blur_spreads_a_point_and_keeps_its_sum() -> None:
    image = torch.zeros(1, 1, 15, 15)
    image[..., 7, 7] = 1
    blurred = blur(image, 1.0, [0])
    assert blurred.sum() == pytest.approx(1, abs=1e-5)
    # of a Gaussian of deviation 1: exp(-1/2) of the peak one pixel away, and exp(-1) at the corner
    assert blurred[0, 0, 7, 8] / blurred[0, 0, 7, 7] == pytest.approx(0.6065, abs=1e-4)
    assert blurred[0, 0, 8, 8] / blurred[0, 0, 7, 7] == pytest.approx(0.3679, abs=1e-4)


def test_a_blur_that_reaches_beyond_the_image_is_cut_off() -> None:
    assert blur(torch.rand(2, 1, 8, 8), 6.0, [0, 1]).shape == (2, 1, 8, 8)


def test_a_rotation_by_nothing_is_the_identity(digits: Tensor) -> None:
    torch.testing.assert_close(rotation(digits, 0.0, list(range(20))), digits)


def test_a_rotation_by_a_right_angle_goes_to_either_side(digits: Tensor) -> None:
    turned = rotation(digits, 90.0, list(range(20)))
    sides = []
    for image, result in zip(digits, turned, strict=True):
        distances = [float((torch.rot90(image, turns, (1, 2)) - result).abs().max()) for turns in (1, 3)]
        assert min(distances) < 1e-4
        sides.append(distances[0] < distances[1])
    assert {True, False} == set(sides)


def test_a_zoom_of_one_is_the_identity(digits: Tensor) -> None:
    torch.testing.assert_close(zoom(digits, 1.0, []), digits)


def test_a_smaller_zoom_has_a_black_frame_and_a_larger_one_none() -> None:
    white = torch.ones(1, 1, 28, 28)
    smaller = zoom(white, 0.5, [0])
    assert smaller[..., 8:20, 8:20].min() == pytest.approx(1)
    assert smaller[..., :6, :].max() == 0
    assert smaller.sum() == pytest.approx(14 * 14)
    assert zoom(white, 1.25, [0]).min() == pytest.approx(1)


def test_noise_has_the_deviation_that_was_asked_for() -> None:
    images = torch.full((50, 1, 28, 28), 0.5)
    noisy = corrupting.noise(images, 0.08, list(range(50))) - images
    assert noisy.std() == pytest.approx(0.08, abs=0.002)
    assert noisy.mean() == pytest.approx(0, abs=0.002)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_shape_range_and_type_stay(name: str, digits: Tensor, colours: Tensor) -> None:
    for images in (digits, colours):
        for severity in SEVERITIES:
            changed = corrupt(name, images, severity, range(len(images)))
            assert (changed.shape, changed.dtype) == (images.shape, torch.float32)
            assert 0 <= changed.min() <= changed.max() <= 1


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_each_severity_takes_images_further_away(name: str, digits: Tensor, colours: Tensor) -> None:
    for images in (digits, colours):
        changed = [corrupt(name, images, severity, range(len(images))) for severity in SEVERITIES]
        distances = [float((one - images).square().mean()) for one in changed]
        assert all(near < far for near, far in zip([0.0, *distances[:-1]], distances, strict=True))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_an_image_is_corrupted_by_its_number_whatever_is_beside_it(name: str, digits: Tensor) -> None:
    torch.manual_seed(1)
    together = corrupt(name, digits, 3, range(100, 120))
    torch.manual_seed(2)
    alone = torch.cat([corrupt(name, digits[k : k + 1], 3, [100 + k]) for k in range(20)])
    torch.testing.assert_close(together, alone)


def test_other_images_get_other_noise(digits: Tensor) -> None:
    one, other = (corrupt("noise", digits[:1], 1, [number]) for number in (0, 1))
    assert not torch.equal(one, other)


@pytest.mark.parametrize(
    ("name", "shape", "amounts"),
    [
        ("noise", GREY, (0.08, 0.12, 0.18, 0.26, 0.38)),
        ("noise", SMALL, (0.04, 0.06, 0.08, 0.09, 0.10)),
        ("contrast", SMALL, (0.75, 0.5, 0.4, 0.3, 0.15)),
        ("contrast", LARGE, (0.4, 0.3, 0.2, 0.1, 0.05)),
        ("blur", LARGE, (1, 2, 3, 4, 6)),
        ("blur", SMALL, (0.4, 0.6, 0.7, 0.8, 1.0)),
        ("jpeg", SMALL, (80, 65, 58, 50, 40)),
        ("jpeg", LARGE, (25, 18, 15, 10, 7)),
        ("brightness", SMALL, (0.05, 0.1, 0.15, 0.2, 0.3)),
        ("zoom", GREY, (0.9, 0.8, 0.7, 0.6, 0.5)),
    ],
)
def test_scales_are_those_of_their_papers_code(name: str, shape: tuple[int, ...], amounts: tuple[float, ...]) -> None:
    assert tuple(CORRUPTIONS[name].amount(shape, severity) for severity in SEVERITIES) == amounts


def test_a_grey_rotation_is_that_of_mnist_c_in_degrees() -> None:
    degrees = [CORRUPTIONS["rotation"].amount(GREY, severity) for severity in SEVERITIES]
    radians = torch.tensor([0.2, 0.4, 0.6, 0.8, 1.0])
    torch.testing.assert_close(torch.tensor(degrees).deg2rad(), radians, atol=1e-3, rtol=0)


def test_the_docstring_has_the_numbers_of_every_corruption() -> None:
    text = corrupting.__doc__ or ""
    for name, corruption in CORRUPTIONS.items():
        (row,) = (line for line in text.splitlines() if line.startswith(f"| {name} "))
        cells = [cell.rsplit("(", 1)[0].split() for cell in row.strip("|").split("|")[2:]]
        scales = [corruption.grey, corruption.small, corruption.large]
        for number, (cell, scale) in enumerate(zip(cells, scales, strict=True)):
            if cell == ["the", "same"]:
                assert scale == scales[number - 1]
            else:
                assert tuple(map(float, cell)) == pytest.approx(scale)
