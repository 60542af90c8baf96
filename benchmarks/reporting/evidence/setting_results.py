"""Results by network and setting: the mean over seeds, with intervals."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from benchmarks.measuring.summaries.latency import PATH_COLUMNS

MEANS = (
    *("accuracy", "top5", "nll", "calibration_error", "parameters", "train_seconds"),
    *("nominal", "routed", "executed", "fvcore", "ptflops", "execution"),
)
"""Columns of the summary that every row has, NaN where they were not measured."""
TIMES = ("latency", "sorted", "dense", "static", "compiled", "speedup", "faster", "realised", "passes", "narrow")
"""Kinds of columns that there are for every batch size, NaN where they were not timed."""
ENERGIES = ("energy", "energy_idle", "energy_dense", "energy_static")
"""Kinds of columns that there are for every batch size at which energy was measured, in joules per image."""
PATHS = ("break_even", *PATH_COLUMNS)
"""What is known once per setting of timing: break-even batch, percentiles of the time of single images."""

KEYS = ["network", "setting"]
"""Columns that together identify a row of `setting_results`."""
NOT_MEASURED = ("repetition", "baseline_macs", "samples", "headline")
"""Columns of numbers or truth values that are no measurements of a setting."""


def batch_sizes(table: pd.DataFrame) -> list[int]:
    """Batch sizes at which something was timed, ascending."""
    return _sizes(table, "latency")


def energy_sizes(table: pd.DataFrame) -> list[int]:
    """Batch sizes at which energy was measured, or was to be, ascending."""
    return _sizes(table, "energy")


def _sizes(table: pd.DataFrame, kind: str) -> list[int]:
    found = [re.fullmatch(rf"{kind}_(\d+)", str(column)) for column in table.columns]
    return sorted(int(match[1]) for match in found if match)


def completed(summary: pd.DataFrame) -> pd.DataFrame:
    """A summary with every column of `MEANS`, `PATHS` and `TIMES`, whatever was measured.

    Args:
        summary: as `benchmarks.records.summary.summarise` returns it.
    """
    if summary.empty:
        summary = pd.DataFrame(columns=["model", "setting", "headline", "note", "repetition"])
    wanted = [*MEANS, *PATHS, "samples", "accuracy_low", "accuracy_high"]
    sizes = batch_sizes(summary)
    wanted += [f"{kind}_{size}" for size in sizes for kind in TIMES]
    return summary.reindex(columns=[*summary.columns, *(c for c in wanted if c not in summary.columns)])


def setting_results(summary: pd.DataFrame, network_of: Mapping[str, str]) -> pd.DataFrame:
    """A row per network and setting, over its seeds, in the order of the summary.

    Columns: network, setting, headline, note, seeds, samples, and for each measurement x, which is every column of
    numbers that the summary has, those of plug-ins too: x (mean over seeds); x_low and x_high: of one seed its interval
    (accuracy: 95 % Wilson; times: 95 % bootstrap; energy: quartiles), of several that have it the smallest and largest
    (but see `intervals.of_settings`); and x_std, the standard deviation over seeds (NaN for one). And nominal_timed,
    routed_timed and executed_timed: means over the seeds that were timed, NaN without any. They may differ, as each
    seed chooses its settings; times are to be held against them.

    Args:
        summary: as `completed` returns it.
        network_of: the network that every model label belongs to.
    """
    measured = _measurements(summary)
    table = summary.copy().assign(network=[network_of[label] for label in summary["model"]])
    grouped = table.groupby(KEYS, sort=False)
    found = grouped.agg(
        headline=("headline", "any"), note=("note", "first"), seeds=("setting", "size"), samples=("samples", "max")
    )
    values = _over_seeds(table, measured)
    timed = table[[f"latency_{size}" for size in batch_sizes(summary)]].notna().any(axis=1)
    own = table[["nominal", "routed", "executed"]].astype(float).where(timed)
    values = values.join(own.groupby([table[key] for key in KEYS], sort=False).mean().add_suffix("_timed"))
    return found.join(values).reset_index()[[*KEYS, *found.columns, *values.columns]]


def _measurements(summary: pd.DataFrame) -> list[str]:
    """Columns of a completed summary that are measurements, in a fixed order: the suite's own, then all others."""
    own = [*MEANS, *PATHS]
    own += [f"{kind}_{size}" for size in batch_sizes(summary) for kind in TIMES]
    own += [f"{kind}_{size}" for size in energy_sizes(summary) for kind in ENERGIES]
    numbers = summary.select_dtypes("number").columns
    ends = {f"{name}_{end}" for name in (*own, *numbers) for end in ("low", "high")}
    return [*own, *(str(name) for name in numbers if name not in {*own, *ends, *NOT_MEASURED})]


def _over_seeds(table: pd.DataFrame, measurements: list[str]) -> pd.DataFrame:
    """Each measurement x by network and setting: x, x_low, x_high, x_std."""
    keys = [table[key] for key in KEYS]
    every = table[measurements].astype(float)
    grouped = every.groupby(keys, sort=False)
    counts, means, deviations = grouped.count(), grouped.mean(), grouped.std()
    extremes = {"low": grouped.min(), "high": grouped.max()}
    ends = [(f"{name}_{end}", name) for name in measurements for end in extremes if f"{name}_{end}" in table]
    known = pd.DataFrame({end: table[end].astype(float).where(every[name].notna()) for end, name in ends})
    own = known.groupby(keys, sort=False).first()
    columns: dict[str, pd.Series[float]] = {}
    for name in measurements:
        columns[name] = means[name]
        for end, extreme in extremes.items():
            column = f"{name}_{end}"
            single = counts[name] == 1  # of several seeds, few are timed
            columns[column] = extreme[name].mask(single, own[column]) if column in own else extreme[name]
        columns[f"{name}_std"] = deviations[name]
    return pd.DataFrame(columns)
