"""A plot that the report does not have, from the tables of a study: accuracy of the images that cost least, and most.

    python examples/plot_of_my_own.py results/reference/quick cheap_and_dear.png

Every record has the answer to every test image with its route and multiply-accumulates (`accuracy.parquet`); what the
columns mean stands in CONTRIBUTING.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

BINS = 4
"""Groups of images, from the cheapest to the dearest."""


def answers(study: Path) -> pd.DataFrame:
    """The answers of all networks at their headline settings: network, label, prediction, macs."""
    parts = []
    for record in sorted((study / "models").glob("*/accuracy.parquet")):
        table = pd.read_parquet(record)
        headline = table[table["setting"] == table["setting"].iloc[0]]
        parts.append(headline.assign(network=_name(study, record.parent)))
    return pd.concat(parts, ignore_index=True)


def _name(study: Path, record: Path) -> str:
    """The label of a record, or the name of its folder in studies that were run before labels were stored."""
    index = study / "networks.json"
    labels = json.loads(index.read_text())["networks"] if index.exists() else {}
    return next((label for label, folder in labels.items() if folder == record.name), record.name)


def accuracy_by_cost(table: pd.DataFrame) -> pd.DataFrame:
    """Share of right answers (%) by network and group of images of equal rank in cost; only networks with a choice."""
    routed = table.groupby("network").filter(lambda own: own["macs"].nunique() > 1)
    rank = routed.groupby("network")["macs"].rank(pct=True)
    group = pd.cut(
        rank, [n / BINS for n in range(BINS + 1)], labels=[f"{100 * (n + 1) // BINS} %" for n in range(BINS)]
    )
    right = 100 * (routed["label"] == routed["prediction"])
    found: pd.DataFrame = right.groupby([routed["network"], group], observed=True).mean().unstack()
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path, help="directory of its results")
    parser.add_argument("out", type=Path, help="file to write: .png, .svg or .pdf")
    options = parser.parse_args(arguments)

    found = accuracy_by_cost(answers(options.study))
    axes = found.T.plot(marker="o", figsize=(7, 4))
    axes.set_xlabel("images up to this share, from the cheapest to the dearest")
    axes.set_ylabel("right answers (%)")
    axes.figure.savefig(options.out, bbox_inches="tight")
    plt.close(axes.figure)
    print(found.round(1).to_string())
    print(f"Plot: {options.out}")


if __name__ == "__main__":
    main()
