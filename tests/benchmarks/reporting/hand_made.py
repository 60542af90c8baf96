"""Studies of a few images whose every number can be worked out by hand, written through the store."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from benchmarks.measuring.picture_names import PICTURES
from benchmarks.measuring.pictures import as_png
from benchmarks.records.code_hashes import code_hashes
from benchmarks.records.identity import Identity
from benchmarks.records.record import Record
from benchmarks.records.store import Store
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.loading import load
from benchmarks.study.study import ModelSpec, Study, method_names
from benchmarks.training.seeds import derive_seed
from zoo import Selector

ENVIRONMENT: dict[str, Any] = {
    "created": "2026-03-04T05:06:07+00:00",
    "python": "3.11.7",
    "packages": {"torch": "2.15.0"},
    "host": "0123abcd",
    "instructions": "AVX2",
    "threads": 1,
    "system": "Linux x86_64",
    "processor": "A Processor",
    "cpus": 2,
    "gpus": [],
    "commit": None,
}
CODE = {"zoo/nowhere.py": "0123456789ab"}
BASELINE = {"network": "resnet[tiny]", "macs": 4_000_000, "parameters": 175_000}
"""What every network of a hand-made study is compared with, unless it says otherwise."""
BLOCKS = ("stage1.block1", "stage1.block2", "stage2.block1")
Ball = tuple[str, float]
"""An attack and its epsilon."""
EXITS = ("segment1", "exit1", "segment2", "exit2")


class HandMadeIdentity(Identity):
    """Of a network that no code there is has made: unless a test names roots, every record is stale."""

    @property
    def code(self) -> Mapping[str, str]:
        """Fingerprint of the roots, or of no code that there is."""
        return code_hashes(self.roots) if self.roots else CODE


class HandMade:
    """A study on disk.

    Args:
        root: of its directory.
        fields: of the study.
    """

    def __init__(self, root: Path, **fields: Any) -> None:
        values = {"name": "hand", "title": "Made by hand", "methods": ["resnet"], **fields}
        self.study = Study.model_validate(values)
        self.store = Store(root)
        self.store.write_study(self.study, ENVIRONMENT)

    def spec(self, method: str, repetition: int = 0, preset: str = "tiny", **parameters: Any) -> ModelSpec:
        """Of a model that belongs to the study."""
        selector = Selector(method, preset, parameters)
        self._ask_for(selector, repetition)
        return ModelSpec(
            method=method,
            preset=preset,
            parameters=parameters,
            dataset=self.study.dataset,
            repetition=repetition,
            seed=derive_seed(self.study.seed, selector, self.study.dataset, repetition),
            recipe=self.study.recipe,
            scale=self.study.preset or "tiny",
        )

    def _ask_for(self, selector: Selector, repetition: int) -> None:
        """What is added belongs to the study: it names the network, and has as many seeds."""
        named = str(selector)
        if selector.preset == (self.study.preset or "tiny") and not selector.parameters:
            named = selector.name
        methods = (
            self.study.methods if {named, "all"} & {*method_names(self.study.methods)} else (*self.study.methods, named)
        )
        repetitions = max(self.study.repetitions, repetition + 1)
        self.study = self.study.model_copy(update={"methods": methods, "repetitions": repetitions})
        self.store.write_study(self.study, ENVIRONMENT)

    def add(
        self,
        spec: ModelSpec,
        *,
        units: Sequence[str] = BLOCKS,
        settings: Mapping[str, str] | None = None,
        history: pd.DataFrame | None = None,
        data: str = "fedcba9876543210",
        baseline: Mapping[str, Any] | None = None,
        environment: Mapping[str, Any] | None = None,
        roots: tuple[str, ...] = (),
        precision: str = "fp32",
        classes: int = 10,
        **tables: pd.DataFrame,
    ) -> Record:
        """Store a finished model: settings are notes by name, the headline first; tables by evaluator."""
        notes = settings or {"default": "as trained"}
        config = {
            "settings": [{"name": name, "values": {}, "note": note} for name, note in notes.items()],
            "dataset_fingerprint": "fedcba9876543210",
            "task": {"shape": [1, 28, 28], "classes": classes, "mean": [0.0], "std": [1.0]},
            "baseline": baseline or BASELINE,
            "units": list(units),
            "seconds": 12.0,
            "environment": environment or ENVIRONMENT,
        }
        epochs = phases("train", "train") if history is None else history
        identity = HandMadeIdentity(
            spec=spec, parameters=spec.parameters, data=data, precision=precision, device="cpu", roots=roots
        )
        record = self.store.commit(identity, config, epochs, {"weight": torch.zeros(1)})
        for name, table in tables.items():
            made_by: dict[str, Any] = {"version": {}}
            if not name.endswith(PICTURES):
                made_by |= {"seconds": 1.0, "environment": environment or ENVIRONMENT}
            record.write_table(name, table, made_by)
        return record

    def evidence(self) -> Evidence:
        """What a report of it is built from."""
        return load(self.store.root)


def phases(*names: str) -> pd.DataFrame:
    """A history with one epoch per named phase: loss 1 / epoch, accuracies rising by 10 points."""
    epochs = range(1, len(names) + 1)
    return pd.DataFrame(
        {
            "epoch": list(epochs),
            "epochs": len(names),
            "phase": list(names),
            "lr": 0.1,
            "loss": [1 / epoch for epoch in epochs],
            "train_accuracy": [0.5 + 0.1 * epoch for epoch in epochs],
            "validation_accuracy": [0.4 + 0.1 * epoch for epoch in epochs],
            "seconds": 6.0,
        }
    )


def answers(outcome: str, routes: Sequence[str] = ("111",), *, setting: str = "default") -> pd.DataFrame:
    """An accuracy table with an image per character of `outcome`: `1` is right, `0` wrong.

    Labels are 0 and 1 in turn; routes are dealt out in turn; an image costs 1,000,000 MACs per unit used.
    """
    rows = []
    for index, digit in enumerate(outcome):
        label, route = index % 2, routes[index % len(routes)]
        rows.append(
            {
                "setting": setting,
                "index": index,
                "label": label,
                "prediction": label if digit == "1" else 1 - label,
                "confidence": 0.75,
                "nll": 0.5,
                "top5": True,
                "macs": 1_000_000 * route.count("1"),
                "route": route,
            }
        )
    return pd.DataFrame(rows)


def costs(*rows: tuple[str, int, float], ptflops: int | None = None) -> pd.DataFrame:
    """A cost table: (setting, nominal, routed) each, executed as routed, fvcore as nominal."""
    return pd.DataFrame(
        [
            {
                "setting": setting,
                "parameters": 1_234_000,
                "nominal": nominal,
                "fvcore": nominal,
                "ptflops": nominal if ptflops is None else ptflops,
                "routed": routed,
                "executed": routed,
            }
            for setting, nominal, routed in rows
        ]
    )


def timings(
    static: float, nominal: float, needed: Mapping[str, Sequence[float]], *, batch_size: int = 1
) -> pd.DataFrame:
    """A latency table: `needed` has seconds of passes per setting, the headline first; equally many of each."""
    headline = next(iter(needed))
    rows = []
    for turn, seconds in enumerate(zip(*needed.values(), strict=True)):
        rows += [(turn, "static resnet", "all", static), (turn, headline, "all", nominal)]
        rows += [(turn, setting, "needed", own) for setting, own in zip(needed, seconds, strict=True)]
    table = pd.DataFrame(rows, columns=["repetition", "setting", "compute", "seconds"])
    return table.assign(
        batch_size=batch_size,
        order="natural",
        first=0,
        measured_as=table["setting"],
        device_seconds=math.nan,
        macs=1.0,
        ended_by="budget",
    )


def energies(
    static: float, nominal: float, needed: Mapping[str, Sequence[float]], *, batch_size: int = 1, idle: float = 0.0
) -> pd.DataFrame:
    """An energy table: joules of runs of one batch and one second, by a GPU that takes `idle` watts doing nothing."""
    table = timings(static, nominal, needed, batch_size=batch_size).rename(columns={"seconds": "joules"})
    return table[["setting", "measured_as", "compute", "joules", "batch_size", "repetition"]].assign(
        passes=1, seconds=1.0, idle_watts=idle, note=""
    )


def no_energy(reason: str, *settings: str) -> pd.DataFrame:
    """An energy table that says why there is none."""
    table = energies(math.nan, math.nan, {name: [math.nan] for name in settings or ("default",)}, idle=math.nan)
    return table[table["compute"] == "needed"].assign(passes=0, seconds=math.nan, note=f"not available: {reason}")


def attacked(
    outcomes: Mapping[Ball, str], macs: Mapping[Ball, int], strengths: Mapping[str, int] | None = None
) -> pd.DataFrame:
    """A robustness table: an image per character for each (attack, epsilon), all of the same cost.

    Without `strengths` by attack, it is a table from before they were declared.
    """
    tables = []
    for (attack, epsilon), outcome in outcomes.items():
        table = answers(outcome).drop(columns=["setting", "confidence", "nll", "top5"])
        declared = {} if strengths is None else {"strength": strengths[attack]}
        tables.append(
            table.assign(attack=attack, epsilon=epsilon, linf=epsilon, macs=macs[attack, epsilon], **declared)
        )
    return pd.concat(tables, ignore_index=True)


def slowed(*found: tuple[str, float, str, int], nominal: int, tries: int = 8, note: str = "") -> pd.DataFrame:
    """A slowdown table: (goal, epsilon, outcome, MACs) each, an image per character of the outcome, as `answers`."""
    tables = [
        answers(outcome)
        .drop(columns=["setting", "confidence", "nll", "top5"])
        .assign(goal=goal, tries=tries, epsilon=epsilon, linf=epsilon, macs=macs, nominal=nominal, note=note)
        for goal, epsilon, outcome, macs in found
    ]
    return pd.concat(tables, ignore_index=True)


def says(*exits: tuple[str, str, float]) -> pd.DataFrame:
    """A table of exits: (unit, outcome, confidence) each, an image per character of the outcome, as `answers`."""
    tables = [
        answers(outcome)[["index", "label", "prediction"]].assign(
            exit=unit, confidence=confidence, entropy=0.5, note=""
        )
        for unit, outcome, confidence in exits
    ]
    return pd.concat(tables, ignore_index=True)


def lesions(*found: tuple[str, str, str], whole: str, disorder: Mapping[str, float] | None = None) -> pd.DataFrame:
    """A table of lesions: (kind, parts, outcome) each, an image per character of the outcome, as `answers`.

    Args:
        found: in order.
        whole: outcome of the intact network.
        disorder: Kendall's tau by kind, 1 where it has none.
    """
    tables = []
    for number, (kind, parts, outcome) in enumerate([("intact", "", whole), *found]):
        table = answers(outcome)[["index", "label", "prediction", "macs"]]
        tau = (disorder or {}).get(kind, 1.0)
        count = len(parts.split(", ")) if parts else 0
        tables.append(table.assign(kind=kind, lesion=number, parts=parts, count=count, disorder=tau))
    return pd.concat(tables, ignore_index=True)


def decisions(*found: tuple[str, str], own: str = "1", macs: int = 3_000_000) -> pd.DataFrame:
    """A table of decisions: (who decides, outcome) each, draws in their order, all at the same cost."""
    tables, draws = [], dict[str, int]()
    for decided, outcome in [("by image", own), *found]:
        draw = draws[decided] = draws.get(decided, -1) + 1
        table = answers(outcome)[["index", "label", "prediction"]]
        tables.append(table.assign(decided=decided, draw=draw, macs=macs, note=""))
    return pd.concat(tables, ignore_index=True)


def of_exits(
    labels: Sequence[int],
    answers: Sequence[Sequence[int]],
    uncertainty: Sequence[Sequence[float]],
    *,
    split: str = "test",
    rule: str = "entropy",
    temperatures: Sequence[float] | None = None,
) -> pd.DataFrame:
    """A table of exits on one split, named `exit1` and so on: answers and uncertainty have a row per exit.

    The uncertainty is what the network decides by, and `rule`, `entropy` or `doubt`; the other is 1 - 1 / (1 + it).
    """
    tables = []
    for place, (said, scores) in enumerate(zip(answers, uncertainty, strict=True)):
        own = pd.Series(scores, dtype=float)
        other = 1 - 1 / (1 + own)
        doubt = own if rule == "doubt" else other
        tables.append(
            pd.DataFrame(
                {
                    "split": split,
                    "index": range(len(labels)),
                    "label": labels,
                    "exit": f"exit{place + 1}",
                    "prediction": said,
                    "confidence": 1 - doubt,
                    "entropy": own if rule == "entropy" else other,
                    "doubt": doubt,
                    "uncertainty": own,
                    "temperature": temperatures[place] if temperatures else 1.0,
                    "scaled_doubt": doubt,
                    "note": "",
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def pictured(
    outcome: str, by: Sequence[str], *, exact: str = "", epsilon: float = 0.1, macs: int = 4_000_000
) -> pd.DataFrame:
    """A table of pictures, an image per character of the outcome, as `answers`: of one shade each, 0, 10, 20, ...

    There is no picture where `by` is `none`. The answers before rounding are those of `exact`, or else the same ones.
    """
    table = answers(outcome)[["index", "label", "prediction"]]
    return table.assign(
        attack=list(by),
        epsilon=epsilon,
        exact=answers(exact or outcome)["prediction"],
        confidence=0.5,
        linf=epsilon,
        macs=macs,
        png=[b"" if name == "none" else shade(10 * index) for index, name in enumerate(by)],
    )


def shade(value: int) -> bytes:
    """PNG of 28 x 28 pixels of that value."""
    return as_png(torch.full((1, 28, 28), value, dtype=torch.uint8))


def ledger(macs: Mapping[str, int], fixed: int = 0) -> pd.DataFrame:
    """A ledger of units by name, and the fixed part."""
    return pd.DataFrame({"unit": [*macs, "fixed"], "macs": [*macs.values(), fixed]})
