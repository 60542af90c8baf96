"""Whether classes that are alike run the same units?"""

from __future__ import annotations

from collections.abc import Mapping
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
CERTAIN = 0.01
"""What p is below where it is said that they do."""
CONFUSED, LOOKS = "the confusions of static ResNets", "their mean images"
"""What says which classes are alike."""


def similar_classes(evidence: Evidence, network: NetworkEvidence) -> dict[str, Mantel]:
    """Mantel's test of the distances between classes, headline setting, first seed, by what says that they are alike.

    A class is its units' mean execution rates. Nothing where there is only one route, or nothing to compare with.
    """
    table = network.first.headline_answers()
    if table is None or not routes.varies(table) or table["label"].nunique() < FEWEST:
        return {}
    rates = routes.execution_by_class(table, network.first.units)
    classes = [int(label) for label in rates.columns.tolist()]
    run = squareform(pdist(rates.T.to_numpy()))
    kinds = {
        CONFUSED: confusions(evidence, classes),
        LOOKS: mean_images(evidence.images, table, classes),
    }
    tests = {kind: mantel(run, far) for kind, far in kinds.items() if far is not None}
    return {kind: found for kind, found in tests.items() if found is not None}


def sentence(found: Mapping[str, Mantel]) -> str:
    """What was found of one network, with a space behind; empty where that is nothing."""
    if not found:
        return ""
    told = [
        f"by {kind}: {'they do' if is_certain(own) else 'cannot be told'} ({signed(own.correlation)}, p {own.p:.3f})"
        for kind, own in found.items()
    ]
    pairs = next(iter(found.values())).pairs
    return (
        f"Whether classes that are alike run the same units, {'; '.join(told)}; rank correlations of distances "
        f"over {pairs} pairs of classes, Mantel’s test, {PERMUTATIONS} permutations, told where p is below "
        f"{CERTAIN:g}. "
    )


def is_certain(found: Mantel) -> bool:
    """Whether it is said that classes that are alike run the same units."""
    return found.p < CERTAIN and found.correlation > 0


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
