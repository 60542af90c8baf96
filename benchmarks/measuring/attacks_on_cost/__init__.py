"""Attacks that aim at the computation and not at the answer: how dear an image within an L-infinity ball can be made."""
