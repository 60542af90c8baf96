"""The fast gradient sign method (Goodfellow et al. 2015): one step as long as the radius, by foolbox."""

from __future__ import annotations

from benchmarks.measuring.attacks import Attack, Perturb, Target, attack
from benchmarks.measuring.attacks.balls import Norm
from benchmarks.measuring.attacks.by_foolbox import by_foolbox


@attack("FGSM")
class FGSM(Attack):
    """One step along the gradient's sign, or within an L2 ball along the gradient.

    Attributes:
        norm: of the ball.
    """

    norm: Norm = "Linf"

    def label(self) -> str:
        """FGSM, and the norm where it is another one."""
        return self.name + self.norm_suffix()

    def strength(self) -> int:
        """One step."""
        return 1

    def prepare(self, target: Target) -> Perturb:
        """Foolbox's attack."""
        from foolbox.attacks import L2FastGradientAttack, LinfFastGradientAttack

        return by_foolbox(LinfFastGradientAttack() if self.norm == "Linf" else L2FastGradientAttack(), target)

    def sentence(self) -> str:
        """What its result is worth."""
        return "FGSM alone is no evidence: a network that only hides its gradients passes it"
