"""The results of a study, on a terminal."""

from __future__ import annotations

from benchmarks.cli.console import Grid
from benchmarks.records.derived import ATTACK_RATES, SUMMARY, derived, has_rates, joined
from benchmarks.records.store import Store
from benchmarks.running.campaign import shown_records


def comparison(store: Store) -> Grid:
    """The comparison of all networks at their headline settings; a dash means not measured.

    The last column is the accuracy under the attack that the report's first table shows.
    """
    from benchmarks.reporting.evidence.robustness import headline_attack, robustness_results

    headers = ["accuracy", "95 % interval", "M MACs", "of nominal", "ms/image, batch 1", "robust accuracy"]
    records = shown_records(store, store.read_study())
    rows = joined([*records.items()], SUMMARY, column="model")
    if rows.empty:
        return Grid(("network", "setting"), headers, ())
    rates = robustness_results(
        {label: [derived(r, ATTACK_RATES)] for label, r in records.items() if has_rates(r, ATTACK_RATES)}
    )
    robust: dict[str, float] = {}
    chosen = headline_attack(rates)
    if chosen:
        name, epsilon = chosen
        headers[-1] = f"{name} at {epsilon:.4g}"
        at = rates[(rates["attack"] == name) & (rates["epsilon"] == epsilon)]
        robust = dict(zip(at["network"], at["accuracy"], strict=True))
    lines = []
    for _, row in rows[rows["headline"]].iterrows():
        interval = [row.get("accuracy_low"), row.get("accuracy_high")]
        lines.append(
            (
                str(row["model"]),
                str(row["setting"]),
                _text(row.get("accuracy"), "{:.1%}"),
                " to ".join(_text(bound, "{:.1%}") for bound in interval),
                _text(row.get("routed"), "{:.2f}", 1e-6),
                _text(row.get("execution"), "{:.0%}"),
                _text(row.get("latency_1"), "{:.2f}", 1e3),
                _text(robust.get(str(row["model"])), "{:.1%}"),
            )
        )
    return Grid(("network", "setting"), headers, lines)


def _text(value: float | None, form: str, scale: float = 1.0) -> str:
    return "–" if value is None or value != value else form.format(value * scale)
