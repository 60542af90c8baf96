"""`zoo.load("results/quick", "adanet")`: a trained network that is ready to answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from zoo.loading.records import networks_of, study_folder
from zoo.loading.remote import Remote
from zoo.loading.stored import LoadError, Stored, choose, choose_setting
from zoo.network import Compute, Forward, RoutedNet, Setting, Task
from zoo.registry import create
from zoo.remote.files import is_url
from zoo.serving.engines import Engine, optimize_for_inference
from zoo.serving.optimize import Served
from zoo.weights import load_weights


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A trained network with what it needs to answer.

    Attributes:
        label: as the study's tables call it.
        net: in eval mode, at a setting; a `Served` where an engine was asked for.
        task: shape of images, number of classes, normalisation (which is inside the network).
        settings: that the network can serve, the headline setting first.
        class_names: in the order of the logits; None in records from before they were stored.
    """

    label: str
    net: RoutedNet | Served
    task: Task
    settings: tuple[Setting, ...]
    class_names: tuple[str, ...] | None

    def __call__(self, images: Tensor, *, compute: Compute = "needed") -> Forward:
        """Answer (N, C, H, W), pixels in [0, 1], without gradients; see `zoo.network.RoutedNet.forward`.

        Raises:
            ValueError: the images do not have the task's shape.
        """
        with torch.inference_mode():
            answer: Forward = self.net(images, compute=compute)
        return answer

    @property
    def setting(self) -> Setting:
        """The setting in use."""
        return self.net.setting

    @property
    def units(self) -> tuple[str, ...]:
        """Names of the units, in the order of the route's columns."""
        return (self.net.net if isinstance(self.net, Served) else self.net).units

    def use(self, setting: str) -> None:
        """Answer at the setting of that name from now on.

        Raises:
            LoadError: the network has none of that name.
        """
        named = {one.name: one for one in self.settings}
        if setting not in named:
            raise LoadError(f"{self.label} has no setting {setting!r}; valid: {', '.join(map(repr, named))}")
        self.net.use(named[setting])

    def names_of(self, answer: Forward) -> Sequence[str]:
        """The class of every image of an answer, by name.

        Raises:
            LoadError: the record is older than the names of classes.
        """
        if self.class_names is None:
            raise LoadError(f"the record of {self.label} is older than the names of classes: run the study again")
        return [self.class_names[place] for place in answer.logits.argmax(dim=1).tolist()]


def load(
    study: str | Path,
    network: str,
    *,
    setting: str | None = None,
    seed: int = 1,
    engine: Engine | None = None,
    device: str | torch.device = "cpu",
) -> Trained:
    """A trained network of a study, ready to answer. Its data set is not needed.

    Args:
        study: directory of its results, a name below `results`, or a URL of an object store or another file system of
            fsspec, such as `s3://bucket/runs/quick`; of that, the network's weights alone are fetched, once.
        network: as tables call it (`adanet[target_rate=0.4]`), a selector in any spelling, or a method's name where
            the study has one network of it.
        setting: name of a point of its accuracy-compute curve; without one, the headline setting.
        seed: which of the study's seeds, from 1.
        engine: serve it, see `zoo.optimize_for_inference`; None for the network as it was trained.
        device: where it runs.

    Raises:
        LoadError: no such study, network, seed or setting; or its record is damaged or has no weights.
        ValueError: the network cannot be built, or is another one than when it was trained.
    """
    if is_url(str(study)):
        return prepared(Remote(str(study)).choose(network, seed), setting, engine, device)
    folder = study_folder(study)
    return prepared(choose(network, seed, networks_of(folder), str(folder)), setting, engine, device)


def prepared(stored: Stored, setting: str | None, engine: Engine | None, device: str | torch.device) -> Trained:
    """A stored network, ready to answer; see `load`."""
    chosen = choose_setting(stored, setting)
    net = create(stored.selector, stored.task)
    load_weights(net, stored.weights(), f"{stored.place}: it is of another version of {stored.label}; its record")
    net.to(device).eval()
    net.use(chosen)
    return Trained(
        label=stored.label,
        net=net if engine is None else optimize_for_inference(net, engine=engine),
        task=net.task,
        settings=stored.settings,
        class_names=stored.class_names,
    )
