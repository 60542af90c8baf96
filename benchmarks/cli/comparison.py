"""The results of a study, on a terminal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from benchmarks.cli.console import Grid
from benchmarks.records.derived import ATTACK_RATES, SUMMARY, derived, has_rates, joined
from benchmarks.records.record import Record
from benchmarks.records.store import Store
from benchmarks.running.campaign import shown_records

ONE_SEED, SEVERAL = "95 % interval", "95 % interval, or ± std over seeds"
SHOWN = ("accuracy", "accuracy_low", "accuracy_high", "routed", "execution", "latency_1")
"""Columns of the summary that are shown, where they were measured."""


def comparison(store: Store) -> Grid:
    """The comparison of all networks at their headline settings, a row per network; a dash means not measured.

    Of several seeds a row has the mean, of those that were measured, and the standard deviation of their accuracies.
    The last column is the accuracy under the attack that the report's first table shows.
    """
    from benchmarks.reporting.evidence.records import network_label

    records = shown_records(store, store.read_study())
    network_of = {label: network_label(record.spec) for label, record in records.items()}
    rows = joined([*records.items()], SUMMARY, column="model")
    attack, robust = _robustness(records, network_of)
    headers = ["accuracy", ONE_SEED, "M MACs", "of nominal", "ms/image, batch 1", attack]
    if rows.empty:
        return Grid(("network", "setting"), headers, ())
    headlines = rows[rows["headline"]]
    table = headlines.reindex(columns=SHOWN).astype(float)
    networks = [network_of[str(label)] for label in headlines["model"]]
    settings = headlines["setting"].groupby(networks, sort=False).agg(lambda names: ", ".join(dict.fromkeys(names)))
    grouped = table.groupby(networks, sort=False)
    means, deviations, seeds = grouped.mean(), grouped["accuracy"].std().to_dict(), Counter(networks)
    if max(seeds.values()) > 1:
        headers[1] = SEVERAL
    lines = [
        (
            network,
            setting,
            _text(row["accuracy"], "{:.1%}"),
            _spread(row, deviations[network], seeds[network]),
            _text(row["routed"], "{:.2f}", 1e-6),
            _text(row["execution"], "{:.0%}"),
            _text(row["latency_1"], "{:.2f}", 1e3),
            _text(robust.get(network), "{:.1%}"),
        )
        for network, setting, row in zip(settings.index, settings, means.to_dict("records"), strict=True)
    ]
    return Grid(("network", "setting"), headers, lines)


def _robustness(records: Mapping[str, Record], network_of: Mapping[str, str]) -> tuple[str, dict[Hashable, float]]:
    """The header of the last column, and its numbers by network."""
    from benchmarks.reporting.evidence.robustness import headline_attack, robustness_results

    seeds_of: dict[str, list[pd.DataFrame]] = defaultdict(list)
    for label, record in records.items():
        if has_rates(record, ATTACK_RATES):
            seeds_of[network_of[label]].append(derived(record, ATTACK_RATES))
    rates = robustness_results(seeds_of)
    chosen = headline_attack(rates)
    if chosen is None:
        return "robust accuracy", {}
    name, epsilon = chosen
    at = rates[(rates["attack"] == name) & (rates["epsilon"] == epsilon)]
    return f"{name} at {epsilon:.4g}", dict(zip(at["network"], at["accuracy"], strict=True))


def _spread(means: Mapping[Hashable, Any], deviation: float, seeds: int) -> str:
    if seeds > 1:
        return f"± {_text(deviation, '{:.1f}', 100)} over {seeds} seeds"
    return " to ".join(_text(means[bound], "{:.1%}") for bound in ("accuracy_low", "accuracy_high"))


def _text(value: float | None, form: str, scale: float = 1.0) -> str:
    return "–" if value is None or value != value else form.format(value * scale)
