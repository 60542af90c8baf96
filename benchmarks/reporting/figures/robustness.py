"""Accuracy of networks under attack."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from benchmarks.measuring.attacks.contract import CLEAN
from benchmarks.reporting.drawing.axes import few_epsilons
from benchmarks.reporting.drawing.multiples import Band, Curve, Scale, Shape, multiples
from benchmarks.reporting.drawing.style import LINES
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.robustness import attack_names, curve_names
from benchmarks.reporting.figures.base import Drawing, NoData, figure
from benchmarks.reporting.findings.detail import detailed
from benchmarks.reporting.formatting import count, interval_words, listing

PERCENT = {0.0: "0", 50.0: "50", 100.0: "100"}
STROKES = {"-": "solid", "--": "dashed", ":": "dotted", "-.": "dash-dotted"}


@figure("robustness", section="attack", order=10, title="Accuracy under attack")
def robustness(evidence: Evidence) -> Drawing:
    """Accuracy over the radius of the ball, clean images at 0, the last attack with a 95 % band; a plot per network."""
    table = evidence.robustness
    if not attack_names(table):
        raise NoData("No network has been attacked yet.")
    attacked = [network for network in detailed(evidence) if network.label in set(table["network"])]
    attacks = curve_names(table)
    curves = {attack: _curves(table, attack) for attack in attacks}
    everybody = pd.concat(curves[attacks[-1]].values()).groupby("x")["y"]
    lowest, highest = everybody.min(), everybody.max()

    def shapes(network: NetworkEvidence) -> list[Shape]:
        found: list[Shape] = [Band(x=lowest.index.tolist(), low=lowest.tolist(), high=highest.tolist(), backdrop=True)]
        for attack, line in _lines(attacks):
            rows = curves[attack][network.label]
            x, y, low, high = (rows[name].tolist() for name in ("x", "y", "low", "high"))
            strongest = attack == attacks[-1]
            found += [Band(x=x, low=low, high=high)] if strongest else []
            found.append(Curve(x=x, y=y, line=line, marked=strongest))
        return found

    ticks = few_epsilons(table)
    margin = 0.04 * max(ticks)
    return Drawing(
        little=multiples(attacked, shapes, Scale(-margin, max(ticks) + margin, ticks), Scale(-3, 103, PERCENT)),
        axes="upwards: accuracy (%); to the right: radius ε of the L∞ ball (pixels in [0, 1])",
        caption=f"{_strokes(attacks)} Grey: all networks under {attacks[-1]}. At radius 0 the same "
        f"{count(table['images'].max())} images without attack. Bands: {interval_words(table['seeds'])}. Wrongly "
        "classified images count as wrong and are attacked like the others. FGSM takes one step: alone it is no "
        "evidence that a network is robust.",
    )


def _lines(attacks: Sequence[str]) -> list[tuple[str, str]]:
    """The strokes of attacks; the last one, which is the strongest, has a band."""
    return list(zip(attacks, [*LINES[1 : len(attacks)], LINES[0]], strict=True))


def _strokes(attacks: Sequence[str]) -> str:
    (strongest, line), *others = _lines(attacks)[::-1]
    first = f"{STROKES[line].capitalize()}: {strongest}"
    return f"{listing([first, *(f'{STROKES[line]}: {attack}' for attack, line in others)])}."


def _curves(table: pd.DataFrame, attack: str) -> dict[str, pd.DataFrame]:
    """Of every network, in percent, by radius: x, y, low and high."""
    rows = with_clean(table, attack).sort_values("epsilon", kind="stable")
    ends = {end: 100 * rows[f"accuracy_{end}"] for end in ("low", "high")}
    shown = rows.assign(x=rows["epsilon"], y=100 * rows["accuracy"], **ends)
    return {str(network): own for network, own in shown.groupby("network", sort=False)}


def with_clean(table: pd.DataFrame, attack: str) -> pd.DataFrame:
    """Rows of one attack, and those without attack as its radius 0."""
    return table[table["attack"].isin([CLEAN, attack])]
