"""Weights that exist already: found, read whatever saved them, and put into a network.

Files of `safetensors`, and of `torch.save` as far as they hold nothing but tensors and plain values (`weights_only`).
Checkpoints as they are found: the state beside an optimizer's, and names that begin with what wrapped the network.
"""

from __future__ import annotations

import copy
import hashlib
import pickle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

PICKLED = (".pt", ".pth", ".bin", ".ckpt", ".tar")
"""Ends of the names of files that `torch.load` reads."""
SAFE = ".safetensors"
WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "weights")
"""Keys of a checkpoint under which a network's state stands beside other things; the first that is there counts."""
NOT_NEEDED = ("num_batches_tracked", "normalize.mean", "normalize.std")
"""Ends of the names of buffers that a file may lack: old checkpoints do, and networks that do not normalise."""
WIRING = "edges"
"""Last part of the names of buffers that say how a module is wired: RandWireNN takes its graphs from weights."""
SHOWN = 3
"""Names that a message lists."""
_BASE: ContextVar[Path | None] = ContextVar("base", default=None)


class WeightsError(ValueError):
    """Weights that are missing, cannot be read or do not fit; the message is one line that names the file."""


@contextmanager
def relative_to(folder: Path | None) -> Iterator[None]:
    """Within this, relative paths of weights and modules start in a folder; None: in the working directory."""
    token = _BASE.set(folder)
    try:
        yield
    finally:
        _BASE.reset(token)


def resolve(text: str) -> Path:
    """The absolute path that a selector's path stands for; see `relative_to`."""
    return ((_BASE.get() or Path.cwd()) / Path(text).expanduser()).resolve()


def file_digest(path: Path) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a file.

    Raises:
        WeightsError: it cannot be read.
    """
    sha = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(2**20):
                sha.update(block)
    except OSError as error:
        raise WeightsError(f"{path}: {error.strerror or error}") from error
    return sha.hexdigest()[:16]


def read_weights(path: Path) -> dict[str, Tensor]:
    """Parameters and buffers by name, on the CPU, of a file or of the state within a checkpoint.

    Raises:
        WeightsError: no such file, a file of another kind, or one that is damaged or holds no tensors.
    """
    if not path.is_file():
        raise WeightsError(f"{path}: there is no such file")
    if path.suffix not in (SAFE, *PICKLED):
        raise WeightsError(f"{path}: cannot tell what it holds; valid ends: {SAFE}, {', '.join(PICKLED)}")
    loaded = _read_safe(path) if path.suffix == SAFE else _read_pickled(path)
    weights = _unwrapped(loaded)
    if not weights:
        raise WeightsError(f"{path}: it holds no tensors by name; save `net.state_dict()`")
    broken = [name for name, value in weights.items() if value.is_floating_point() and not value.isfinite().all()]
    if broken:
        raise WeightsError(f"{path}: values that are not finite in {_listed(broken)}")
    return weights


def _read_safe(path: Path) -> Any:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(f"{path}: it is no file of safetensors, or damaged: {_line(error)}") from error


def _read_pickled(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"{path}: it is damaged, or holds more than tensors and plain values, which is not read since it could run "
            "any code; save `net.state_dict()` instead"
        ) from error
    except (OSError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise WeightsError(f"{path}: cannot be read: {_line(error)}") from error


def _unwrapped(loaded: Any) -> dict[str, Tensor]:
    """The tensors of a state, which may stand under one of `WRAPPERS`."""
    for _ in range(len(WRAPPERS)):
        inner = next((loaded[key] for key in WRAPPERS if isinstance(loaded, Mapping) and key in loaded), None)
        if not isinstance(inner, Mapping):
            break
        loaded = inner
    if not isinstance(loaded, Mapping):
        return {}
    return {str(name): value for name, value in loaded.items() if isinstance(value, Tensor)}


def digest(weights: Mapping[str, Tensor]) -> str:
    """Hash of names and bytes of tensors, 16 hexadecimal digits; equal weights have equal digests."""
    sha = hashlib.sha256()
    for name in sorted(weights):
        value = weights[name].detach().cpu().contiguous().flatten()
        sha.update(name.encode())
        sha.update(value.view(torch.uint8).numpy().tobytes())
    return sha.hexdigest()[:16]


def load_weights(net: nn.Module, weights: Mapping[str, Tensor], source: str, *, inside: str = "") -> None:
    """Put weights into a network; see `fitted`.

    Raises:
        WeightsError: they do not fit.
    """
    net.load_state_dict(dict(fitted(net, weights, source, inside=inside)), strict=False)


def fitted(net: nn.Module, weights: Mapping[str, Tensor], source: str, *, inside: str = "") -> Mapping[str, Tensor]:
    """Weights under the names that a network has for them.

    Names may begin with what wrapped the network when it was saved (`module.`, `_orig_mod.`, `model.`): a beginning
    that all of them share and the network has not is left out.

    Args:
        net: may be on the meta device: names and shapes are compared. If it has a buffer `WIRING`, with those that it
            has once it is wired as the weights say.
        weights: parameters and buffers by name.
        source: where they come from, for messages.
        inside: how names of the network begin that the file's may lack, since it was wrapped later.

    Raises:
        WeightsError: names are missing or unknown, or shapes differ; one line.
    """
    wanted = net.state_dict()
    named = _named_as(weights, wanted, inside)
    problems = _problems(named, wanted)
    if problems and any(name.rpartition(".")[2] == WIRING for name in wanted):
        problems = _problems(named, _rewired(net, named))
    if problems:
        raise WeightsError(f"{source} does not fit the network: {'; '.join(problems)}")
    return named


def _problems(named: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> list[str]:
    """Why weights do not fit names and shapes."""
    missing = [name for name in wanted if name not in named and not name.endswith(NOT_NEEDED)]
    unexpected = [name for name in named if name not in wanted]
    differing = [
        f"{name} has the shape {tuple(named[name].shape)}, the network's {tuple(value.shape)}"
        for name, value in wanted.items()
        if name in named and named[name].shape != value.shape
    ]
    return [
        *([f"missing: {_listed(missing)}"] if missing else []),
        *([f"unexpected: {_listed(unexpected)}"] if unexpected else []),
        *([_listed(differing)] if differing else []),
    ]


def _rewired(net: nn.Module, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Names and shapes of a copy of a network that has taken its wiring from weights, as far as they fit."""
    trial = copy.deepcopy(net).to_empty(device="cpu")
    with suppress(RuntimeError, TypeError, ValueError):  # what does not fit is found from the names
        trial.load_state_dict(dict(weights), strict=False)
    return trial.state_dict()


def _named_as(weights: Mapping[str, Tensor], wanted: Mapping[str, Tensor], inside: str) -> Mapping[str, Tensor]:
    """The weights under the names, with and without shared beginnings, of which the network has the most."""
    candidates = [weights]
    while (shorter := _without_shared_beginning(candidates[-1])) is not None:
        candidates.append(shorter)
    if inside:
        candidates += [{f"{inside}{name}": value for name, value in one.items()} for one in candidates]
    return max(candidates, key=lambda one: len(one.keys() & wanted.keys()))


def _without_shared_beginning(weights: Mapping[str, Tensor]) -> Mapping[str, Tensor] | None:
    beginnings = {name.partition(".")[0] for name in weights}
    if len(beginnings) != 1 or not all("." in name for name in weights):
        return None
    return {name.partition(".")[2]: value for name, value in weights.items()}


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
