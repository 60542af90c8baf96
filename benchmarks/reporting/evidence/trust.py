"""Checks of whether a robust accuracy is what it says, or an upper bound: attacks may fail for a bad reason."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from benchmarks.measuring.attacks.contract import CLEAN, WORST
from benchmarks.measuring.probes import ANYTHING, BLIND, GRADIENT, HARDER, NOISE, REPEATED
from benchmarks.measuring.radii import headline_radius

GAIN = 0.03
"""Share of images that an attack may find beyond the suite's."""
FLAT = 0.02
"""Share of images whose gradient may be 0."""
RISE = 0.01
"""By how much accuracy may rise with the radius."""
FEW = 100
"""Images below which the interval is too wide to say much."""
EQUAL = 1e-4
"""Difference of logits that rounding may make."""


class Check(NamedTuple):
    """One check of a network's robust accuracy.

    Attributes:
        name: what is checked.
        passed: whether all is well.
        found: in words, with numbers.
        bound: a failure means that the accuracy is an upper bound.
    """

    name: str
    passed: bool
    found: str
    bound: bool = True


def checks(robustness: pd.DataFrame, trust: pd.DataFrame) -> list[Check]:
    """The checks of one trained network.

    Args:
        robustness: the table of that name.
        trust: the table of that name.
    """
    probes = {str(probe): rows.set_index("index") for probe, rows in trust.groupby("probe", sort=False)}
    suite = _survivors(robustness)
    return [
        _same_twice(probes[REPEATED]),
        _gradients(probes[GRADIENT]),
        _gains("More steps and starts", _wrong(probes[HARDER]), suite),
        _gains("Without gradients", _wrong(probes[BLIND]), suite),
        _single_step(robustness),
        _noise(_wrong(probes[NOISE]), suite),
        _monotone(robustness),
        _anything(probes[ANYTHING]),
        _images(robustness),
    ]


def _survivors(robustness: pd.DataFrame) -> pd.Series[bool]:
    """Which images survive everything that was tried at the headline radius, by their number."""
    radius = headline_radius(set(robustness.loc[robustness["attack"] != CLEAN, "epsilon"]))
    tried = robustness[(robustness["epsilon"] == radius) | (robustness["attack"] == CLEAN)]
    return (tried["label"] == tried["prediction"]).groupby(tried["index"]).all()


def _wrong(probe: pd.DataFrame) -> pd.Series[bool]:
    return probe["label"] != probe["prediction"]


def _same_twice(probe: pd.DataFrame) -> Check:
    differ = int((probe["value"] > EQUAL).sum())
    return Check("Same answer twice", differ == 0, f"{differ} of {len(probe)} images are answered otherwise")


def _gradients(probe: pd.DataFrame) -> Check:
    right = probe[probe["label"] == probe["prediction"]]
    flat = int((right["value"] == 0).sum())
    return Check("Gradients", flat <= FLAT * len(right), f"{flat} of {len(right)} images have none")


def _gains(name: str, wrong: pd.Series[bool], suite: pd.Series[bool]) -> Check:
    shared = wrong.index.intersection(suite.index)
    gained = int((wrong[shared] & suite[shared]).sum())
    return Check(name, gained <= GAIN * len(shared), f"{gained} of {len(shared)} images more")


def _single_step(robustness: pd.DataFrame) -> Check:
    """FGSM against PGD at the headline radius."""
    made = robustness[robustness["attack"] != CLEAN]
    stronger = [str(name) for name in made["attack"].unique() if str(name).startswith("PGD")]
    if "FGSM" not in set(made["attack"]) or not stronger:
        return Check("One step", passed=True, found="FGSM and PGD were not both made", bound=False)
    at = made[made["epsilon"] == headline_radius(set(made["epsilon"]))].set_index("index")
    one, many = _wrong(at[at["attack"] == "FGSM"]), _wrong(at[at["attack"] == stronger[0]])
    better = int((one & ~many[one.index]).sum())
    return Check("One step", better <= GAIN * len(one), f"FGSM fools {better} of {len(one)} that PGD does not")


def _noise(wrong: pd.Series[bool], suite: pd.Series[bool]) -> Check:
    shared = wrong.index.intersection(suite.index)
    by_noise, by_attacks = int(wrong[shared].sum()), int((~suite[shared]).sum())
    found = f"noise fools {by_noise} of {len(shared)}, the attacks {by_attacks}"
    return Check("Better than noise", by_noise < by_attacks or by_attacks == len(shared), found)


def _monotone(robustness: pd.DataFrame) -> Check:
    made = robustness[~robustness["attack"].isin([CLEAN, WORST])]
    right = (made["label"] == made["prediction"]).groupby([made["attack"], made["epsilon"]]).mean()
    rises = {str(name): float(own.droplevel(0).sort_index().diff().max()) for name, own in right.groupby(level=0)}
    multi = {name: rise for name, rise in rises.items() if name != "FGSM"}  # one step may overshoot
    worst = max(multi.values(), default=0.0)
    worst = 0.0 if pd.isna(worst) else max(worst, 0.0)
    return Check("Falls with the radius", worst <= RISE, f"rises by {100 * worst:.1f} points at most")


def _anything(probe: pd.DataFrame) -> Check:
    left = int((~_wrong(probe)).sum())
    return Check("A large radius", left == 0, f"{left} of {len(probe)} survive where grey is allowed")


def _images(robustness: pd.DataFrame) -> Check:
    count = robustness["index"].nunique()
    return Check("Images", count >= FEW, f"{count} were attacked", bound=False)
