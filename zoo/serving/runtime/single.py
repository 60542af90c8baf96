"""A plan as one ONNX model: what the driver decides between segments is the operator `If` here.

The condition of an `If` is one value, so the model answers one image per call. A runtime optimises each branch alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from zoo.serving.runtime.branches import Body
from zoo.serving.runtime.plans import Plan


def single_model(plan: Plan) -> bytes:
    """The ONNX model from `images` (1, C, H, W) to `logits` (1, K) and `route` (1, U)."""
    import onnx
    from onnx import TensorProto, helper

    kinds: Mapping[str, Callable[[Body], Sequence[str]]] = {"static": _static, "gated": _gated, "cascade": _cascade}
    values, body = plan.values, Body(plan)
    for value, name in zip(kinds[values["kind"]](body), ("logits", "route"), strict=True):
        body.apply("Identity", [value], name)
    ends = [
        helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, *values["shape"]]),
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, values["classes"]]),
        helper.make_tensor_value_info("route", TensorProto.BOOL, [1, len(values["units"])]),
    ]
    part = onnx.load_from_string(plan.model(next(iter(plan.segments))))
    graph = helper.make_graph(body.nodes, "network", ends[:1], ends[1:], body.constants)
    model = helper.make_model(graph, opset_imports=part.opset_import, ir_version=part.ir_version)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def _static(body: Body) -> Sequence[str]:
    logits, *route = body.run("answer", ["images"])
    return logits, *(route or [body.constant("the route", [body.plan.values["route"]], np.bool_)])


def _gated(body: Body) -> Sequence[str]:
    """Gates are asked outside the branches, or answered by the one that ran, see `zoo.serving.runtime.driver.Gated`."""
    values = body.plan.values
    limit = body.constant("limit", values["limit"], np.float32)
    known = values["ahead"]
    x, *read = body.run("entry", ["images"])
    state: list[str] = []
    opened = []
    for index, block in enumerate(values["blocks"]):
        if block["gate"]:
            odds, *state = body.run(block["gate"], [*(read or [x]), *state])
        else:
            place = body.constant(f"place{index}", index - known[0], np.int64)
            odds = body.apply("Gather", [*read, place], f"odds of {index}", axis=1)
            known = block["ahead"]
        opened.append(body.apply("Greater", [odds, limit], f"gate {index} is open"))
        x, *read = _block(body, index, opened[-1], [x, *read])
    route = body.apply("Concat", opened, "gates", axis=0)
    return *body.run("head", [x]), body.apply("Unsqueeze", [route, body.constant("rows", [0], np.int64)], "routes")


def _block(body: Body, index: int, condition: str, before: Sequence[str]) -> Sequence[str]:
    """A gated block: features, and what gates read of them."""
    from onnx import TensorProto

    block = body.plan.values["blocks"][index]
    outputs = len(body.plan.segments[block["run"]]["outputs"])

    def run(branch: Body) -> Sequence[str]:
        return branch.run(block["run"], before[:1])

    def skip(branch: Body) -> Sequence[str]:
        return branch.run(block["skip"], before[:1]) if block["skip"] else before[:outputs]

    return body.choose(f"block {index}", condition, then=run, otherwise=skip, types=[TensorProto.FLOAT] * outputs)


def _cascade(body: Body) -> Sequence[str]:
    return _exits_from(0, ["images"], body)


def _exits_from(place: int, features: Sequence[str], body: Body) -> Sequence[str]:
    """The exits of a cascade from one on: each is in the branch of the one before it that runs if nobody leaves."""
    from onnx import TensorProto

    values = body.plan.values
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
