"""JPEG as a defence of ConvNet-AIG and of its baseline, in the form of its paper's figure."""

from __future__ import annotations

from benchmarks.reporting.drawing.axes import canvas, epsilon_axis
from benchmarks.reporting.drawing.style import PAPER, owned, style_of
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.figures.base import Drawing, NoData, Panel, figure
from benchmarks.reporting.findings.jpeg import NONE, NOT_MEASURED, ahead, attacks, curve, pairs, shown_quality
from benchmarks.reporting.formatting import count

WAYS = (("-", False, False), ("--", True, False), (":", True, True))
"""Line, whether images are compressed, and whether the attack knows of it."""


@figure("jpeg", section="attack", order=80, title="JPEG as a defence")
def jpeg(evidence: Evidence) -> Drawing:
    """Accuracy over the radius, with and without compression, of gated networks and baselines, by attack."""
    if evidence.jpeg.empty:
        raise NoData(NOT_MEASURED)
    shown = list(dict.fromkeys(network for pair in pairs(evidence) for network in pair))
    if not shown:
        raise NoData("No ConvNet-AIG was measured behind JPEG together with its baseline.")
    quality, panels = shown_quality(evidence), []
    for attack in attacks(evidence):
        drawn, axes = canvas()
        for network in shown:
            style = style_of(network)
            for line, compressed, knows in WAYS:
                rows = curve(evidence, network, attack, quality if compressed else NONE, knows=knows)
                y = 100 * rows["accuracy"]
                (drawn_line,) = axes.plot(rows["epsilon"], y, line, color=style.color, gid=owned(network))
                drawn_line.set(marker=style.marker, mec=PAPER)
        axes.set_ylim(-3, 103)
        epsilon_axis(axes, evidence.jpeg)
        axes.set_title(attack)
        axes.set_ylabel("accuracy (%)")
        panels.append(Panel(figure=drawn))
    return Drawing(
        panels=panels,
        caption=f"Solid: no compression. Dashed: images compressed with quality {quality} after an attack that does "
        "not know of it. Dotted: an attack that goes through the compression (BPDA). "
        f"{count(evidence.jpeg['images'].max())} images. {_verdict(evidence, quality)}",
        legend=shown,
    )


def _verdict(evidence: Evidence, quality: int) -> str:
    """What the paper found with its weakest attack, and what is found here."""
    attack = attacks(evidence)[0]
    bare, radii = ahead(evidence, attack, NONE, knows=False)
    behind, _ = ahead(evidence, attack, quality, knows=False)
    known, _ = ahead(evidence, attack, quality, knows=True)
    return (
        "Veit and Belongie (2018) found ConvNet-AIG more robust than ResNet on ImageNet, and that JPEG adds to it. "
        f"Here, under {attack}, it is more accurate than its baseline at {bare} of {radii} radii without JPEG, "
        f"at {behind} with it, and at {known} where the attack knows of it."
    )
