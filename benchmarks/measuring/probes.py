"""Names of the probes that say whether a robust accuracy can be trusted; `benchmarks.measuring.trust` makes them."""

from __future__ import annotations

REPEATED = "repeated"
"""The network answers once more."""
GRADIENT = "gradient"
"""How steep the loss is."""
NOISE = "noise"
"""The worst of several draws."""
HARDER = "harder"
"""An attack of more steps and starts."""
BLIND = "blind"
"""An attack that asks for no gradient."""
ANYTHING = "anything"
"""An attack within a radius at which every image may become grey."""
