"""Do classes that are alike run the same units?"""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pandas as pd
from matplotlib.image import imread
from scipy.spatial.distance import pdist, squareform

from benchmarks.records.sample_sheet import SampleImages
from benchmarks.reporting.evidence import routes
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.formatting import signed
from benchmarks.statistics import PERMUTATIONS, Floats, Mantel, mantel

FEWEST = 5
"""Pairs of classes that must have been confused, and classes that there must be."""
CERTAIN = 0.05
"""What p is below where it is said that they do."""


def similar_classes(evidence: Evidence, network: NetworkEvidence) -> str:
    """A sentence on one network, headline setting, first seed; empty where nothing can be compared."""
    table = network.first.headline_answers()
    if table is None:
        return ""
    rates = routes.execution_by_class(table, network.first.units)
    if rates.shape[1] < FEWEST:
        return ""
    classes = [int(label) for label in rates.columns.tolist()]
    run = squareform(pdist(rates.T.to_numpy()))
    kinds = {
        "that static ResNets confuse": confusions(evidence, classes),
        "whose mean images are alike": mean_images(evidence.images, table, classes),
    }
    tests = {name: mantel(run, far) for name, far in kinds.items() if far is not None}
    known = {name: found for name, found in tests.items() if found is not None}
    if not known:
        return ""
    told = [_told(name, found) for name, found in known.items()]
    pairs = next(iter(known.values())).pairs
    return (
        f"Do classes that are alike run the same units? {'; '.join(told)} (rank correlation of distances over {pairs} "
        f"pairs of classes, Mantel's test, {PERMUTATIONS} permutations). "
    )


def confusions(evidence: Evidence, classes: list[int]) -> Floats | None:
    """How seldom static ResNets, all of the study's together, take two classes for each other (K, K), negative shares.

    None where fewer than `FEWEST` pairs were ever confused.
    """
    answers = [n.first.headline_answers() for n in evidence.networks if n.method.place is None]
    known = [table[["label", "prediction"]] for table in answers if table is not None]
    if not known:
        return None
    every = pd.concat(known)
    counts = pd.crosstab(every["label"], every["prediction"]).reindex(index=classes, columns=classes, fill_value=0)
    both = (counts + counts.T).to_numpy(dtype=float)
    images = every["label"].value_counts().reindex(classes).to_numpy(dtype=float)
    if (both[np.triu_indices(len(classes), 1)] > 0).sum() < FEWEST:
        return None
    return np.asarray(-both / (images[:, None] + images[None]))


def mean_images(images: SampleImages | None, table: pd.DataFrame, classes: list[int]) -> Floats | None:
    """Distances between the classes' mean images (K, K), of the page's images; None where it has not all classes."""
    if images is None:
        return None
    sheet = np.asarray(imread(BytesIO(images.picture), format="png"), dtype=float)
    places = range(min(images.count, len(table)))
    labels = table.set_index("index")["label"].reindex(places)
    rows, columns = ([place // images.columns for place in places], [place % images.columns for place in places])
    height, width = images.height, images.width
    tiles = np.stack(
        [
            sheet[row * height : (row + 1) * height, column * width : (column + 1) * width].ravel()
            for row, column in zip(rows, columns, strict=True)
        ]
    )
    means = pd.DataFrame(tiles).groupby(labels.to_numpy()).mean()
    return squareform(pdist(means.loc[classes].to_numpy())) if set(classes) <= set(means.index) else None


def _told(name: str, found: Mantel) -> str:
    word = "yes, those" if found.p < CERTAIN and found.correlation > 0 else "not to be told of those"
    return f"{word} {name} ({signed(found.correlation)}, p {found.p:.3f})"
