"""Attacks that aim at the computation, not at the answer: how dear images within an L-infinity ball can be made."""
