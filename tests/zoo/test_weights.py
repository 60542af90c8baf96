"""Weights from files, as they are found in the wild."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from zoo.weights import WeightsError, file_digest, load_weights, read_weights, relative_to, resolve


def small() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))


def state() -> dict[str, Tensor]:
    return {name: value.clone() for name, value in small().state_dict().items()}


def prefixed(prefix: str) -> dict[str, Tensor]:
    return {f"{prefix}{name}": value for name, value in state().items()}


@pytest.mark.parametrize(
    "saved",
    [
        state(),
        {"state_dict": state(), "epoch": 3},
        {"model": state(), "optimizer": {"lr": 0.1}},
        {"model": {"state_dict": state()}},
        {"state_dict": prefixed("module.")},
        {"state_dict": prefixed("module._orig_mod.")},
        prefixed("model."),
    ],
    ids=["plain", "state_dict", "model", "nested", "DataParallel", "compiled in DataParallel", "Lightning"],
)
def test_a_checkpoint_is_read_whatever_wrapped_it(saved: dict[str, Any], tmp_path: Path) -> None:
    torch.save(saved, tmp_path / "x.pth")
    net = small()
    for parameter in net.parameters():
        nn.init.zeros_(parameter)
    load_weights(net, read_weights(tmp_path / "x.pth"), "x.pth")
    assert all(torch.equal(value, net.state_dict()[name]) for name, value in state().items())


def test_a_file_of_safetensors_is_read(tmp_path: Path) -> None:
    save_file(state(), tmp_path / "x.safetensors")
    assert read_weights(tmp_path / "x.safetensors").keys() == state().keys()


def test_names_may_lack_what_wraps_the_network_here() -> None:
    wrapped = nn.ModuleDict({"body": small()})
    load_weights(wrapped, state(), "x", inside="body.")
    assert torch.equal(wrapped.state_dict()["body.0.weight"], state()["0.weight"])


def test_old_checkpoints_have_not_counted_their_batches() -> None:
    known = {name: value for name, value in state().items() if not name.endswith("num_batches_tracked")}
    load_weights(small(), known, "x")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"0.weight": None}, "x does not fit the network: missing: 0.weight"),
        ({"fc.weight": torch.zeros(1)}, "x does not fit the network: unexpected: fc.weight"),
        (
            {"0.weight": torch.zeros(2, 3, 3, 3)},
            "x does not fit the network: 0.weight has the shape (2, 3, 3, 3), the network's (2, 1, 3, 3)",
        ),
    ],
)
def test_what_does_not_fit_is_named_in_one_line(change: dict[str, Tensor | None], message: str) -> None:
    changed = {name: value for name, value in {**state(), **change}.items() if value is not None}
    with pytest.raises(WeightsError) as error:
        load_weights(small(), changed, "x")
    assert str(error.value) == message


class Anything:
    """More than tensors and plain values."""


def test_a_pickled_network_is_not_unpickled(tmp_path: Path) -> None:
    torch.save(Anything(), tmp_path / "x.pt")
    with pytest.raises(WeightsError, match=r"x\.pt: it is damaged, or holds more than tensors"):
        read_weights(tmp_path / "x.pt")


@pytest.mark.parametrize("name", ["x.pt", "x.safetensors"])
def test_a_damaged_file_is_one_line(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"no weights")
    with pytest.raises(WeightsError) as error:
        read_weights(tmp_path / name)
    assert name in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_and_unknown_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"x\.pt: there is no such file"):
        read_weights(tmp_path / "x.pt")
    (tmp_path / "x.h5").touch()
    with pytest.raises(WeightsError, match=r"x\.h5: cannot tell what it holds; valid ends: \.safetensors, \.pt"):
        read_weights(tmp_path / "x.h5")


def test_a_file_without_tensors_is_refused(tmp_path: Path) -> None:
    torch.save({"epoch": 3}, tmp_path / "x.pt")
    with pytest.raises(WeightsError, match="holds no tensors"):
        read_weights(tmp_path / "x.pt")


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    save_file({"a": torch.tensor([1.0, float("nan")]), "b": torch.zeros(1)}, tmp_path / "x.safetensors")
    with pytest.raises(WeightsError, match=r"not finite in a$"):
        read_weights(tmp_path / "x.safetensors")


def test_a_digest_is_of_the_content_and_not_of_the_place(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"same")
    assert file_digest(tmp_path / "a") == file_digest(tmp_path / "b") == "0967115f2813a354"


def test_paths_start_in_the_folder_of_whoever_wrote_them(tmp_path: Path) -> None:
    with relative_to(tmp_path):
        assert resolve("x.pt") == (tmp_path / "x.pt").resolve()
    assert resolve("x.pt") == Path.cwd() / "x.pt"
