"""What a study can say of differences in accuracy, and what it cannot: by the one model of `benchmarks.statistics`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence, Right
from benchmarks.reporting.formatting import listing
from benchmarks.statistics import AnswerModel, Contrasts

NAMED = 4
"""Most networks that one sentence names."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Networks that answered the same images, and all differences between their accuracies.

    Attributes:
        networks: K of them, at least one.
        model: of their answers, in the same order.
    """

    networks: tuple[NetworkEvidence, ...]
    model: AnswerModel

    @property
    def best(self) -> NetworkEvidence:
        """The network with the highest accuracy; of equal ones the first."""
        return self.networks[int(self.model.components.accuracy.argmax())]

    @property
    def about_methods(self) -> bool:
        """Whether what is found holds for methods, and not only for the networks that were trained."""
        return self.model.about_methods

    @property
    def basis(self) -> str:
        """A sentence on what intervals and differences are about: methods, or networks that were trained."""
        once = [network.name for network in self.networks if self.seeds(network) == 1]
        if not once:
            return (
                "Intervals and differences are over seeds and test images: they are about the methods as they are "
                "trained here."
            )
        if len(once) == len(self.networks):
            return (
                "Every network was trained once: this is about the networks trained here, and says nothing of their "
                "methods."
            )
        who = listing(once) if len(once) <= NAMED else f"{len(once)} of {len(self.networks)} networks"
        verb, them = ("was", "it is about the network") if len(once) == 1 else ("were", "them is about the networks")
        chance = "allow for as much chance in training as the others show"
        if len(self.networks) - len(once) == 1:
            chance = (
                "are never significant, since one network does not show how much chance there is in training others"
            )
        return (
            f"{who} {verb} trained once: what is said of {them} trained here, and says nothing of methods. Differences "
            f"from {'it' if len(once) == 1 else 'them'} {chance}; all others are over seeds and test images."
        )

    def seeds(self, network: NetworkEvidence) -> int:
        """Of a network, how many seeds' answers are compared."""
        return int(self.model.components.seeds[self.networks.index(network)])

    def accuracy(self, network: NetworkEvidence) -> float:
        """Of a network, the mean over its seeds."""
        return float(self.model.components.accuracy[self.networks.index(network)])

    def interval(self, network: NetworkEvidence) -> tuple[float, float]:
        """Ends of the 95 % interval of a network's accuracy."""
        low, high = self.model.intervals()
        place = self.networks.index(network)
        return float(low[place]), float(high[place])

    def indistinguishable(self, network: NetworkEvidence) -> list[NetworkEvidence]:
        """The others whose accuracy does not differ significantly from a network's."""
        _, differs = self._against(network)
        return [other for other, apart in zip(self.networks, differs, strict=True) if not apart and other != network]

    def no_worse(self, network: NetworkEvidence, margin: float) -> list[NetworkEvidence]:
        """The others that are shown to be less than a margin, a share of images, below a network."""
        lows, _ = self._against(network)
        return [other for other, low in zip(self.networks, lows, strict=True) if low > -margin and other != network]

    def visible(self, network: NetworkEvidence) -> float:
        """The difference from a network that the study would have found with a probability of 80 %: the median one."""
        place = self.networks.index(network)
        pairs, found = self._differences
        own = [size for pair, size in zip(pairs, found.visible, strict=True) if place in pair]
        return float(np.median(own)) if own else float("nan")

    def differ(self, one: NetworkEvidence, other: NetworkEvidence) -> bool:
        """Whether the accuracies of two networks differ significantly."""
        return self._against(one)[1][self.networks.index(other)]

    def rank(self, network: NetworkEvidence) -> tuple[int, int]:
        """The best and the worst rank, from 1, that the significant differences leave to a network."""
        return self._ranks[self.networks.index(network)]

    @cached_property
    def _ranks(self) -> list[tuple[int, int]]:
        return self.model.ranks()

    def _against(self, network: NetworkEvidence) -> tuple[list[float], list[bool]]:
        """Of every network: the lower end of its accuracy minus the given one's, and whether they differ."""
        place = self.networks.index(network)
        lows, apart = [0.0] * len(self.networks), [False] * len(self.networks)
        pairs, found = self._differences
        for row, (k, other) in enumerate(pairs):
            if place in (k, other):
                one = other if k == place else k
                lows[one] = float(-found.high[row] if k == place else found.low[row])
                apart[one] = bool(found.differs[row])
        return lows, apart

    @cached_property
    def _differences(self) -> tuple[list[tuple[int, int]], Contrasts]:
        return self.model.differences()


@lru_cache(maxsize=8)
def compared(evidence: Evidence, attack: str = CLEAN, epsilon: float = 0.0) -> Comparison | None:
    """The networks at their headline settings, with or without an attack; None where nothing was measured.

    Networks that did not answer the images that most of them answered are left out.
    """
    found = {network: _answers(network, attack, epsilon) for network in evidence.networks}
    images = [right.of for answers in found.values() for right in answers]
    if not images:
        return None
    most = max(dict.fromkeys(images), key=images.count)
    chosen = {network: [right.right for right in answers if right.of == most] for network, answers in found.items()}
    chosen = {network: answers for network, answers in chosen.items() if answers}
    model = AnswerModel([np.stack(answers) for answers in chosen.values()])
    return Comparison(tuple(chosen), model)


def _answers(network: NetworkEvidence, attack: str, epsilon: float) -> Sequence[Right]:
    found = (model.right.get((model.settings[0].name, attack, epsilon)) for model in network.models)
    return [right for right in found if right is not None]
