"""AdaNet, published as ConvNet-AIG: a small gate in front of every residual block decides per image to run it.

Facts that re-implementations miss: the official code samples in eval mode (here decisions are deterministic unless a
generator is given) and computes every block (here "needed" runs only the open ones).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, groupby
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_linear_bn_eval

from zoo.backbone import Backbone
from zoo.execution.block_drop import BlockDrop, survival_schedule
from zoo.execution.gates import logistic_noise, straight_through, threshold_settings
from zoo.execution.skipping import Above, Chained, Decide, gated_chain
from zoo.layers import ModulesOf, Shortcut
from zoo.network import Compute, Forward, RoutedNet, Setting, Task, Validation
from zoo.papers.adanet import PAPER
from zoo.registry import register


class Gate(nn.Module):
    """Global average pool, a hidden layer of 16 with batch norm and ReLU, and two logits: skip, execute.

    Starts open for 87 % of the inputs: last weights N(0, 0.001), biases 0.1 and 2.0 as in the official code.
    """

    def __init__(self, channels: int, hidden: int = 16) -> None:
        super().__init__()
        self.channels = channels
        self.hidden = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, hidden), nn.BatchNorm1d(hidden), nn.ReLU()
        )
        self.choice = nn.Linear(hidden, 2)
        nn.init.normal_(self.choice.weight, std=0.001)
        with torch.no_grad():
            self.choice.bias.copy_(torch.tensor([0.1, 2.0]))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N,): log-odds of executing the block."""
        logits = self.choice(self.hidden(x)).float()
        odds: Tensor = logits[:, 1] - logits[:, 0]
        return odds

    def folded_hidden(self) -> nn.Linear:
        """The hidden layer in eval mode, batch norm folded into it."""
        linear, norm = self.hidden[2], self.hidden[3]
        assert isinstance(linear, nn.Linear)
        assert isinstance(norm, nn.BatchNorm1d)
        return fuse_linear_bn_eval(linear.eval(), norm.eval())


class Gates(ModulesOf[Gate]):
    """One gate per block, without memory; see `zoo.execution.skipping.GateBank`."""

    pooled = False

    def forward(self, index: int, seen: Tensor, state: None) -> tuple[Tensor, None]:
        """Gate `index` on what it sees: log-odds (N,), and no state."""
        return self[index](seen), None

    def folded(self) -> FoldedGates:
        """The same gates for serving."""
        return FoldedGates(list(self))


class FoldedGates(nn.Module):
    """Gates for serving: batch norms folded into the hidden layers, one output each, all of one width side by side.

    The hidden layers of A gates are one matrix product, and so are their outputs (a matrix with one block per gate on
    its diagonal): asking all of them costs little more than asking one. See `zoo.execution.skipping.FarSighted`.
    """

    pooled = True

    def __init__(self, gates: Sequence[Gate]) -> None:
        super().__init__()
        self.together = _runs([gate.channels for gate in gates])
        for run in dict.fromkeys(self.together):
            hidden = [gates[i].folded_hidden() for i in run]
            choices = [gates[i].choice for i in run]
            outputs = [choice.weight.detach()[1:] - choice.weight.detach()[:1] for choice in choices]
            biases = [choice.bias.detach()[1:] - choice.bias.detach()[:1] for choice in choices]
            self.register_buffer(f"hidden{run.start}", torch.cat([h.weight for h in hidden]).detach().t().contiguous())
            self.register_buffer(f"hidden_bias{run.start}", torch.cat([h.bias for h in hidden]).detach())
            self.register_buffer(f"output{run.start}", torch.block_diag(*outputs).t().contiguous())
            self.register_buffer(f"bias{run.start}", torch.cat(biases))

    def forward(self, index: int, seen: Tensor, state: None) -> tuple[Tensor, None]:
        """Gate `index` on means of the channels (N, C): log-odds (N,), and no state."""
        return self.ahead(index, seen, 1)[:, index - self.together[index].start], None

    def ahead(self, index: int, sums: Tensor, pixels: int) -> Tensor:
        """Log-odds (N, A) of the gates together[index], from sums (N, C) over the pixels of each channel."""
        run = self.together[index].start
        hidden = torch.addmm(getattr(self, f"hidden_bias{run}"), sums, getattr(self, f"hidden{run}"), alpha=1 / pixels)
        return torch.addmm(getattr(self, f"bias{run}"), hidden.relu_(), getattr(self, f"output{run}"))


def _runs(widths: Sequence[int]) -> list[range]:
    """For every place in a sequence, the run of equal numbers that it belongs to."""
    lengths = [len(list(group)) for _, group in groupby(widths)]
    return [
        range(end - length, end)
        for length, end in zip(lengths, accumulate(lengths), strict=True)
        for _ in range(length)
    ]


@register("adanet", PAPER)
class AdaNet(RoutedNet):
    """A ResNet whose blocks are gated per image (Veit & Belongie 2018).

    Training samples the decisions with Gumbel noise at temperature 1, forward hard, backward soft, and pulls the
    mean execution rate of every layer in the batch towards its target: `target_weight * mean_l (t_l - rate_l)^2`.

    Args:
        task: what to build for.
        target_rate: t, one number for all blocks or one per block.
        target_weight: weight of the target loss; the official code has 2 on CIFAR and 1 on ImageNet. `tiny` has 8:
            in a minute of training, six gates do not come near their target with less.
        target_reduction: `mean` over layers as in the official code that gave the published figures, or `sum` as
            the paper writes it (with weight 2 on 54 layers, 54 times stronger).
        free_full_layers: leave layers with target 1 out of the loss, as the official ImageNet code does; the
            divisor stays the number of layers.
        temperature: of the Gumbel-softmax.
        gate_width: hidden units of a gate.
        last_survival: below 1, training drops blocks as `stochastic_depth` does, the last with this probability of
            surviving: a block counts where its gate is open and it survived, and evaluation scales every branch by its
            survival probability. The target loss sees the gates alone: chance must not make up for an open gate,
            or more would run than the target when nothing is dropped.
        drop_mode: see `zoo.execution.block_drop.BlockDrop`: per mini-batch (`batch`) or per sample (`row`).
        blocks: see `zoo.backbone.Backbone`, as are widths, block, stem_kind and shortcut_kind.

    Raises:
        ValueError: a target outside [0, 1], or a number of targets that is not the number of blocks.
    """

    def __init__(
        self,
        task: Task,
        *,
        target_rate: float | Sequence[float] = 0.6,
        target_weight: float = 2.0,
        target_reduction: Literal["mean", "sum"] = "mean",
        free_full_layers: bool = False,
        temperature: float = 1.0,
        gate_width: int = 16,
        last_survival: float = 1.0,
        drop_mode: Literal["batch", "row"] = "batch",
        blocks: Sequence[int] = (2, 2, 2),
        widths: Sequence[int] = (16, 32, 64),
        block: Literal["basic", "bottleneck"] = "basic",
        stem_kind: Literal["cifar", "strided", "imagenet"] = "cifar",
        shortcut_kind: Shortcut = "B",
    ) -> None:
        super().__init__(task)
        self.backbone = Backbone(
            task, blocks=blocks, widths=widths, block=block, stem_kind=stem_kind, shortcut_kind=shortcut_kind
        )
        self.gates = Gates(Gate(b.in_channels, gate_width) for b in self.backbone.blocks)
        self.units = tuple(self.backbone.names)
        if target_reduction not in ("mean", "sum"):
            raise ValueError(f"target_reduction must be 'mean' or 'sum', not {target_reduction!r}")
        if temperature <= 0:
            raise ValueError(f"temperature must be positive, not {temperature}")
        self.targets = _targets(target_rate, len(self.units))
        self.target_weight = target_weight
        self.target_reduction = target_reduction
        self.free_full_layers = free_full_layers
        self.temperature = temperature
        self.drop = BlockDrop(survival_schedule(len(self.units), last_survival), drop_mode)
        self.threshold = 0.5
        self.rates: list[float] | None = None

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Answer normalised pictures; training runs blocks with shut gates too, since batch norm needs all samples."""
        kept = self.drop.draw(len(x), generator) if self.training or generator is not None else None
        decide = self._decision(generator)
        x = self.backbone.stem(x)
        if self.training:
            chained = self._train_chain(decide, x, kept)
        else:
            blocks = list(self.backbone.blocks)
            chained = gated_chain(blocks, self.gates, self._weighted(decide, kept), x, compute, "residual")
        opened = chained.gate.detach() > 0
        penalties = {"target_rate": self.target_weight * self._target_loss(chained.gate)} if self.training else {}
        return Forward(
            logits=self.backbone.head(chained.x),
            route=opened if kept is None else opened & kept.to(x.device, non_blocking=True),
            gate_probs=torch.sigmoid(chained.log_odds),
            penalties=penalties,
        )

    def _train_chain(self, decide: Decide, x: Tensor, kept: Tensor | None) -> Chained:
        values: list[Tensor] = []
        odds: list[Tensor] = []
        for index, block in enumerate(self.backbone.blocks):
            log_odds, _ = self.gates(index, x, None)
            odds.append(log_odds)
            values.append(decide(index, log_odds))
            x = self.drop.residual(index, block, x, kept, values[-1])
        return Chained(x, torch.stack(values, dim=1), torch.stack(odds, dim=1))

    def _weighted(self, decide: Decide, kept: Tensor | None) -> Decide:
        """Decisions times what stochastic depth multiplies each branch with."""
        if self.drop.certain:
            return decide
        return lambda index, log_odds: decide(index, log_odds) * self.drop.weights(index, log_odds, kept)

    def _decision(self, generator: torch.Generator | None) -> Decide:
        if self.rates is not None and not self.training:
            rates = self.rates
            return lambda index, log_odds: torch.full_like(log_odds, rates[index])
        if self.training or generator is not None:
            return lambda index, log_odds: self._sample(log_odds, generator)
        return Above(self.threshold)

    def _sample(self, log_odds: Tensor, generator: torch.Generator | None) -> Tensor:
        noisy = log_odds + logistic_noise(log_odds, generator)
        return straight_through((noisy > 0).float(), torch.sigmoid(noisy / self.temperature))

    def _target_loss(self, gates: Tensor) -> Tensor:
        targets = torch.tensor(self.targets).to(gates.device, non_blocking=True)
        misses = (targets - gates.mean(dim=0)) ** 2
        if self.free_full_layers:
            misses = misses * (targets < 1)
        return misses.mean() if self.target_reduction == "mean" else misses.sum()

    def plain_trunk(self) -> Mapping[str, Any] | None:
        """The ResNet without gates."""
        return self.backbone.described

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """The residual branches; gates always run."""
        return self.backbone.unit_modules()

    def settings(self, validation: Validation) -> list[Setting]:
        """The trained decisions, other gate thresholds, and all layers scaled by their execution rate (AIG-110*)."""
        probs = validation.forward.gate_probs
        assert probs is not None
        settings = [Setting(name="default", note="gates open above probability 1/2, as trained")]
        settings += threshold_settings(probs, (0.4, 0.6, 0.8))
        rates = validation.forward.route.float().mean(dim=0).tolist()
        settings.append(
            Setting(
                name="all layers, scaled",
                values={"rates": rates},
                note="every block runs, its output times its execution rate on validation (ConvNet-AIG-110*)",
            )
        )
        return settings

    def use(self, setting: Setting) -> None:
        """Take `threshold` in (0, 1), or `rates`, one per block.

        Raises:
            ValueError: other values, or numbers out of range.
        """
        values: dict[str, Any] = dict(setting.values)
        threshold = values.pop("threshold", 0.5)
        rates = values.pop("rates", None)
        if values:
            raise ValueError(f"adanet's settings have threshold or rates, not {list(values)}")
        if not 0 < threshold < 1:
            raise ValueError(f"threshold must lie between 0 and 1, not {threshold}")
        if rates is not None and len(rates) != len(self.units):
            raise ValueError(f"{len(rates)} rates for {len(self.units)} blocks")
        self.threshold, self.rates, self.setting = threshold, rates, setting


def _targets(target_rate: float | Sequence[float], blocks: int) -> list[float]:
    targets = [float(target_rate)] * blocks if isinstance(target_rate, int | float) else list(target_rate)
    if len(targets) != blocks:
        raise ValueError(f"target_rate has {len(targets)} numbers for {blocks} blocks")
    if not all(0 <= t <= 1 for t in targets):
        raise ValueError(f"target_rate must lie between 0 and 1, not {target_rate}")
    return targets
