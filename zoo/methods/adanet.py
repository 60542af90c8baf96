"""AdaNet, published as ConvNet-AIG: a small gate in front of every residual block decides per image to run it.

Facts that re-implementations miss: the official code samples in eval mode (here decisions are deterministic unless a
generator is given) and computes every block (here "needed" runs only the open ones).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack

import torch
from torch import Tensor, nn

from zoo.backbone import TRUNK_OPTIONS, Backbone, TrunkOptions
from zoo.execution.block_drop import BlockDrop, survival_schedule
from zoo.execution.gated_block import gated_residual
from zoo.execution.gates import logistic_noise, straight_through, threshold_settings
from zoo.execution.skipping import Decide, GatedOutput, Skipping, Threshold
from zoo.layers import ModulesOf
from zoo.network import Compute, Forward, RoutedNet, Setting, Task, Validation
from zoo.papers.adanet import PAPER
from zoo.registry import register

ALWAYS = 40.0
"""Log-odds above those of every threshold below 1 in double precision, 36.7, and of the noise, at most 13.8."""


class Gate(nn.Module):
    """Global average pool, a hidden layer of 16 with batch norm and ReLU, and two logits: skip, execute.

    At the start every gate opens with probability 0.87: last weights N(0, 0.001), biases 0.1 and 2.0 as in the official
    code.
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

    def fix_open(self) -> None:
        """Open for every image, at any threshold and under any noise, and learn nothing any more."""
        self.requires_grad_(False)
        with torch.no_grad():
            self.choice.weight.zero_()
            self.choice.bias.copy_(torch.tensor([0.0, ALWAYS]))

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N,): log-odds of executing the block."""
        logits = self.choice(self.hidden(x)).float()
        log_odds: Tensor = logits[:, 1] - logits[:, 0]
        return log_odds


class Gates(ModulesOf[Gate]):
    """One gate per block, asked by number (`zoo.execution.skipping.Gates`)."""

    def forward(self, index: int, x: Tensor, state: None = None) -> tuple[Tensor, None]:
        """Gate `index` on x (N, C, H, W): log-odds (N,); there is no state."""
        return self[index](x), None


@register("adanet", PAPER)
class AdaNet(RoutedNet):
    """A ResNet whose blocks are gated per image (Veit & Belongie 2018).

    Block l computes relu(shortcut(x) + g_l * branch(x)), where its gate's decision g_l is 0 or 1.

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
        fix_full_layers: layers with target 1 always execute, as the official README says of them. In the official code
            they draw like all others.
        initialisation: of the convolutions: `he` (fan-out), or the official code's: `cifar`, as torch draws them, or
            `imagenet`, by He with the hidden layers of the gates.
        temperature: of the Gumbel-softmax.
        gate_width: hidden units of a gate.
        last_survival: below 1, training drops blocks as `stochastic_depth` does, the last with this probability of
            surviving: a block counts where its gate is open and it survived, and evaluation scales every branch by its
            survival probability. The target loss counts open gates, dropped or not: otherwise gates would open more
            often to make up for dropped blocks, and evaluation, which drops none, would exceed the target.
        drop_mode: see `zoo.execution.block_drop.BlockDrop`: per mini-batch (`batch`) or per sample (`row`).
        trunk: blocks, widths, block, stem_kind and shortcut_kind of `zoo.backbone.Backbone`.

    Raises:
        ValueError: a target outside [0, 1], a number of targets that is not the number of blocks, an unknown reduction,
            initialisation or drop mode, or a temperature or survival probability out of range.
    """

    shared_parameters = TRUNK_OPTIONS

    def __init__(
        self,
        task: Task,
        *,
        target_rate: float | Sequence[float] = 0.6,
        target_weight: float = 2.0,
        target_reduction: Literal["mean", "sum"] = "mean",
        free_full_layers: bool = False,
        fix_full_layers: bool = False,
        initialisation: Literal["he", "cifar", "imagenet"] = "he",
        temperature: float = 1.0,
        gate_width: int = 16,
        last_survival: float = 1.0,
        drop_mode: Literal["batch", "row"] = "batch",
        **trunk: Unpack[TrunkOptions],
    ) -> None:
        super().__init__(task)
        self.backbone = Backbone(task, **trunk)
        self.gates = Gates(Gate(b.in_channels, gate_width) for b in self.backbone.blocks)
        self.skipping = Skipping("residual")  # a closed gate leaves out the branch, not the activation
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
        _initialise(self, initialisation)
        if fix_full_layers:
            for gate, target in zip(self.gates, self.targets, strict=True):
                if target == 1:
                    gate.fix_open()
        self.drop = BlockDrop(survival_schedule(len(self.units), last_survival), drop_mode)
        self.threshold = 0.5
        self.rates: list[float] | None = None

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Run normalised images; training runs blocks with closed gates too, since batch norm needs all samples."""
        survivors = self.drop.draw(len(x), generator) if self.training or generator is not None else None
        decide = self._decision(generator)
        x = self.backbone.stem(x)
        if compute == "all" or self.training:
            out = self._gated_blocks(x, decide, survivors)
        else:
            out = self.skipping(list(self.backbone.blocks), self.gates, self._scaled(decide, survivors), x)
        opened = out.gate.detach() > 0
        return Forward(
            logits=self.backbone.head(out.x),
            route=opened if survivors is None else opened & survivors.to(x.device, non_blocking=True),
            gate_probs=torch.sigmoid(out.log_odds),
            penalties={"target_rate": self.target_weight * self._target_loss(out.gate)} if self.training else {},
        )

    def _gated_blocks(self, x: Tensor, decide: Decide, survivors: Tensor | None) -> GatedOutput:
        """For each block: ask its gate, decide, and run the block with its branch scaled by the decision."""
        scaled = self._scaled(decide, survivors)
        gates, all_log_odds = [], []
        for index, block in enumerate(self.backbone.blocks):
            log_odds, _ = self.gates(index, x)
            if self.training:
                gate = decide(index, log_odds)
                x = self.drop.residual(index, block, x, survivors, gate)
            else:
                gate = scaled(index, log_odds)
                x = gated_residual(block, x, gate, "all")
            gates.append(gate)
            all_log_odds.append(log_odds)
        return GatedOutput(x, torch.stack(gates, dim=1), torch.stack(all_log_odds, dim=1))

    def _scaled(self, decide: Decide, survivors: Tensor | None) -> Decide:
        """Decisions times what stochastic depth multiplies each branch with."""
        if self.drop.certain:
            return decide
        return lambda index, log_odds: decide(index, log_odds) * self.drop.weights(index, log_odds, survivors)

    def _decision(self, generator: torch.Generator | None) -> Decide:
        if self.rates is not None and not self.training:
            rates = self.rates
            return lambda index, log_odds: torch.full_like(log_odds, rates[index])
        if self.training or generator is not None:
            return lambda index, log_odds: self._sample(log_odds, generator)
        return Threshold(self.threshold)

    def _sample(self, log_odds: Tensor, generator: torch.Generator | None) -> Tensor:
        """Gumbel-softmax over two choices: the difference of two Gumbel variables is logistic."""
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
        """The trained decisions, thresholds that open 40, 60 and 80 % of the gates, and all layers (AIG-110*)."""
        probs = validation.forward.gate_probs
        assert probs is not None
        settings = [Setting(name="default", note="the trained gates, open above probability 1/2")]
        settings += threshold_settings(probs, rates=(0.4, 0.6, 0.8))
        rates = validation.forward.route.float().mean(dim=0).tolist()
        settings.append(
            Setting(
                name="all layers, scaled",
                values={"rates": rates},
                note="every block runs, its branch times its execution rate on validation (ConvNet-AIG-110*)",
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


def _initialise(net: AdaNet, initialisation: str) -> None:
    if initialisation not in ("he", "cifar", "imagenet"):
        raise ValueError(f"initialisation must be 'he', 'cifar' or 'imagenet', not {initialisation!r}")
    if initialisation == "cifar":
        for module in net.backbone.modules():
            if isinstance(module, nn.Conv2d):
                module.reset_parameters()
    if initialisation == "imagenet":
        for gate in net.gates:
            for layer in gate.hidden:
                if isinstance(layer, nn.Linear):
                    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")


def _targets(target_rate: float | Sequence[float], blocks: int) -> list[float]:
    targets = [float(target_rate)] * blocks if isinstance(target_rate, int | float) else list(target_rate)
    if len(targets) != blocks:
        raise ValueError(f"target_rate has {len(targets)} numbers for {blocks} blocks")
    if not all(0 <= t <= 1 for t in targets):
        raise ValueError(f"target_rate must lie between 0 and 1, not {target_rate}")
    return targets
