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
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from zoo.execution.early_exit import EarlyExitNet
from zoo.execution.skipping import Threshold
from zoo.network import Compute, RoutedNet, Setting
from zoo.serving.runtime.cutting import Cut, cut, decision_of, has_gates

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

    def model_for_this_machine(self, name: str) -> bytes:
        """The ONNX model of a segment as this machine runs it; `ends_for_this_machine` has the names in it."""
        return self.cut.graph.on_this_machine.segment(**self.segments[name])

    def ends_for_this_machine(self, name: str) -> dict[str, list[str]]:
        """The names of a segment's inputs and outputs in that model."""
        return {end: self.cut.graph.on_this_machine.ends(names) for end, names in self.segments[name].items()}

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
    """Plans of one network at its settings.

    Args:
        net: folded, with lean forms, in evaluation mode, on the CPU in float32.
    """

    def __init__(self, net: RoutedNet) -> None:
        self.net = net
        self._ways: dict[str, tuple[Setting, Compute]] = {}
        self._cut: Cut | None = None

    def prepare(self, wanted: Sequence[tuple[Setting, Compute]]) -> None:
        """Write down at once what several settings need: one graph with all of them, instead of one for each.

        Raises:
            Unsupported: the network cannot be written down as a graph.
            RuntimeMissing: a package is not installed.
        """
        net, own = self.net, self.net.setting
        ways = {}
        for setting, compute in wanted:
            net.use(setting)
            way = self._way(compute)
            if way is not None:
                ways[_name(setting, way)] = setting, way
        net.use(own)
        if self._cut is None or not ways.keys() <= self._ways.keys():
            self._ways |= ways
            self._cut = cut(net, self._ways)

    def plan(self, compute: Compute) -> Plan:
        """How to answer at the network's setting.

        Args:
            compute: what is needed, or every unit, masked, in one segment.

        Raises:
            Unsupported: the network cannot be written down as a graph.
            RuntimeMissing: a package is not installed.
        """
        net = self.net
        self.prepare([(net.setting, compute)])
        assert self._cut is not None
        way = self._way(compute)
        if way is not None:
            return self._static(self._cut, _name(net.setting, way))
        return self._cascade(self._cut, net) if isinstance(net, EarlyExitNet) else self._gated(self._cut)

    def _way(self, compute: Compute) -> Compute | None:
        """How to compute in one segment at the network's setting; None where it decides."""
        if compute == "all" or not (isinstance(self.net, EarlyExitNet) or has_gates(self.net)):
            return compute
        decides = isinstance(self.net, EarlyExitNet) or isinstance(decision_of(self.net), Threshold)
        return None if decides else "all"

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

    def _static(self, cut: Cut, name: str) -> Plan:
        plan = self._new("static", cut, route=cut.routes[name])
        plan.add("answer", ["images"], [f"logits.{name}", f"route.{name}"])
        return plan

    def _gated(self, cut: Cut) -> Plan:
        decide = decision_of(self.net)
        assert isinstance(decide, Threshold)
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

    def _cascade(self, cut: Cut, net: EarlyExitNet) -> Plan:
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


def _name(setting: Setting, way: Compute) -> str:
    return f"{way} {json.dumps(dict(setting.values), sort_keys=True)}"
