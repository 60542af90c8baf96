"""What several processes cannot train as one would, said before anything runs."""

from __future__ import annotations

from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from benchmarks.training.distributed.adapted import is_adapted
from benchmarks.training.recipe import Recipe
from zoo.execution.block_drop import BlockDrop
from zoo.methods.fractalnet import FractalNet
from zoo.network import RoutedNet

SMALLEST_PART = 2
"""Images that a process needs at least: draws for one image could not be told from draws for the batch."""


def check_joint(net: RoutedNet, recipe: Recipe, images: int, processes: int) -> None:
    """Refuse what would not be trained as one process trains it.

    Args:
        net: in any state.
        recipe: of its training.
        images: of the training split.
        processes: that train it together.

    Raises:
        ValueError: with the reason and what to do.
    """
    size = min(recipe.batch_size, images)
    if size % processes or size // processes < SMALLEST_PART:
        raise ValueError(
            f"processes: {processes} cannot share a batch of {size} images; it needs a multiple of {processes} that "
            f"leaves each at least {SMALLEST_PART}"
        )
    if recipe.compile:
        raise ValueError("recipe.compile: a compiled network is trained by one process; leave out compile or processes")
    if recipe.adversarial and recipe.adversarial.clean:
        raise ValueError(
            "recipe.adversarial.clean: a share of clean images is trained by one process; leave out clean or processes"
        )
    if reason := refusal(net):
        raise ValueError(f"processes: {reason}")


def refusal(net: RoutedNet) -> str:
    """Why several processes cannot train a network as one would; empty if they can, as far as can be known before."""
    for value in vars(net).values():
        if isinstance(value, BlockDrop) and value.mode == "row" and not value.certain:
            return "blocks that drop out per sample normalise a part of the batch; drop them per batch"
    if isinstance(net, FractalNet) and net.draw == "sample":
        return "drop-path per sample normalises a part of the batch; draw it per batch"
    for name, module in net.named_modules():
        own = isinstance(getattr(module, "running_mean", None), Tensor) and not isinstance(module, _BatchNorm)
        if own and not is_adapted(module):
            return f"{name} ({type(module).__name__}) normalises by the images of one process only"
    return ""
