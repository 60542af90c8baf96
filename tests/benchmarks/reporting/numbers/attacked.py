"""Attacked images: which attack is the strongest, and whether it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pandas as pd

from tests.benchmarks.reporting.numbers.records import Network, Study, right
from tests.benchmarks.reporting.numbers.saying import Says, says

CLEAN, WORST = "none", "worst case"


@cache
def attacks(study: Study, radius: float | None = None) -> list[str]:
    """Names of attacks, at one radius or all, that which leaves most images right first."""
    every = pd.concat([n.table("robustness").assign(network=n.slug) for n in study.networks if n.has("robustness")])
    made = every[(every["attack"] != CLEAN) & ((every["epsilon"] == radius) | (radius is None))]
    left = right(made).groupby([made["network"], made["epsilon"], made["attack"]]).mean().unstack("attack")
    mean, strength = left.dropna().mean().round(9), made.groupby("attack")["strength"].max()
    return sorted(strength.index, key=lambda name: (-mean[name], strength[name]))


def radii(table: pd.DataFrame) -> list[float]:
    """Ascending, without that of clean images."""
    return sorted(set(table["epsilon"]) - {0.0})


def second(several: list[float]) -> float:
    """The radius of headlines: the second smallest."""
    return several[min(1, len(several) - 1)]


@cache
def headline(study: Study) -> tuple[str, float]:
    """The strongest attack, and its radius."""
    radius = second(radii(study.networks[0].table("robustness")))
    return attacks(study, radius)[-1], radius


def strongest(study: Study, network: Network) -> pd.DataFrame:
    """What the attack of headlines made of a network's images."""
    attack, radius = headline(study)
    return network.at("robustness", attack=attack, epsilon=radius)


@dataclass(frozen=True)
class Check:
    """A check of a robust accuracy: its name, whether it passed, what it found, whether failing makes a bound."""

    name: str
    passed: bool
    found: Says
    bounds: bool = True


@cache
def checks(network: Network) -> list[Check]:
    """Whether a network's robust accuracy can be trusted."""
    attacked = network.table("robustness")
    clean, made = attacked[attacked["attack"] == CLEAN], attacked[attacked["attack"] != CLEAN]
    at = made[made["epsilon"] == second(radii(attacked))]
    tried = pd.concat([clean, at])
    fooled = ~right(tried).groupby(tried["index"]).all()
    probes = {str(name): rows.set_index("index") for name, rows in network.table("trust").groupby("probe")}
    wrong = {name: ~right(rows) for name, rows in probes.items()}
    more = {n: int((wrong[n] & ~fooled.reindex(wrong[n].index)).sum()) for n in ("harder", "blind")}
    odd = int((probes["repeated"]["value"] > 1e-4).sum())
    seen = probes["gradient"][right(probes["gradient"])]["value"]
    flat = int((seen == 0).sum())
    one = ~right(at[at["attack"] == "FGSM"].set_index("index"))
    many = ~right(at[at["attack"].str.startswith("PGD")].set_index("index"))
    better = int((one & ~many.reindex(one.index)).sum())
    noise, both = int(wrong["noise"].sum()), int(fooled.reindex(wrong["noise"].index).sum())
    rise, left, images = _rise(made), int((~wrong["anything"]).sum()), attacked["index"].nunique()
    size = {name: len(rows) for name, rows in probes.items()}
    of = "{} of {} "
    return [
        Check("Same answer twice", odd == 0, says(of + "images are answered otherwise", odd, size["repeated"])),
        Check("Gradients", flat <= 0.02 * len(seen), says(of + "images have none", flat, len(seen))),
        *(
            Check(name, more[probe] <= 0.03 * size[probe], says(of + "images more", more[probe], size[probe]))
            for name, probe in (("More steps and starts", "harder"), ("Without gradients", "blind"))
        ),
        Check("One step", better <= 0.03 * len(one), says(f"FGSM fools {of}that PGD does not", better, len(one))),
        Check(
            "Better than noise",
            noise < both or both == size["noise"],
            says(f"noise fools {of.strip()}, the attacks {{}}", noise, size["noise"], both),
        ),
        Check("Falls with the radius", rise <= 0.01, says("rises by {} points at most", 100 * rise)),
        Check("A large radius", left == 0, says(of + "survive where grey is allowed", left, size["anything"])),
        Check("Images", images >= 100, says("{} were attacked", images), False),
    ]


def _rise(made: pd.DataFrame) -> float:
    """By how much the accuracy rises from a radius to the next at most, under attacks of several steps."""
    several = made[~made["attack"].isin([WORST, "FGSM"])]
    left = right(several).groupby([several["attack"], several["epsilon"]]).mean().unstack("attack")
    return max(0.0, float(left.sort_index().diff().max().max()))


def overrated(network: Network) -> Says | None:
    """Why a robust accuracy is only an upper bound; None where it is more."""
    failed = [check for check in checks(network) if check.bounds and not check.passed]
    if not failed:
        return None
    texts = [f"{check.name.lower()}: {check.found.words}" for check in failed]
    return Says("; ".join(texts), tuple(n for check in failed for n in check.found.numbers))
