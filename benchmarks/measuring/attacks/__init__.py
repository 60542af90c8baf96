"""Adversarial attacks within a ball: one module each."""

from benchmarks.measuring.attacks.contract import CLEAN, Attack, Perturb, Target
from benchmarks.measuring.attacks.registry import ATTACKS, attack

__all__ = ["ATTACKS", "CLEAN", "Attack", "Perturb", "Target", "attack"]
