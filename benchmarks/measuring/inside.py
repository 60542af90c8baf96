"""What goes on inside networks that take no route: gates, offsets, positions of taps, and columns by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import pandas as pd
import torch
from torch import Tensor, nn

from benchmarks.data import Batch
from benchmarks.measuring import evaluator
from benchmarks.measuring.trained_network import TrainedNetwork
from zoo.methods.active_conv import ActiveConv, ActiveConvNet
from zoo.methods.deformable.convolution import DeformableConv
from zoo.methods.deformable.network import DeformableNet
from zoo.methods.fractalnet.network import FractalNet
from zoo.methods.highway import Highway
from zoo.network import RoutedNet

BATCH = 250
DRAWN = 4
"""First test images of which sampled places are kept."""
ENSEMBLE = "ensemble"
"""In the place of a setting: the mean of the probabilities of all columns."""
COLUMNS = ["what", "layer", "index", "label", "tap", "y", "x", "value", "spread", "prediction", "note"]
Rows = Iterator[pd.DataFrame]
Module = TypeVar("Module", bound=nn.Module)


@evaluator("inside", order=16)
def inside(trained: TrainedNetwork, options: None) -> pd.DataFrame:
    """Rows of several kinds, by `what`; one row with a note where there is nothing of the kind.

    - `openness` of Highway, a row per layer and test image: value (mean of the transform gates over channels and
      places, in [0, 1]).
    - `offsets` of Deformable ConvNets, likewise: value (mean length of the offsets over taps and places, pixels of the
      layer's input), spread (root of the mean squared distance of offsets from their mean, likewise).
    - `tap`, a row per deformed layer, tap and one of the first images: where the middle place of the layer's output
      samples, y and x in shares of the image's height and width, and value (by which the sample is multiplied).
    - `position` of Active Convolution, a row per layer and outer tap: y and x from the centre, pixels.
    - `answer` of FractalNet, a row per test image and setting, and for the columns' ensemble by mean probabilities:
      prediction, value (probability of the prediction); `layer` is the setting's name.

    Layers are called as the unit that they are in, with a number where there are several.

    Columns: what, layer, index, label, tap, y, x, value, spread, prediction, note; what does not apply is missing.
    """
    rows: list[pd.DataFrame] = []
    for kind, look in LOOKS.items():
        if isinstance(trained.net, kind):
            with trained.at(trained.settings[0]), torch.no_grad():
                rows += look(trained)
    if not rows:
        return pd.DataFrame([{"note": "the network has no such parts"}], columns=COLUMNS)
    return pd.concat([own.assign(note="") for own in rows], ignore_index=True).reindex(columns=COLUMNS)


def _batches(trained: TrainedNetwork) -> Iterator[Batch]:
    return trained.dataset.test.batches(BATCH, device=trained.device, channels_last=True)


def _per_image(batch: Batch, **values: Any) -> pd.DataFrame:
    """A row per image of a batch."""
    columns = {"index": batch.indices, "label": batch.labels, **values}
    return pd.DataFrame({k: v.cpu().numpy() if isinstance(v, Tensor) else v for k, v in columns.items()})


def _named(net: RoutedNet, kind: type[Module]) -> dict[str, Module]:
    """Layers of a kind, in order."""
    found: dict[str, Module] = {}
    for unit, modules in net.unit_modules().items():
        layers = [layer for module in modules for layer in module.modules() if isinstance(layer, kind)]
        names = [unit] if len(layers) == 1 else [f"{unit}.{number}" for number in range(1, len(layers) + 1)]
        found |= dict(zip(names, layers, strict=True))
    return found


def _openness(trained: TrainedNetwork) -> Rows:
    for batch in _batches(trained):
        gates = trained.net(batch.images, compute="all").gate_probs
        for layer, opened in zip(trained.net.units, gates.unbind(1), strict=True):
            yield _per_image(batch, what="openness", layer=layer, value=opened)


def _offsets(trained: TrainedNetwork) -> Rows:
    layers = _named(trained.net, DeformableConv)
    seen: dict[str, tuple[tuple[int, int], Tensor]] = {}

    def note(name: str) -> Callable[[Any, tuple[Tensor, ...], Tensor], None]:
        return lambda _, inputs, out: seen.update({name: ((inputs[0].shape[2], inputs[0].shape[3]), out.float())})

    handles = [layer.offset.register_forward_hook(note(name)) for name, layer in layers.items()]
    try:
        for batch in _batches(trained):
            trained.net(batch.images, compute="all")
            for name, layer in layers.items():
                size, out = seen[name]
                moves = out[:, : layer.coordinates].unflatten(1, (-1, 2))
                reach, spread = reach_and_spread(moves)
                yield _per_image(batch, what="offsets", layer=name, value=reach, spread=spread)
                for image in torch.where(batch.indices < DRAWN)[0].tolist():
                    yield _taps(layer, size, out[image]).assign(layer=name, index=int(batch.indices[image]))
    finally:
        for handle in handles:
            handle.remove()


def reach_and_spread(moves: Tensor) -> tuple[Tensor, Tensor]:
    """Mean length of offsets, and the root of their mean squared distance from the mean offset, of every image (N,).

    Args:
        moves: (N, T, 2, H, W) offsets of T taps.
    """
    reach = moves.norm(dim=2).mean(dim=(1, 2, 3))
    around = moves - moves.mean(dim=(1, 3, 4), keepdim=True)
    return reach, around.square().sum(dim=2).mean(dim=(1, 2, 3)).sqrt()


def _taps(layer: DeformableConv, size: tuple[int, int], out: Tensor) -> pd.DataFrame:
    """Where the middle place of a layer's output (C, H, W of its offset convolution) samples an input of that size."""
    place = out.shape[1] // 2, out.shape[2] // 2
    here = out[:, place[0], place[1]].cpu()
    moves = here[: layer.coordinates].unflatten(0, (-1, 2))
    scales = layer.mask_scale * torch.sigmoid(here[layer.coordinates :]) if layer.modulated else torch.ones(len(moves))
    height, width = layer.weight.shape[2:]
    rows = []
    for tap, ((dy, dx), scale) in enumerate(zip(moves.tolist(), scales.tolist(), strict=True)):
        step = divmod(tap % (height * width), width)
        corner = [place[d] * layer.stride[d] - layer.padding[d] + step[d] * layer.dilation[d] for d in (0, 1)]
        y, x = ((corner[d] + move + 0.5) / size[d] for d, move in enumerate((dy, dx)))
        rows.append({"what": "tap", "tap": tap, "y": y, "x": x, "value": scale})
    return pd.DataFrame(rows)


def _positions(trained: TrainedNetwork) -> Rows:
    for name, layer in _named(trained.net, ActiveConv).items():
        for group, own in enumerate(layer.positions.cpu().chunk(layer.groups), start=1):
            places = own.numpy()
            where = name if layer.groups == 1 else f"{name}, group {group}"
            yield pd.DataFrame(
                {"what": "position", "layer": where, "tap": range(len(places)), "y": places[:, 0], "x": places[:, 1]}
            )


def _answers(trained: TrainedNetwork) -> Rows:
    for batch in _batches(trained):
        columns = []
        for setting in trained.settings:
            with trained.at(setting) as net:
                probabilities = torch.softmax(net(batch.images, compute="needed").logits.float(), dim=1)
            yield _answer(batch, setting.name, probabilities)
            if "column" in setting.values:
                columns.append(probabilities)
        if columns:
            yield _answer(batch, ENSEMBLE, torch.stack(columns).mean(dim=0))


def _answer(batch: Batch, name: str, probabilities: Tensor) -> pd.DataFrame:
    value, prediction = probabilities.max(dim=1)
    return _per_image(batch, what="answer", layer=name, value=value, prediction=prediction)


LOOKS: Mapping[type[RoutedNet], Callable[[TrainedNetwork], Rows]] = {
    Highway: _openness,
    DeformableNet: _offsets,
    ActiveConvNet: _positions,
    FractalNet: _answers,
}
"""What is looked at, by the network's type."""
