"""Claims on which images take long routes, which units they leave out, and whether classes share units."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.reporting.numbers.records import Network, Study
from tests.benchmarks.reporting.numbers.saying import Says, joined, says
from tests.benchmarks.reporting.numbers.sections.alike import CERTAIN, of_kinds, told
from tests.benchmarks.reporting.numbers.sections.easy import LOSS, costs, depths, sign, zoomed

WANG, VEIT = "Wang et al. 2018", "Veit and Belongie 2018"
VERDICTS = {"yes": "holds", "no": "does not hold", "cannot be told": "cannot be told"}
Claimed = tuple[str, Network, Says, str]
"""A paper, the network, what is shown beside it, and the verdict."""


def image_claims(study: Study) -> Iterator[Claimed]:
    """In the order of the page."""
    found = costs(study)
    looked = says("; {} images", len(found[0].network.table("image_properties")))
    for own in found:
        ends = {name: own.of[name] for name in ("brightness", "contrast", "sharpness")}
        signs = {sign(one) for one in ends.values()}
        verdict = "does not hold" if 1 in signs else "holds" if signs == {-1} else "cannot be told"
        several = [_ends(f"{name} ", one) for name, one in ends.items()]
        yield WANG, own.network, joined(several[0], "; ", several[1], "; ", several[2], looked), verdict
    for own in found:
        verdict = {1: "holds", 0: "cannot be told", -1: "does not hold"}[sign(own.of[LOSS])]
        yield VEIT, own.network, joined(_ends(f"with the loss of {own.static.name} ", own.of[LOSS]), looked), verdict
    for scales in zoomed(study):
        two = joined(_ends("smaller ", scales.smaller, " units"), ", ", _ends("larger ", scales.larger, " units"))
        text = joined(two, says("; {} images", scales.images))
        yield WANG, scales.network, text, VERDICTS[scales.verdict]
    for depth in depths(study):
        first, last = (tuple(100 * end for end in own) for own in (depth.first, depth.last))
        two = joined(_ends("first ", first, " points"), ", ", _ends("last ", last, " points"))
        yield WANG, depth.network, joined(two, says("; {} images", study.images)), VERDICTS[depth.verdict]
    for depth in depths(study):
        tests = of_kinds(study, depth.network)
        parts = [told(f"by {kind}", own) for kind, own in tests.items()]
        certain = any(own.p < CERTAIN and own.correlation > 0 for own in tests.values())
        yield VEIT, depth.network, joined(parts[0], "; ", parts[1]), "holds" if certain else "cannot be told"


def _ends(name: str, found: tuple[float, ...], unit: str = "") -> Says:
    """A value with its interval."""
    return says(f"{name}{{}}{unit} ({{}} to {{}})", *found)
