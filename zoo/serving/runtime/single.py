"""A plan as one ONNX model: what the driver decides between segments is the operator `If` here.

The condition of an `If` is one value, so the model answers one image per call. A runtime optimises each branch alone,
and puts features in order at its ends; for this machine, branches are made of a graph that is optimised already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from zoo.serving.runtime.branches import Body, Parts
from zoo.serving.runtime.plans import Plan

AFTER_THE_FIRST = {"from": 1, "to": np.iinfo(np.int64).max, "columns": 1}
"""What `Slice` is told: all log-odds but those of a gate that has been asked."""


def single_model(plan: Plan, *, this_machine: bool = False) -> bytes:
    """The ONNX model from `images` (1, C, H, W) to `logits` (1, K), `route` (1, U) and, of G gates, `log_odds` (1, G).

    Args:
        plan: of any kind.
        this_machine: of segments that are optimised for it; to be run as it is.
    """
    import onnx
    from onnx import TensorProto, helper

    kinds: Mapping[str, Callable[[Body], Sequence[str]]] = {"static": _static, "gated": _gated, "cascade": _cascade}
    parts = Parts(plan, this_machine=this_machine)
    values, body = plan.values, Body(parts)
    found = dict(zip(("logits", "route", "log_odds"), kinds[values["kind"]](body), strict=False))
    for name, value in found.items():
        body.apply("Identity", [value], name)
    ends = [
        helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, *values["shape"]]),
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, values["classes"]]),
        helper.make_tensor_value_info("route", TensorProto.BOOL, [1, len(values["units"])]),
        helper.make_tensor_value_info("log_odds", TensorProto.FLOAT, [1, len(values.get("blocks", ()))]),
    ]
    part = parts.model(next(iter(plan.segments)))
    graph = helper.make_graph(body.nodes, "network", ends[:1], ends[1 : 1 + len(found)], body.constants)
    model = helper.make_model(graph, opset_imports=part.opset_import, ir_version=part.ir_version)
    if not this_machine:
        onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def _static(body: Body) -> Sequence[str]:
    logits, *route = body.run("answer", ["images"])
    return logits, *(route or [body.constant("the route", [body.parts.plan.values["route"]], np.bool_)])


def _gated(body: Body) -> Sequence[str]:
    """Gates are asked outside the branches, or answered by the one that ran, see `zoo.serving.runtime.driver.Gated`."""
    values = body.parts.plan.values
    limit = body.constant("limit", values["limit"], np.float32)
    next_gate = body.constant("next gate", 0, np.int64) if values["ahead"] else ""
    x, *read = body.run("entry", ["images"])
    state: list[str] = []
    opened: list[str] = []
    every_odds: list[str] = []
    for index, block in enumerate(values["blocks"]):
        if block["gate"]:
            odds, *state = body.run(block["gate"], [*(read or [x]), *state])
        else:
            odds = body.apply("Gather", [*read, next_gate], f"odds of {index}", axis=1)
        every_odds.append(odds)
        opened.append(body.apply("Greater", [odds, limit], f"gate {index} is open"))
        x, *read = _block(body, index, opened[-1], [x, *read])
    rows = body.constant("rows", [0], np.int64)
    tables = [
        body.apply("Unsqueeze", [body.apply("Concat", each, f"{name} in a row", axis=0), rows], name)
        for name, each in (("routes", opened), ("odds of gates", every_odds))
    ]
    return *body.run("head", [x]), *tables


def _block(body: Body, index: int, condition: str, before: Sequence[str]) -> Sequence[str]:
    """A gated block: features, and what gates read of them."""
    from onnx import TensorProto

    block = body.parts.plan.values["blocks"][index]
    outputs = len(body.parts.plan.segments[block["run"]]["outputs"])

    def run(branch: Body) -> Sequence[str]:
        return branch.run(block["run"], before[:1])

    def skip(branch: Body) -> Sequence[str]:
        if block["skip"]:
            return branch.run(block["skip"], before[:1])
        if block["gate"] or outputs == 1:
            return before[:outputs]
        ends = [branch.constant(f"{name} {index}", [value], np.int64) for name, value in AFTER_THE_FIRST.items()]
        return before[0], branch.apply("Slice", [before[1], *ends], f"later odds of {index}")

    return body.choose(f"block {index}", condition, then=run, otherwise=skip, types=[TensorProto.FLOAT] * outputs)


def _cascade(body: Body) -> Sequence[str]:
    return _exits_from(0, ["images"], body)


def _exits_from(place: int, features: Sequence[str], body: Body) -> Sequence[str]:
    """The exits of a cascade from one on: each is in the branch of the one before it that runs if nobody leaves."""
    from onnx import TensorProto

    values = body.parts.plan.values
    step = values["steps"][place]
    asked = {2 * one["exit"] + 1 for one in values["steps"][: place + 1]}
    used = [unit in asked or (unit % 2 == 0 and unit < 2 * step["exit"] + 1) for unit in range(2 * values["exits"])]
    logits, *rest = body.run(step["run"], features)
    answer = logits, body.constant(f"route {place}", [used], np.bool_)
    if step["threshold"] is None:
        return answer
    threshold = body.constant(f"threshold {place}", step["threshold"], np.float32)
    leaves = body.apply("Less", [rest[0], threshold], f"leaves at {place}")
    return body.choose(
        f"exit {place}",
        leaves,
        then=lambda branch: answer,
        otherwise=lambda branch: _exits_from(place + 1, rest[1:], branch),
        types=[TensorProto.FLOAT, TensorProto.BOOL],
    )
