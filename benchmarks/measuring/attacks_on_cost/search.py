"""The search for dear images within growing balls: by ascent, and by uniform noise as its control.

A larger ball contains the smaller one, so that what was found in the smaller one has been found in the larger: it is
kept, stretched to the larger ball as the first start there, and an image of nominal cost is left alone from then on.
What is reported is a maximum that was found, a lower bound of the attacker's, and so the bound is as good as all steps
so far can make it. Attacks on the answer do not do this (`benchmarks.measuring.attacks.pgd`), since a robust accuracy
that rises with epsilon betrays masked gradients; what betrays them here is noise that finds more than the ascent does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from benchmarks.measuring.attacks_on_cost.ascent import ascend
from benchmarks.measuring.attacks_on_cost.goals import COST, GOALS, KEPT, Dearest, Goal, Outcome, dearest_of
from benchmarks.measuring.attacks_on_cost.objective import decides
from zoo.network import Forward, RoutedNet, route_macs
from zoo.serving.folding import folded
from zoo.sizing.unit_costs import Ledger

Found = Iterator[tuple[float, dict[str, Dearest]]]
"""Ascending epsilons, each with the dearest images so far by goal; these change when the next is asked for."""


class Attacked:
    """A network whose cost is attacked.

    Args:
        net: in eval mode at the setting that is attacked, its parameters frozen.
        ledger: of its units.
        device: of the network.
    """

    def __init__(self, net: RoutedNet, ledger: Ledger, device: torch.device) -> None:
        self.net = net
        self.folded = folded(net)
        self.nominal = ledger.nominal
        self._fixed, self._units = ledger.fixed_macs, ledger.unit_macs.to(device)

    def outcome(self, images: Tensor, out: Forward) -> Outcome:
        """What an output says of its images (n, C, H, W)."""
        macs = route_macs(out.route, self._fixed, self._units).double()
        return Outcome(images=images.detach(), answers=out.logits.detach().argmax(dim=1), macs=macs, route=out.route)

    def deployed(self, images: Tensor) -> Outcome:
        """What the deployed rule makes of images (n, C, H, W), computing only the needed units."""
        with torch.inference_mode():
            return self.outcome(images, self.net(images, compute="needed"))

    def quickly(self, images: Tensor) -> Outcome:
        """The same to rounding, by the copy whose batch norm is folded."""
        with torch.inference_mode():
            return self.outcome(images, self.folded(images, compute="needed"))


def nothing_to_attack(attacked: Attacked, clean: Sequence[Outcome]) -> str:
    """Why the cost cannot be attacked; empty where it can.

    Args:
        attacked: the network.
        clean: its outcomes on images that nobody has changed.
    """
    with torch.inference_mode():
        if not decides(attacked.net, attacked.net(clean[0].images[:1], compute="all")):
            return "every image takes the same route"
    if all(bool((outcome.macs == attacked.nominal).all()) for outcome in clean):
        return "every image has the nominal cost without an attack"
    return ""


def by_ascent(
    attacked: Attacked,
    clean: Outcome,
    labels: Tensor,
    epsilons: Sequence[float],
    *,
    steps: int,
    restarts: int,
    also: Sequence[Goal] = (),
) -> Found:
    """Ascent for the goal `cost` and others in turn, where each iterate counts for all goals.

    For `cost`, `restarts` runs of `steps` from random starts; but at every epsilon after the smallest, the first run
    starts from the stretched image. For another goal, half as many steps from what there is, on those images only
    whose dearest image does not have it.

    Args:
        attacked: the network.
        clean: its outcome on N images.
        labels: (N,) int64.
        epsilons: radii, ascending.
        steps: at least 1.
        restarts: at least 1.
        also: of `kept` and `lost` those with steps of their own; the others have what is found on the way.
    """
    found = dearest_of(GOALS, clean, labels)
    before = 0.0
    for epsilon in epsilons:
        for number in range(restarts):
            start = _random(clean.images, epsilon)
            if before and number == 0:
                start = clean.images + (found[COST.name].found.images - clean.images) * (epsilon / before)
            limit = torch.full_like(clean.macs, attacked.nominal)
            _pursue(attacked, COST, found, clean, labels, limit, start, epsilon, steps)
        for goal in also:
            classes, begun = (clean.answers, KEPT.name) if goal is KEPT else (labels, COST.name)
            limit, start = found[COST.name].worth, found[begun].found.images
            _pursue(attacked, goal, found, clean, classes, limit, start, epsilon, half(steps))
        before = epsilon
        yield epsilon, found


def half(steps: int) -> int:
    """Steps of goals other than `cost`."""
    return -(-steps // 2)


def _pursue(
    attacked: Attacked,
    goal: Goal,
    found: dict[str, Dearest],
    clean: Outcome,
    classes: Tensor,
    limit: Tensor,
    start: Tensor,
    epsilon: float,
    steps: int,
) -> None:
    """Ascend for one goal, on the images whose dearest is below a limit (N,), until it is reached."""
    sought = found[goal.name]

    def seen(rows: Tensor, x: Tensor, out: Forward) -> Tensor:
        offered = attacked.outcome(x, out)
        for dearest in found.values():
            dearest.offer(rows, offered)
        return sought.worth[rows] < limit[rows]

    rows = (sought.worth < limit).nonzero().squeeze(1)
    ascend(
        attacked.folded,
        goal.objective(attacked.net),
        seen,
        start,
        clean.images,
        classes,
        rows,
        epsilon=epsilon,
        steps=steps,
    )


def by_noise(attacked: Attacked, clean: Outcome, labels: Tensor, epsilons: Sequence[float], *, tries: int) -> Found:
    """The dearest of so many draws of uniform noise, whatever the answer, on every image below the nominal cost.

    Args:
        attacked: the network.
        clean: its outcome on N images.
        labels: (N,) int64.
        epsilons: radii, ascending.
        tries: at each epsilon.
    """
    found = dearest_of((COST,), clean, labels)
    dearest = found[COST.name]
    for epsilon in epsilons:
        for _ in range(tries):
            rows = (dearest.worth < attacked.nominal).nonzero().squeeze(1)
            if not len(rows):
                break
            dearest.offer(rows, attacked.quickly(_random(clean.images[rows], epsilon)))
        yield epsilon, found


def _random(images: Tensor, epsilon: float) -> Tensor:
    """Images (n, C, H, W) with uniform noise of that radius, in [0, 1]; drawn by torch's global generator."""
    noise = torch.rand(images.shape, dtype=images.dtype, device=images.device)
    return (images + epsilon * (2 * noise - 1)).clamp(0, 1)
