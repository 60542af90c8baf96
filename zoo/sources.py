"""Where networks of other packages come from: timm, torchvision, or a Python file; how they are built for a task."""

from __future__ import annotations

import difflib
import hashlib
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.error import URLError

import torch
from torch import Tensor, nn

from zoo.network import Task
from zoo.weights import WeightsError, resolve

CLASSES = ("num_classes", "classes")
"""What constructors of networks call the number of classes."""
CHANNELS = ("in_chans", "in_channels", "channels")
"""What they call the number of channels of an image."""
OWN = "routebench_external_"
"""How names of modules begin that are files of users."""
RGB = 3
"""Channels of every network of torchvision."""
Statistics = tuple[tuple[float, ...], tuple[float, ...]]
"""Means and standard deviations per channel, of pixels in [0, 1]."""


@dataclass(frozen=True)
class Built:
    """A network of another package.

    Attributes:
        net: from normalised images (N, C, H, W) to logits (N, K).
        origin: where it is from, with the version: `timm 1.0.31`.
        statistics: that the package names for it; None without.
    """

    net: nn.Module
    origin: str
    statistics: Statistics | None = None


def from_timm(name: str, task: Task, arguments: Mapping[str, Any]) -> Built:
    """A network of timm, for a task's channels and classes.

    Raises:
        ValueError: timm is not installed, has no such network, or cannot build it so.
    """
    try:
        import timm
    except ModuleNotFoundError as error:
        raise ValueError("timm is not installed: python -m pip install 'routebench[timm]'") from error
    if not timm.is_model(name):
        raise ValueError(_no_such("timm", name, timm.list_models(), "timm.list_models()"))
    options = {"num_classes": task.classes, "in_chans": task.shape[0], **arguments}
    net: Any = _called(f"timm's {name}", timm.create_model, name, pretrained=False, **options)
    facts = getattr(net, "pretrained_cfg", None) or {}
    statistics = (tuple(facts["mean"]), tuple(facts["std"])) if "mean" in facts and "std" in facts else None
    return Built(net, f"timm {_version('timm')}", statistics)


def from_torchvision(name: str, task: Task, arguments: Mapping[str, Any]) -> Built:
    """A classifier of torchvision, for a task's classes.

    Raises:
        ValueError: there is none of that name, or it cannot be built so.
    """
    from torchvision import models

    names = models.list_models(module=models)
    if name not in names:
        raise ValueError(_no_such("torchvision", name, names, "torchvision.models.list_models()"))
    options = {"weights": None, "num_classes": task.classes, **arguments}
    if task.shape[0] != RGB:
        raise ValueError(
            f"torchvision's networks take {RGB} channels, the task's images have {task.shape[0]}; timm builds networks "
            "for any number"
        )
    net = _called(f"torchvision's {name}", models.get_model, name, **options)
    return Built(net, f"torchvision {_version('torchvision')}")


def from_module(place: str, task: Task, arguments: Mapping[str, Any]) -> Built:
    """A network of a Python file, `my.py:Net`.

    What stands behind the colon is called with `arguments`, and with the number of classes and of channels under the
    names of `CLASSES` and `CHANNELS` that it has.

    Raises:
        ValueError: the file or the name is missing, or it cannot be imported or built.
        TypeError: it does not make an `nn.Module`.
    """
    path, name = split_module(place)
    make = getattr(_imported(path), name, None)
    if not callable(make):
        raise TypeError(f"{path} has no {name} that can be called")
    offered = {**dict.fromkeys(CLASSES, task.classes), **dict.fromkeys(CHANNELS, task.shape[0])}
    wanted = inspect.signature(make).parameters
    options = {key: value for key, value in offered.items() if key in wanted} | dict(arguments)
    net = _called(place, make, **options)
    if not isinstance(net, nn.Module):
        raise TypeError(f"{place} makes a {type(net).__name__}, not a torch.nn.Module")
    return Built(net, f"{path.name}:{name}")


def split_module(place: str) -> tuple[Path, str]:
    """The file and the name in it of `my.py:Net`.

    Raises:
        ValueError: it is not of that form, or there is no such file.
    """
    file, colon, name = place.rpartition(":")
    if not colon or not file.endswith(".py") or not name.isidentifier():
        raise ValueError(f"module must be a file and a name in it, as my.py:Net, not {place!r}")
    path = resolve(file)
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file")
    return path, name


def _imported(path: Path) -> ModuleType:
    """The file as a module; a file that was changed is imported again."""
    mark = hashlib.sha256(str(path).encode() + path.read_bytes()).hexdigest()[:16]
    name = f"{OWN}{mark}"
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module  # what is declared there can be copied and pickled
    try:
        with _found_in(path.parent):
            exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    except Exception as error:
        del sys.modules[name]
        raise ValueError(f"{path} cannot be imported: {_line(error)}") from error
    return module


@contextmanager
def _found_in(folder: Path) -> Iterator[None]:
    """Within this, modules of a folder can be imported by their names, which another folder may have, too."""
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in sys.modules.keys() - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).parent == folder and not name.startswith(OWN):
                del sys.modules[name]


@dataclass(frozen=True)
class PublishedWeights:
    """Weights that torchvision publishes for a network under a name.

    Attributes:
        entry: torchvision's own description.
    """

    entry: Any

    def file(self) -> Path:
        """The file in torch's cache, fetched if it is not there.

        Raises:
            WeightsError: it cannot be fetched.
        """
        path = Path(torch.hub.get_dir()) / "checkpoints" / str(self.entry.url).rpartition("/")[2]
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            mark = path.stem.rpartition("-")[2]
            try:
                torch.hub.download_url_to_file(self.entry.url, str(path), hash_prefix=mark, progress=False)
            except (URLError, OSError, RuntimeError) as error:
                raise WeightsError(
                    f"{self.entry} cannot be fetched from {self.entry.url}: {_line(error)}; put the file at {path}, or "
                    "name a file: weights=<file>"
                ) from error
        return path

    def normalisation(self) -> dict[str, Tensor]:
        """Mean and standard deviation that its images are normalised with, as buffers of `zoo.layers.Normalize`."""
        how = self.entry.transforms()
        named = {"normalize.mean": how.mean, "normalize.std": how.std}
        return {name: torch.tensor(values).view(1, -1, 1, 1) for name, values in named.items()}


def published_of_torchvision(weights: str, name: str) -> PublishedWeights | None:
    """Weights of a network that are published under a name such as `DEFAULT`; None where a file is meant.

    Raises:
        WeightsError: neither a name of published weights, nor a file's.
    """
    from torchvision import models

    entries = models.get_model_weights(name)
    if weights in entries.__members__:
        return PublishedWeights(entries[weights])
    if not Path(weights).suffix:
        valid = ", ".join(entries.__members__)
        raise WeightsError(f"torchvision has no weights {weights!r} of {name}; valid: {valid}, or a file")
    return None


def _called(what: str, make: Callable[..., Any], *names: Any, **options: Any) -> Any:
    """Build a network; whatever its constructor does not like is one line."""
    try:
        return make(*names, **options)
    except (TypeError, ValueError, RuntimeError, KeyError, AssertionError, AttributeError) as error:
        shown = ", ".join(f"{key}={value}" for key, value in options.items())
        raise ValueError(f"{what} cannot be built with {shown}: {_line(error)}") from error


def _no_such(package: str, name: str, valid: Sequence[str], where: str) -> str:
    near = difflib.get_close_matches(name, valid, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    return f"{package} has no network {name!r}; {hint}{where} has all"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "of unknown version"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
