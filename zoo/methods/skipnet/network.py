"""SkipNet: a gate decides per image to run the next residual block; learnt by gradient, then by reward.

Facts that re-implementations miss: the official code computes every block and blends (here "needed" runs only the open
ones), runs each projection twice (here once), crashes at batch 1, and has a last gate that decides nothing (left out).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self, Unpack

import torch
from torch import Tensor, nn

from zoo.backbone import TRUNK_OPTIONS, Backbone, TrunkOptions
from zoo.execution.gated_block import gated_block
from zoo.execution.gates import logistic_noise, threshold_settings
from zoo.execution.skipping import Decide, GatedOutput, Skipping, Threshold
from zoo.layers import ResidualBlock
from zoo.methods.skipnet.gates import GateKind, GateStart, discounted_returns, make_gates
from zoo.network import Compute, Forward, Phase, RoutedNet, Schedule, Setting, Task, Validation
from zoo.papers.skipnet import PAPER
from zoo.registry import register

REINFORCED = ("hybrid", "reinforcement")
"""Phases that sample decisions and pay for them."""


@register("skipnet", PAPER)
class SkipNet(RoutedNet):
    """A ResNet in which a gate may skip any block but the first (Wang et al. 2018).

    Block i computes g_i * block(x) + (1 - g_i) * shortcut(x), where its gate has decided g_i from the same x. A skipped
    block returns its shortcut, projected but not rectified
    where shapes change. Gates always run and are fixed cost.

    Training has two phases. `supervised` decides hard, at probability 1/2, and gives the gates the gradient of their
    probability: a straight-through estimate without noise. `hybrid` samples the decisions and adds REINFORCE to the
    cross-entropy, so that weights and gates are both trained. Gate i of N is paid r_i = alpha / N for skipping, the
    end pays minus the sample's cross-entropy, and the policy gradient weighs the log-probability of decision i with
    R_i = r_i + gamma * R_{i+1}. No baseline is subtracted, as in the official code.

    Args:
        task: what to build for.
        gate: `rnn` (one LSTM for all blocks), `ff1` (FFGate-I, for shallow networks) or `ff2` (FFGate-II, for deep).
        decision: `hard`, or the ablation `soft` of Table 3: training multiplies by the probability, evaluation
            thresholds it, and there is no hybrid phase.
        open_log_odds: bias of the gates' log-odds at the start; None for the official initialisation, with which
            some seeds start with every gate shut.
        gate_start: whose, of recurrent gates: `cifar` or `imagenet`; see `RecurrentGates.start`.
        set_apart: start the recurrent gates of different blocks with different log-odds, as feed-forward ones do.
            Officially they start alike, and within a few hundred steps all stay open or all shut.
        alpha: price of computation; 0.1 in the official CIFAR code, 0 to 4 in the paper's sweep.
        gamma: discount of rewards; 1 in the official code.
        rl_weight: of the policy's loss.
        reward_reduction: `sum` over the samples of a batch as the official CIFAR code does, or their `mean`
            (ImageNet). The official ImageNet code multiplies log-probabilities (N,) by returns (N, 1), an outer product
            whose mean gives no image the credit for its own decisions; here, as in the paper, each has its own return.
        scale_terminal: multiply the terminal reward by alpha / N, as on ImageNet.
        policy_temperature: divides the gates' log-odds once, when the hybrid phase begins; 0.05 on ImageNet.
        hybrid_norm: batch norm in the hybrid phase. `batch` normalises by the batch and runs every block for every
            sample, as the official code does; sampled routes then blur the running statistics (its issue 9).
            `frozen` keeps the statistics of the supervised phase, so that only open blocks need to run.
        hybrid_share: part of the epochs in the hybrid phase; 0 leaves it out.
        hybrid_lr_scale: of the learning rate there; 1e-3 is the official 0.1 to 1e-4.
        hybrid_milestones: parts of the hybrid phase after which its rate is divided by 10, officially none on CIFAR and
            0.75 on ImageNet; None for the recipe's schedule.
        reinforcement: `hybrid` as above, or the paper's ablation `pure`: one phase, `reinforcement`, whose loss is the
            policy's from the first step. The cross-entropy is a reward and no gradient, so that the classifier keeps
            its start and accuracy stays near chance, as the paper reports. The five parameters above do not apply.
        trunk: blocks, widths, block, stem_kind and shortcut_kind of `zoo.backbone.Backbone`.

    Raises:
        ValueError: an unknown gate, start, decision, reduction or norm, a number out of range, or fewer than two
            blocks.
    """

    shared_parameters = TRUNK_OPTIONS

    def __init__(
        self,
        task: Task,
        *,
        gate: GateKind = "rnn",
        decision: Literal["hard", "soft"] = "hard",
        open_log_odds: float | None = 1.0,
        gate_start: GateStart = "cifar",
        set_apart: bool = False,
        alpha: float = 0.1,
        gamma: float = 1.0,
        rl_weight: float = 0.01,
        reward_reduction: Literal["sum", "mean"] = "sum",
        scale_terminal: bool = False,
        policy_temperature: float = 1.0,
        hybrid_norm: Literal["batch", "frozen"] = "batch",
        hybrid_share: float = 10 / 74,
        hybrid_lr_scale: float = 1e-3,
        hybrid_milestones: Sequence[float] | None = None,
        reinforcement: Literal["hybrid", "pure"] = "hybrid",
        **trunk: Unpack[TrunkOptions],
    ) -> None:
        super().__init__(task)
        self.backbone = Backbone(task, **trunk)
        gated = list(self.backbone.blocks)[1:]
        if not gated:
            raise ValueError("skipnet needs at least two blocks: the first always runs")
        _check_choice("decision", decision, ("hard", "soft"))
        _check_choice("reward_reduction", reward_reduction, ("sum", "mean"))
        _check_choice("hybrid_norm", hybrid_norm, ("batch", "frozen"))
        _check_choice("reinforcement", reinforcement, ("hybrid", "pure"))
        if reinforcement == "pure" and decision == "soft":
            raise ValueError("decision='soft' is learnt by gradient alone; use reinforcement='hybrid' with it")
        if not 0 <= hybrid_share < 1:
            raise ValueError(f"hybrid_share must be at least 0 and below 1, not {hybrid_share}")
        if not 0 <= gamma <= 1:
            raise ValueError(f"gamma must lie between 0 and 1, not {gamma}")
        if policy_temperature <= 0:
            raise ValueError(f"policy_temperature must be positive, not {policy_temperature}")
        widths = [block.in_channels for block in gated]
        self.gates = make_gates(gate, widths, open_log_odds, start=gate_start, set_apart=set_apart)
        self.skipping = Skipping("block")  # a closed gate leaves out the branch and the activation
        self.units = tuple(self.backbone.names[1:])
        self.decision = decision
        self.alpha = alpha
        self.gamma = gamma
        self.rl_weight = rl_weight
        self.reward_reduction = reward_reduction
        self.scale_terminal = scale_terminal
        self.policy_temperature = policy_temperature
        self.hybrid_norm = hybrid_norm
        self.hybrid_share = hybrid_share
        self.hybrid_lr_scale = hybrid_lr_scale
        self.hybrid_schedule = _divided_at(hybrid_milestones)
        self.reinforcement = reinforcement
        self.phase = self.phases()[0].name
        self.threshold = 0.5

    def run(self, x: Tensor, *, compute: Compute, generator: torch.Generator | None) -> Forward:
        """Run normalised images; training runs only open blocks where batch norm is frozen, otherwise all."""
        if self.training:
            compute = "needed" if self._frozen() else "all"
        decide = self._decision(generator)
        first, *gated = self.backbone.blocks
        x = first(self.backbone.stem(x))
        out = self._gated_blocks(gated, x, decide) if compute == "all" else self.skipping(gated, self.gates, decide, x)
        return Forward(
            logits=self.backbone.head(out.x),
            route=out.gate.detach() > 0,
            gate_probs=torch.sigmoid(out.log_odds),
        )

    def _gated_blocks(self, blocks: Sequence[ResidualBlock], x: Tensor, decide: Decide) -> GatedOutput:
        """For each block: ask its gate, decide, and mix the block and its shortcut by the decision."""
        state = None
        gates, all_log_odds = [], []
        for index, block in enumerate(blocks):
            log_odds, state = self.gates(index, x, state)
            gates.append(decide(index, log_odds))
            all_log_odds.append(log_odds)
            x = gated_block(block, x, gates[-1], "all")
        return GatedOutput(x, torch.stack(gates, dim=1), torch.stack(all_log_odds, dim=1))

    def _decision(self, generator: torch.Generator | None) -> Decide:
        if generator is not None or (self.training and self.phase in REINFORCED):
            return lambda index, log_odds: (log_odds.detach() + logistic_noise(log_odds, generator) > 0).float()
        if self.training and self.decision == "soft":
            return lambda index, log_odds: torch.sigmoid(log_odds)
        return Threshold(self.threshold)  # 0 or 1, with the gradient of the probability (straight-through)

    def loss(self, forward: Forward, labels: Tensor) -> Tensor:
        """Cross-entropy, and in the hybrid phase the policy's loss; in pure reinforcement, that alone."""
        errors = self.cross_entropy(forward.logits, labels, reduction="none")
        if self.phase not in REINFORCED:
            return errors.mean()
        probs = forward.gate_probs
        assert probs is not None
        terminal = -errors.detach() * (self.alpha / len(self.units) if self.scale_terminal else 1)
        returns = discounted_returns(forward.route, terminal, self.alpha, self.gamma)
        chances = torch.where(forward.route, probs, 1 - probs).clamp_min(1e-7)
        policy = -(chances.log() * returns).sum(dim=1)
        weighed = self.rl_weight * (policy.sum() if self.reward_reduction == "sum" else policy.mean())
        return weighed if self.phase == "reinforcement" else errors.mean() + weighed

    def phases(self) -> tuple[Phase, ...]:
        """Supervised, then hybrid (paper); or reinforcement alone."""
        if self.reinforcement == "pure":
            return (Phase(name="reinforcement"),)
        if self.decision == "soft" or self.hybrid_share == 0:
            return (Phase(name="supervised"),)
        share, scale = self.hybrid_share, self.hybrid_lr_scale
        hybrid = Phase(name="hybrid", share=share, lr_scale=scale, schedule=self.hybrid_schedule)
        return (Phase(name="supervised", share=1 - share), hybrid)

    def begin(self, phase: str) -> None:
        """Enter one of `phases`; `train()` then freezes the batch norms where they are to be frozen.

        Raises:
            ValueError: another name.
        """
        valid = ("reinforcement",) if self.reinforcement == "pure" else ("supervised", "hybrid")
        if phase not in valid:
            raise ValueError(f"skipnet trains in the phases {' and '.join(map(repr, valid))}, not {phase!r}")
        self.phase = phase
        if phase == "hybrid":
            self.gates.sharpen(self.policy_temperature)

    def _frozen(self) -> bool:
        return self.phase == "hybrid" and self.hybrid_norm == "frozen"

    def train(self, mode: bool = True) -> Self:
        """Training or evaluation mode; frozen batch norms stay in evaluation mode."""
        super().train(mode)
        if mode and self._frozen():
            for module in self.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        return self

    def plain_trunk(self) -> Mapping[str, Any] | None:
        """The ResNet without gates."""
        return self.backbone.described

    def unit_modules(self) -> Mapping[str, Sequence[nn.Module]]:
        """The residual branches of all blocks but the first; gates always run."""
        branches = self.backbone.unit_modules()
        return {name: branches[name] for name in self.units}

    def settings(self, validation: Validation) -> list[Setting]:
        """The trained decisions, and thresholds that open 40, 60 and 80 % of validation's gates."""
        probs = validation.forward.gate_probs
        assert probs is not None
        trained = Setting(name="default", note="the trained gates, open above probability 1/2")
        return [trained, *threshold_settings(probs, rates=(0.4, 0.6, 0.8), margin=0.02)]

    def use(self, setting: Setting) -> None:
        """Take `threshold` in (0, 1).

        Raises:
            ValueError: other values, or a number out of range.
        """
        values: dict[str, Any] = dict(setting.values)
        threshold = values.pop("threshold", 0.5)
        if values:
            raise ValueError(f"skipnet's settings have threshold, not {list(values)}")
        if not 0 < threshold < 1:
            raise ValueError(f"threshold must lie between 0 and 1, not {threshold}")
        self.threshold, self.setting = threshold, setting


def _divided_at(milestones: Sequence[float] | None) -> Schedule | None:
    if milestones is None:
        return None
    return Schedule(kind="step" if milestones else "constant", milestones=tuple(milestones))


def _check_choice(name: str, value: str, valid: Sequence[str]) -> None:
    if value not in valid:
        raise ValueError(f"{name} must be {' or '.join(map(repr, valid))}, not {value!r}")
