from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.conformance.cases import DIGITS
from zoo.methods.deformable.convolution import DeformableConv, deform_conv2d, torchvision_operator
from zoo.sizing.unit_costs import MacCounter

torchvision_deform_conv2d = torchvision_operator()

DIGIT = next(DIGITS.test.batches(4)).images


def features(channels: int = 8) -> Tensor:
    """Real images seen through random 5x5 filters, (4, channels, 9, 9)."""
    generator = torch.Generator().manual_seed(0)
    filters = torch.randn(channels, 1, 5, 5, generator=generator)
    return functional.conv2d(DIGIT, filters, stride=3, padding=2)[:, :, :9, :9]


@pytest.mark.parametrize(("groups", "stride", "padding", "dilation"), [(1, 1, 1, 1), (2, 2, 1, 1), (4, 1, 2, 2)])
@pytest.mark.parametrize("modulated", [False, True])
def test_answers_and_gradients_are_those_of_torchvision(
    groups: int, stride: int, padding: int, dilation: int, modulated: bool
) -> None:
    generator = torch.Generator().manual_seed(1)
    x = features()
    size = (9 + 2 * padding - 2 * dilation - 1) // stride + 1
    offset = 3 * torch.randn(4, 18 * groups, size, size, generator=generator)
    weight = torch.randn(6, 8, 3, 3, generator=generator) / 10
    mask = torch.rand(4, 9 * groups, size, size, generator=generator) if modulated else None
    inputs = [t.requires_grad_() for t in (x, offset, weight, mask) if t is not None]
    geometry = {"stride": (stride,) * 2, "padding": (padding,) * 2, "dilation": (dilation,) * 2}
    ours = deform_conv2d(x, offset, weight, mask, **geometry)
    theirs = torchvision_deform_conv2d(x, offset, weight, None, mask=mask, **geometry)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)
    direction = torch.randn(theirs.shape, generator=generator)
    for mine, reference in zip(
        torch.autograd.grad(ours, inputs, direction), torch.autograd.grad(theirs, inputs, direction), strict=True
    ):
        torch.testing.assert_close(mine, reference, atol=5e-5, rtol=1e-5)


def test_offsets_of_zero_are_a_plain_convolution() -> None:
    x, weight = features(), torch.randn(6, 8, 3, 3, generator=torch.Generator().manual_seed(2)) / 10
    out = deform_conv2d(x, torch.zeros(4, 18, 9, 9), weight, padding=(1, 1))
    torch.testing.assert_close(out, functional.conv2d(x, weight, padding=1), atol=1.2e-5, rtol=0)


def test_masks_of_one_half_halve_the_answer() -> None:
    x, weight = features(), torch.randn(6, 8, 3, 3, generator=torch.Generator().manual_seed(2)) / 10
    zero = torch.zeros(4, 18, 9, 9)
    full = deform_conv2d(x, zero, weight, padding=(1, 1))
    half = deform_conv2d(x, zero, weight, torch.full((4, 9, 9, 9), 0.5), padding=(1, 1))
    torch.testing.assert_close(half, full / 2, atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("dy", "dx", "expected"),
    [
        (0.0, 0.0, 5.0),
        (1.0, 0.0, 8.0),  # one row down: offsets are (dy, dx)
        (0.0, 0.5, 5.5),
        (-1.5, 0.0, 1.0),  # half a pixel above the top row: half of the 2 there
        (-2.5, 0.0, 0.0),  # one and a half above: nothing
        (1.0, 1.0, 9.0),
        (2.0, 0.0, 0.0),
    ],
)
def test_samples_are_bilinear_with_zeros_around_the_picture(dy: float, dx: float, expected: float) -> None:
    image = torch.arange(1.0, 10.0).view(1, 1, 3, 3)
    offset = torch.tensor([dy, dx]).view(1, 2, 1, 1).expand(1, 2, 3, 3)
    out = deform_conv2d(image, offset, torch.ones(1, 1, 1, 1))
    assert out[0, 0, 1, 1].item() == pytest.approx(expected)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("everywhere", [False, True])
def test_offsets_that_are_no_numbers_are_an_error_and_the_process_lives(bad: float, everywhere: bool) -> None:
    x, weight, offset = features(), torch.ones(6, 8, 3, 3), torch.zeros(4, 18, 9, 9)
    if everywhere:
        offset.fill_(bad)
    else:
        offset[1, 3, 4, 5] = bad
    with pytest.raises(FloatingPointError, match="not finite"):
        deform_conv2d(x, offset, weight, padding=(1, 1))


def test_huge_offsets_look_at_nothing() -> None:
    offset = torch.full((4, 18, 9, 9), 1e30)
    assert deform_conv2d(features(), offset, torch.ones(6, 8, 3, 3), padding=(1, 1)).abs().max() == 0


@pytest.mark.parametrize("operator", ["ours", "torchvision"])
def test_the_counter_sees_products_and_samples_of_either_operator(operator: str) -> None:
    x, offset, weight = features(), torch.zeros(4, 18, 9, 9), torch.ones(6, 8, 3, 3)
    with torch.no_grad(), MacCounter() as counter:
        if operator == "ours":
            deform_conv2d(x, offset, weight, padding=(1, 1))
        else:
            torchvision_deform_conv2d(x, offset, weight, padding=1)
    positions = 4 * 9 * 9
    assert counter.macs == positions * (8 * 6 * 9 + 4 * 8 * 9)


def test_the_counter_leaves_unweighted_embedding_bags_alone() -> None:
    bag = nn.EmbeddingBag(5, 3, mode="sum")
    with torch.no_grad(), MacCounter() as counter:
        bag(torch.zeros(2, 4, dtype=torch.int64))
    assert counter.macs == 0


@pytest.mark.parametrize(("modulated", "channels"), [(False, 18), (True, 27)])
def test_offset_weights_and_biases_start_at_exactly_zero(modulated: bool, channels: int) -> None:
    layer = DeformableConv(nn.Conv2d(8, 6, 3, padding=1, bias=False), modulated=modulated)
    assert layer.offset.out_channels == channels
    assert all(torch.equal(p, torch.zeros_like(p)) for p in layer.offset.parameters())


@pytest.mark.parametrize(("scale", "factor"), [(1.0, 0.5), (2.0, 1.0)])
def test_a_fresh_modulated_layer_is_its_host_times_the_initial_mask(scale: float, factor: float) -> None:
    host = nn.Conv2d(8, 6, 3, stride=2, padding=1, bias=False)
    layer = DeformableConv(host, modulated=True, mask_scale=scale)
    torch.testing.assert_close(layer(features()), factor * host(features()), atol=1.2e-5, rtol=0)


def test_a_fresh_layer_has_gradients_for_its_offsets() -> None:
    layer = DeformableConv(nn.Conv2d(8, 6, 3, padding=1, bias=False), modulated=True)
    layer(features()).square().mean().backward()
    for parameter in layer.offset.parameters():
        assert parameter.grad is not None
        assert (parameter.grad.flatten(1).abs().sum(1) > 0).all() if parameter.ndim > 1 else parameter.grad.all()


def test_bf16_autocast_computes_in_fp32_and_answers_in_bf16() -> None:
    layer = DeformableConv(nn.Conv2d(8, 6, 3, padding=1, bias=False), modulated=True)
    nn.init.normal_(layer.offset.weight, std=0.05)
    x = features().bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = layer(x)
    assert out.dtype == torch.bfloat16
    assert torch.equal(out, layer(x.float()).bfloat16())
    out.sum().backward()
    assert layer.offset.weight.grad is not None


@pytest.mark.parametrize(
    "host",
    [nn.Conv2d(8, 8, 3, groups=8, bias=False), nn.Conv2d(8, 8, 3), nn.Conv2d(8, 8, 3, padding="same", bias=False)],
)
def test_hosts_that_cannot_be_deformed_are_refused(host: nn.Conv2d) -> None:
    with pytest.raises(ValueError, match="no groups, no bias and padding in pixels"):
        DeformableConv(host, modulated=False)


def test_groups_that_do_not_divide_the_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="offset_groups must divide the 8 channels"):
        DeformableConv(nn.Conv2d(8, 8, 3, bias=False), modulated=False, groups=3)


def test_without_a_gpu_torchvision_is_not_even_imported() -> None:
    """It would add seconds to every command and every worker."""
    script = (
        "import sys, torch, zoo; torch.cuda.is_available = lambda: False; "
        "zoo.create('deformable', zoo.Task(shape=(1, 28, 28), classes=10)).eval()(torch.rand(1, 1, 28, 28)); "
        "sys.exit('torchvision' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", script], check=False).returncode == 0
