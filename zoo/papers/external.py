"""Networks of other packages: what they are is said by the selector, what they know by a file of weights."""

from __future__ import annotations

from zoo.papers.paper import Paper, Preset

PAPER = Paper(
    title="External",
    family="fixed graph",
    varies="nothing; a network of another package or file",
    citation="timm, torchvision or a module of one's own; see docs/networks.md.",
    presets={"given": Preset()},
    scales={},
    given=True,
)
