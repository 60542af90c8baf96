"""Networks whose weights were given: which file, whose network, and how its images are normalised."""

from __future__ import annotations

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.formatting import listing
from benchmarks.reporting.tables.base import Column, Table, table
from benchmarks.reporting.tables.cells import Cell, text


@table("given", section="training", order=15)
def given(evidence: Evidence) -> Table | None:
    """One row per network that was not trained here; None where all were."""
    rows = [_row(network) for network in evidence.networks if network.is_given]
    if not rows:
        return None
    columns = [
        Column(name="Network", numeric=False),
        Column(name="Weights", numeric=False, tip="The file, and the beginning of its SHA-256."),
        Column(
            name="Normalisation", numeric=False, tip="Mean and standard deviation of pixels in [0, 1], per channel."
        ),
        Column(
            name="Batch norms",
            numeric=False,
            tip="How many are part of a convolution where the network is served, as it is timed.",
        ),
    ]
    return Table(
        title="Networks that were not trained here",
        columns=columns,
        rows=rows,
        note="Their weights were given: they may have been learnt from other images, by another recipe, or from the "
        "test images. Settings were proposed from this study’s validation images, as for all networks.",
    )


def _row(network: NetworkEvidence) -> list[Cell]:
    origin, digest = network.first.origin, network.first.given["weights"]
    used = origin["normalisation"]
    statistics = " ± ".join(listing([f"{value:.3g}" for value in used[name]]) for name in ("mean", "std"))
    return [
        text(network.name, origin["network"], network=network.slug),
        text(origin["file"], digest),
        text(statistics, f"of {used['of']}"),
        text(origin["batch_norms"] or "as of all networks of RouteBench"),
    ]
