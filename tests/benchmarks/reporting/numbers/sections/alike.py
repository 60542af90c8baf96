"""Do classes that are alike run the same units?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from PIL import Image

from benchmarks.statistics import Mantel, mantel
from tests.benchmarks.reporting.numbers.records import Floats, Network, Study
from tests.benchmarks.reporting.numbers.route_figures import used
from tests.benchmarks.reporting.numbers.saying import Estimate, Says, joined, says

CERTAIN = 0.01
PERMUTATIONS = 999
WITHIN = 0.02
"""Of p, where distances that rounding alone makes different are ranked in another order."""


def of_kinds(study: Study, network: Network) -> dict[str, Mantel]:
    """Mantel's tests with the confusions of static ResNets and with mean images, both of which the reference has."""
    answers = network.answers()
    rates = used(network, answers["route"]).groupby(answers["label"]).mean().to_numpy(dtype=float)
    kinds = {"the confusions of static ResNets": confused(study), "their mean images": distances(mean_images(study))}
    tests = {kind: mantel(distances(rates), far) for kind, far in kinds.items()}
    return {kind: own for kind, own in tests.items() if own is not None}


def alike(study: Study, network: Network) -> Says:
    """What is said of one network in the caption on how far classes decide what runs."""
    tests = of_kinds(study, network)
    parts = [
        says(f"by {kind}: {_verdict(own)} ({{}}, p {{}})", Estimate(own.correlation, 1e-3), Estimate(own.p, WITHIN))
        for kind, own in tests.items()
    ]
    pairs = next(iter(tests.values())).pairs
    text = "; rank correlations … over {} pairs of classes, Mantel’s test, {} permutations, told where p is below {}. "
    end = says(text, pairs, PERMUTATIONS, CERTAIN)
    return joined("Whether classes that are alike run the same units, ", parts[0], "; ", parts[1], end)


def told(kind: str, found: Mantel) -> Says:
    """What is said of one test beside a claim."""
    correlation, p = Estimate(found.correlation, 1e-3), Estimate(found.p, WITHIN)
    return says(f"{kind} {{}}, p {{}}, {{}} pairs", correlation, p, found.pairs)


def _verdict(found: Mantel) -> str:
    return "they do" if found.p < CERTAIN and found.correlation > 0 else "cannot be told"


def distances(places: Floats) -> Floats:
    """Euclidean, between rows."""
    return np.asarray(np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=2)))


def confused(study: Study) -> Floats:
    """Negative shares of the images of two classes that static ResNets take for each other."""
    tables = [network.answers() for network in study.networks if network.is_static]
    every = pd.concat(tables)
    classes = sorted(every["label"].unique())
    found = np.zeros((len(classes), len(classes)))
    for a in classes:
        for b in classes:
            of = every[every["label"].isin([a, b])]
            found[a, b] = -((of["label"] != of["prediction"]) & of["prediction"].isin([a, b])).sum() / len(of)
    return found


def mean_images(study: Study) -> Floats:
    """Mean of the page's images of each class, a row of pixels each."""
    facts = pd.read_json(study.root / "images.json", typ="series")
    pixels = np.asarray(Image.open(study.root / "images.png"), dtype=float) / 255
    height, width, columns = (int(facts[name]) for name in ("height", "width", "columns"))
    labels = study.networks[0].answers().set_index("index")["label"]
    tiles = [
        pixels[
            place // columns * height : (place // columns + 1) * height,
            place % columns * width : (place % columns + 1) * width,
        ].ravel()
        for place in range(int(facts["count"]))
    ]
    means = pd.DataFrame(tiles).groupby(labels.reindex(range(len(tiles))).to_numpy()).mean()
    return means.to_numpy(dtype=float)
