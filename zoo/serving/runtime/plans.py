"""What a cut network runs after what at a setting: plain values, which a driver without PyTorch can follow.

A plan has `version`, `kind`, `units`, `classes`, `shape`, `setting`, `normalisation` (already inside the first segment)
and `segments`: for every segment's name its inputs and outputs, named as in the ONNX model. Further, by kind:

- `static`: the segment `answer`, and the one `route`; None where the segment answers it as well.
- `gated`: the segments `entry` and `head`; `gates`, how they are asked; `limit` of their log-odds; `ahead`, the range
  of gates that the entry answers; and `blocks`, each with the segments `run`, `skip` (None: skipping changes nothing)
  and `gate` (None: asked ahead), and the range `ahead` of gates that `run` and `skip` answer.
- `cascade`: `exits`, how many there are, and `steps`, one per exit that is on: its number `exit`, the segment `run`
  that leads to it, and the `threshold` below which images leave (None: all).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from zoo.execution.early_exit import EarlyExitNet
from zoo.execution.skipping import Threshold
from zoo.network import Compute, RoutedNet
from zoo.serving.runtime.cutting import Cut, cut_cascade, cut_gated, cut_static, decision_of, has_gates

VERSION = 1
"""Of plans; `zoo.serving.runtime.driver` runs this one."""


@dataclass
class Plan:
    """A plan, and the graph that its segments are cut from.

    Attributes:
        values: of the plan, but for the segments.
        segments: inputs and outputs of every segment, by its name.
    """

    cut: Cut
    values: dict[str, Any]
    segments: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def model(self, name: str) -> bytes:
        """The ONNX model of a segment, for any machine."""
        return self.cut.graph.segment(**self.segments[name])

    def model_for_this_machine(self, name: str) -> tuple[bytes, dict[str, list[str]]]:
        """The ONNX model of a segment as this machine runs it, and the names of its inputs and outputs."""
        graph, ends = self.cut.graph.on_this_machine, self.segments[name]
        return graph.segment(**ends), {end: graph.ends(names) for end, names in ends.items()}

    def add(self, name: str, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        """Add a segment from images or marks to marks, those that the network has; its name."""
        marks = self.cut.marks
        self.segments[name] = {
            "inputs": [marks.get(mark, mark) for mark in inputs],
            "outputs": [marks[mark] for mark in outputs if mark in marks],
        }
        return name

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**self.values, "segments": self.segments}


class Planner:
    """Plans of one network at its settings; it is cut once for all settings that need the same graph.

    Args:
        net: folded, with lean forms, in evaluation mode, on the CPU in float32.
    """

    def __init__(self, net: RoutedNet) -> None:
        self.net = net
        self._cuts: dict[str, Cut] = {}

    def plan(self, *, every_unit: bool = False) -> Plan:
        """How to answer at the network's setting.

        Args:
            every_unit: compute every unit and mask, in one segment.

        Raises:
            Unsupported: the network cannot be written down as a graph.
            RuntimeMissing: a package is not installed.
        """
        if every_unit:
            return self._static("all")
        if isinstance(self.net, EarlyExitNet):
            return self._cascade(self.net)
        if not has_gates(self.net):
            return self._static("needed")
        decide = decision_of(self.net)
        return self._gated(decide) if isinstance(decide, Threshold) else self._static("all")

    def _new(self, kind: str, cut: Cut, **values: Any) -> Plan:
        net = self.net
        common = {
            "version": VERSION,
            "kind": kind,
            "units": list(net.units),
            "classes": net.task.classes,
            "shape": list(net.task.shape),
            "normalisation": {"mean": list(net.task.mean), "std": list(net.task.std)},
            "setting": {"name": net.setting.name, "values": dict(net.setting.values)},
        }
        return Plan(cut, {**common, **values})

    def _cut(self, key: str, make: Callable[[], Cut]) -> Cut:
        if key not in self._cuts:
            self._cuts[key] = make()
        return self._cuts[key]

    def _static(self, compute: Compute) -> Plan:
        values = json.dumps(dict(self.net.setting.values), sort_keys=True)
        cut = self._cut(f"{compute} {values}", lambda: cut_static(self.net, compute))
        plan = self._new("static", cut, route=cut.route)
        plan.add("answer", ["images"], ["logits", "route"])
        return plan

    def _gated(self, decide: Threshold) -> Plan:
        cut = self._cut("gated", lambda: cut_gated(self.net))
        plan = self._new("gated", cut, gates=cut.gates, limit=decide.log_odds, ahead=cut.first_ahead)
        plan.add("entry", ["images"], ["x0", "read0"])
        blocks: list[dict[str, Any]] = []
        for i, block in enumerate(cut.blocks):
            run = plan.add(f"block{i}", [f"x{i}"], [f"x{i + 1}", f"read{i + 1}"])
            skip = gate = None
            if not block.unchanged:
                skip = plan.add(f"skip{i}", [f"x{i}"], [f"skipped{i + 1}", f"read_skipped{i + 1}"])
            if cut.gates != "ahead":
                before = [f"state{i - 1}.{k}" for k in range(cut.blocks[i - 1].state)] if i else []
                after = [f"state{i}.{k}" for k in range(block.state)]
                read = f"read{i}" if f"read{i}" in cut.marks else f"x{i}"
                gate = plan.add(f"gate{i}", [read, *before], [f"odds{i}", *after])
            blocks.append({"run": run, "skip": skip, "gate": gate, "ahead": block.ahead})
        plan.add("head", [f"x{len(cut.blocks)}"], ["logits"])
        plan.values["blocks"] = blocks
        return plan

    def _cascade(self, net: EarlyExitNet) -> Plan:
        cut = self._cut("cascade", lambda: cut_cascade(net))
        thresholds = [*net.thresholds, None]
        last = len(thresholds) - 1
        on = [e for e, threshold in enumerate(thresholds) if threshold is not None or e == last]
        plan = self._new("cascade", cut, exits=len(thresholds))
        steps = []
        inputs = ["images"]
        for e in on:
            handed_on = [f"features{e}.{k}" for k in range(cut.features[e])] if e < last else []
            score = [f"score{e}"] if e < last else []
            start = inputs[0].partition(".")[0].removeprefix("features")
            run = plan.add(f"from_{start}_to_exit{e}", inputs, [f"logits{e}", *score, *handed_on])
            steps.append({"run": run, "exit": e, "threshold": thresholds[e]})
            inputs = handed_on
        plan.values["steps"] = steps
        return plan
