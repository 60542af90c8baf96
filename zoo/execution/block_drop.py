"""Stochastic depth for any residual network: which blocks survive a training step, and running only those."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from zoo.execution.rows import gather_rows, scatter_add_rows
from zoo.layers import ResidualBlock


def survival_schedule(blocks: int, last: float, kind: Literal["linear", "uniform"] = "linear") -> tuple[float, ...]:
    """Survival probability of each block (Huang et al. 2016, equation 4).

    Args:
        blocks: L.
        last: p_L, of the last block, above 0 and at most 1.
        kind: `linear`, p_l = 1 - l / L * (1 - p_L), or `uniform`, p_L for all.

    Raises:
        ValueError: an unknown kind, or a probability out of range.
    """
    if kind not in ("linear", "uniform"):
        raise ValueError(f"survival schedule must be 'linear' or 'uniform', not {kind!r}")
    if not 0 < last <= 1:
        raise ValueError(f"survival probability must be above 0 and at most 1, not {last}")
    if kind == "uniform":
        return (last,) * blocks
    return tuple(1 - layer / blocks * (1 - last) for layer in range(1, blocks + 1))


class BlockDrop:
    """Stochastic depth for the blocks of any residual network; a dropped branch does not run at all.

    A network draws once per training step and hands the draw to every block:

        kept = drop.draw(len(x)) if self.training else None
        for index, block in enumerate(blocks):
            x = drop.residual(index, block, x, kept)

    Where every block is certain to survive, no random number is drawn. Draws live on the CPU, so that no device is
    waited for. A branch that drops out does no forward, no backward and no update of its batch norms.

    Args:
        survival: probability of each of L blocks to run in a training step, above 0 and at most 1.
        mode: one draw per block for the whole `batch` as in the paper, or one per sample (`row`), which runs the
            branch on the samples that keep it.
        rescale: at `eval`, a branch is multiplied by its survival probability as in the paper; or in `train`, it is
            divided by it, as `torchvision.ops.StochasticDepth` does.

    Raises:
        ValueError: an unknown mode or rescale, or a probability out of range.
    """

    def __init__(
        self,
        survival: Sequence[float],
        mode: Literal["batch", "row"] = "batch",
        rescale: Literal["eval", "train"] = "eval",
    ) -> None:
        if mode not in ("batch", "row"):
            raise ValueError(f"drop mode must be 'batch' or 'row', not {mode!r}")
        if rescale not in ("eval", "train"):
            raise ValueError(f"rescale must be 'eval' or 'train', not {rescale!r}")
        if not all(0 < p <= 1 for p in survival):
            raise ValueError(f"survival probabilities must be above 0 and at most 1, not {list(survival)}")
        self.survival = tuple(survival)
        self.certain = all(p == 1 for p in survival)
        self.mode = mode
        self.rescale = rescale

    def draw(self, samples: int, generator: torch.Generator | None = None) -> Tensor:
        """Which branches run in this step: (samples, L) bool on the CPU."""
        if self.certain:
            return torch.ones(samples, len(self.survival), dtype=torch.bool)
        rows = 1 if self.mode == "batch" else samples
        device = generator.device if generator is not None else "cpu"
        uniform = torch.rand(rows, len(self.survival), generator=generator, device=device).cpu()
        return (uniform < torch.tensor(self.survival)).expand(samples, -1)

    def most_likely(self, blocks: int) -> Tensor:
        """The blocks of highest survival probability, the earlier first among equals: (1, L) bool on the CPU."""
        order = sorted(range(len(self.survival)), key=lambda index: -self.survival[index])
        kept = torch.zeros(1, len(self.survival), dtype=torch.bool)
        kept[0, order[:blocks]] = True
        return kept

    def scale(self, index: int, *, sampled: bool) -> float:
        """What a branch that runs is multiplied by, where draws decide which run (`sampled`) or where all do."""
        if sampled:
            return 1 / self.survival[index] if self.rescale == "train" else 1.0
        return self.survival[index] if self.rescale == "eval" else 1.0

    def weights(self, index: int, x: Tensor, kept: Tensor | None = None) -> Tensor:
        """What multiplies the branch of block `index` for every sample of x, 0 where it drops out: (N,).

        For `gated_residual` in evaluation, where "all" runs dropped branches too, so that gradients reach them.
        """
        weights = torch.full((len(x),), self.scale(index, sampled=kept is not None), device=x.device, dtype=x.dtype)
        return weights if kept is None else weights * kept[:, index].to(x.device, non_blocking=True)

    def residual(
        self,
        index: int,
        block: ResidualBlock,
        x: Tensor,
        kept: Tensor | None = None,
        gate: Tensor | None = None,
        *,
        activated: bool = False,
    ) -> Tensor:
        """Block `index`: activation(shortcut(x) + scale * gate * branch(x)), the branch only where it is kept.

        Args:
            index: of the block, from 0.
            block: its branch may drop out, its shortcut never.
            x: (N, C, H, W).
            kept: (N, L) as `draw` gives it, or None where every branch runs, scaled to the expectation.
            gate: (N,) values that scale the branch where it is kept; it runs where they are 0 too, so that its batch
                norms see every kept sample.
            activated: x is the output of the same activation, a ReLU, which would not change it again.
        """
        rows = torch.arange(len(x)) if kept is None else kept[:, index].nonzero().squeeze(1)
        if activated and len(rows) == 0 and isinstance(block.shortcut, nn.Identity):
            return x
        scale = self.scale(index, sampled=kept is not None)
        identity: Tensor = block.shortcut(x)
        out: Tensor = block.activation(_add_branch_to_rows(block.branch, identity, x, rows, scale, gate))
        return out


def _add_branch_to_rows(
    branch: nn.Module, identity: Tensor, x: Tensor, rows: Tensor, scale: float, gate: Tensor | None
) -> Tensor:
    if len(rows) == 0:
        return identity
    weight = None if gate is None else gate.view(-1, 1, 1, 1).to(x.dtype)
    if len(rows) == len(x):
        update = branch(x) if weight is None else weight * branch(x)
        return torch.add(identity, update, alpha=scale)
    rows = rows.to(x.device, non_blocking=True)
    part = branch(gather_rows(x, rows))
    return scatter_add_rows(identity, rows, scale * (part if weight is None else weight[rows] * part))
