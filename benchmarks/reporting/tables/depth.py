"""Skip rates by depth: are early and late units skipped more than those between?"""

from __future__ import annotations

from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.findings.depth import Depth, depths
from benchmarks.reporting.findings.means import Estimate
from benchmarks.reporting.findings.other_seeds import other_seeds
from benchmarks.reporting.formatting import count, percent, points
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, text

VERDICTS = {True: "yes", False: "no", None: "cannot be told"}


@table("depth", section="routes", order=20)
def depth(evidence: Evidence) -> Table | None:
    """A row per network that skips units; None without any."""
    found = depths(evidence)
    if not found:
        return None
    holds = [own.holds for own in found]
    return Table(
        title="Skip rate by depth",
        columns=[
            Column(name="Network", numeric=False),
            *(Column(name=f"{part} units", unit="% skipped") for part in ("First", "Middle", "Last")),
            Column(name="First − middle", unit="points"),
            Column(name="Last − middle", unit="points"),
            Column(name="Both ends skipped more", numeric=False),
        ],
        rows=[_row(own) for own in found],
        note="Share of images that skip a unit, mean over the units of the first stage, of those between and of the "
        f"last (of thirds, where units have no three stages), of {count(found[0].images)} test images at the headline "
        "setting, first seed; networks with exits are left out. 95 % intervals over images, of all differences at "
        "once; bold where one leaves 0 out. Wang et al. (2018, Fig. 10a) found that SkipNet on CIFAR-10 skips more in "
        "its first and third group of blocks than in the second. Here that holds in "
        f"{holds.count(True)} of {len(holds)} networks, does not hold in {holds.count(False)}, and cannot be told in "
        f"{holds.count(None)}.{other_seeds(evidence)}",
    )


def _row(own: Depth) -> list[Cell]:
    sizes = [len(part) for part in own.parts]
    return [
        text(own.network.name, f"{len(own.network.first.units)} units", network=own.network.slug),
        *(
            Cell(text=percent(rate), sub="1 unit" if size == 1 else f"{size} units", sort=rate)
            for rate, size in zip(own.rates, sizes, strict=True)
        ),
        _difference(own.first),
        _difference(own.last),
        text(VERDICTS[own.holds]),
    ]


def _difference(found: Estimate) -> Cell:
    ends = f"{points(found.low)} to {points(found.high)}"
    return Cell(text=points(found.value), sub=ends, sort=found.value, best=found.sign != 0)
