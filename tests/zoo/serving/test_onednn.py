"""Packed convolutions answer what torch's do, and are used where they may be."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import zoo.serving.onednn
from zoo.execution.gated_block import run_rows
from zoo.layers import ResidualBlock, basic_branch
from zoo.serving.onednn import AVAILABLE, FusedBlock, PackedConv, pack

GEOMETRIES = [
    nn.Conv2d(16, 16, 3, padding=1),
    nn.Conv2d(16, 32, 3, stride=2, padding=1, bias=False),
    nn.Conv2d(24, 24, 3, padding=1, groups=24),
    nn.Conv2d(16, 24, (1, 3), padding=(0, 2), dilation=2),
    nn.Conv2d(64, 48, 1),
    nn.Conv2d(96, 96, 3, padding=1),
]
every_geometry = pytest.mark.parametrize("convolution", GEOMETRIES, ids=str)


def pictures(channels: int, samples: int = 8, side: int = 14) -> Tensor:
    return torch.randn(samples, channels, side, side).contiguous(memory_format=torch.channels_last)


@pytest.fixture
def fused(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The fused operators that run, in order."""
    if not AVAILABLE:
        pytest.skip("torch is built without oneDNN")
    ran: list[str] = []
    for name in ("_convolve", "_convolve_onto"):
        operator = getattr(zoo.serving.onednn, name)

        def watched(*arguments: object, name: str = name, operator: object = operator) -> object:
            ran.append(name)
            return operator(*arguments)  # type: ignore[operator]

        monkeypatch.setattr(zoo.serving.onednn, name, watched)
    return ran


@every_geometry
@pytest.mark.parametrize("samples", [1, 2, 8])
@pytest.mark.parametrize("relu", [False, True])
@torch.no_grad()
def test_a_packed_convolution_answers_what_the_convolution_answers(
    convolution: nn.Conv2d, samples: int, relu: bool
) -> None:
    x = pictures(convolution.in_channels, samples)
    expected = convolution(x)
    packed = PackedConv(convolution, relu=relu)
    for _ in range(2):
        torch.testing.assert_close(packed(x), expected.relu() if relu else expected)
    torch.testing.assert_close(packed(x.contiguous()), expected.relu() if relu else expected)


@every_geometry
@pytest.mark.parametrize("samples", [1, 8])
@pytest.mark.parametrize("relu", [False, True])
@torch.no_grad()
def test_it_adds_itself_to_a_total_in_place(convolution: nn.Conv2d, samples: int, relu: bool) -> None:
    x = pictures(convolution.in_channels, samples)
    own = convolution(x)
    total = torch.randn_like(own).contiguous(memory_format=torch.channels_last)
    expected = (total + own).relu() if relu else total + own
    answered = PackedConv(convolution).add_to(total, x, relu=relu)
    torch.testing.assert_close(answered, expected)
    assert answered.data_ptr() == total.data_ptr()


@torch.no_grad()
def test_single_pictures_and_small_1x1_kernels_are_torchs(fused: list[str]) -> None:
    PackedConv(nn.Conv2d(16, 16, 3, padding=1))(pictures(16, 1))
    PackedConv(nn.Conv2d(16, 16, 1))(pictures(16, 8))
    assert fused == []
    PackedConv(nn.Conv2d(16, 16, 3, padding=1))(pictures(16, 2))
    PackedConv(nn.Conv2d(256, 256, 3, padding=1))(pictures(256, 1))
    assert fused == ["_convolve", "_convolve"]


def test_under_autograd_it_is_an_ordinary_convolution(fused: list[str]) -> None:
    convolution, x = nn.Conv2d(4, 4, 3), pictures(4).requires_grad_()
    PackedConv(convolution, relu=True)(x).sum().backward()
    ours = x.grad
    x.grad = None
    convolution(x).relu().sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(ours, x.grad)
    assert fused == []


@torch.no_grad()
def test_other_dtypes_work_and_new_weights_count() -> None:
    convolution, x = nn.Conv2d(8, 8, 3, padding=1), pictures(8)
    packed = PackedConv(copy.deepcopy(convolution))
    packed(x)
    packed.load_state_dict({name: 2 * value for name, value in convolution.state_dict().items()})
    torch.testing.assert_close(packed(x), 2 * convolution(x))
    packed.double()
    torch.testing.assert_close(packed(x.double()), 2 * convolution.double()(x.double()))
    packed.float()
    torch.testing.assert_close(packed(x), 2 * convolution.float()(x))


@torch.no_grad()
def test_it_is_copied_and_pickled_after_use() -> None:
    packed, x = PackedConv(nn.Conv2d(8, 8, 3), relu=True), pictures(8)
    expected = packed(x)
    for copied in (copy.deepcopy(packed), pickle.loads(pickle.dumps(packed))):
        torch.testing.assert_close(copied(x), expected)


@torch.no_grad()
def test_its_multiply_accumulates_are_counted() -> None:
    packed, x = PackedConv(nn.Conv2d(8, 16, 3, stride=2, padding=1)), pictures(8)
    with FlopCounterMode(display=False) as counter:
        packed(x)
    assert counter.get_total_flops() == 2 * 8 * 16 * 9 * 7 * 7 * 8
    with FlopCounterMode(display=False) as counter:
        packed.add_to(torch.zeros(8, 16, 7, 7), x, relu=True)
    assert counter.get_total_flops() == 2 * 8 * 16 * 9 * 7 * 7 * 8


def block(shortcut: nn.Module | None = None, activation: nn.Module | None = None) -> ResidualBlock:
    """A block whose branch has no batch norms."""
    branch = nn.Sequential(*(step for step in basic_branch(8, 8, 1) if not isinstance(step, nn.BatchNorm2d)))
    made = ResidualBlock(branch, shortcut or nn.Identity(), in_channels=8)
    made.activation = activation or made.activation
    return made.requires_grad_(False).eval()


@pytest.mark.parametrize("activation", [nn.ReLU(), nn.Identity()], ids=str)
@pytest.mark.parametrize("shortcut", [nn.Identity(), nn.Conv2d(8, 8, 1)], ids=str)
@torch.inference_mode()
def test_a_fused_block_answers_what_the_block_answers(
    shortcut: nn.Module, activation: nn.Module, fused: list[str]
) -> None:
    ordinary, x = block(shortcut, activation), pictures(8)
    holder = nn.Sequential(copy.deepcopy(ordinary))
    pack(holder)
    assert isinstance(holder[0], FusedBlock)
    torch.testing.assert_close(copy.deepcopy(holder)(x.clone()), ordinary(x))
    assert fused[-2:] == ["_convolve", "_convolve_onto"]
    scale = torch.rand(8)
    torch.testing.assert_close(
        holder[0].merge(x, shortcut(x), scale=scale), ordinary.merge(x, shortcut(x), scale=scale)
    )


@torch.inference_mode()
def test_a_block_writes_over_its_input_only_behind_another_block() -> None:
    net = nn.Sequential(block(), block())
    pack(net)
    assert [step.input_is_shared for step in net if isinstance(step, FusedBlock)] == [True, False]
    x = pictures(8)
    before = x.clone()
    net(x)
    assert torch.equal(x, before)


def test_a_branch_of_one_convolution_stays_as_it_is() -> None:
    net = nn.Sequential(ResidualBlock(nn.Sequential(nn.Conv2d(4, 4, 3, padding=1)), nn.Identity(), in_channels=4))
    pack(net)
    assert type(net[0]) is ResidualBlock


@torch.no_grad()
def test_torch_convolves_where_onednn_is_switched_off_and_under_autocast(
    fused: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    packed, x = PackedConv(nn.Conv2d(16, 16, 3, padding=1)), pictures(16)
    with monkeypatch.context() as patch:
        patch.setattr(torch.backends.mkldnn, "enabled", False)
        packed(x)
    with torch.autocast("cpu", torch.bfloat16):
        assert packed(x).dtype == torch.bfloat16
    assert fused == []


@pytest.mark.parametrize("rows", [None, torch.tensor([1, 4])], ids=["everybody", "two"])
@torch.inference_mode()
def test_blocks_overwrite_only_what_they_may(rows: Tensor | None) -> None:
    holder, x = nn.Sequential(block()), pictures(8).relu()
    expected = run_rows(block_of(holder), x, rows, "residual", activated=True).x.clone()
    pack(holder)
    before = x.clone()
    found = run_rows(block_of(holder), x, rows, "residual", activated=True).x
    torch.testing.assert_close(found, expected)
    assert torch.equal(x, before)
    torch.testing.assert_close(
        run_rows(block_of(holder), x, rows, "residual", activated=True, overwrite=True).x, expected
    )


def block_of(holder: nn.Sequential) -> ResidualBlock:
    assert isinstance(holder[0], ResidualBlock)
    return holder[0]


def test_relus_are_taken_in_and_other_layers_stay() -> None:
    transposed = nn.ConvTranspose2d(4, 4, 3)
    reflecting = nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect")
    net = nn.Sequential(nn.Conv2d(4, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.Tanh(), nn.ReLU(), transposed, reflecting)
    pack(net)
    kinds = [type(step) for step in net]
    assert kinds == [PackedConv, PackedConv, nn.Tanh, nn.ReLU, nn.ConvTranspose2d, nn.Conv2d]
    assert [step.relu for step in net if isinstance(step, PackedConv)] == [True, False]
