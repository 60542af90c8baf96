"""ONNX graphs that are put together from segments of a plan, with branches of which one runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from zoo.serving.runtime.plans import Plan


class Parts:
    """The segments of a plan.

    Args:
        plan: names them.
        this_machine: as it runs them, or as they are for any machine.
    """

    def __init__(self, plan: Plan, *, this_machine: bool) -> None:
        self.plan = plan
        self._this_machine = this_machine

    def model(self, segment: str) -> Any:
        """In ONNX's format."""
        import onnx

        content = self.plan.model_for_this_machine(segment) if self._this_machine else self.plan.model(segment)
        return onnx.load_from_string(content)

    def ends(self, segment: str) -> Mapping[str, Sequence[str]]:
        """The names of `inputs` and `outputs` in the model."""
        return self.plan.ends_for_this_machine(segment) if self._this_machine else self.plan.segments[segment]


class Body:
    """The operators and constants of a graph, or of a branch, which reads values of the graph around it by their names.

    Attributes:
        nodes: operators in the order in which they run.
        constants: weights, and numbers of the plan.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def run(self, segment: str, inputs: Sequence[str]) -> list[str]:
        """Add a segment; the names of its outputs."""
        from onnx.compose import add_prefix_graph

        graph, ends = self.parts.model(segment).graph, self.parts.ends(segment)
        names = {name: f"{segment}/{name}" for name in ends["outputs"]}
        names |= zip(ends["inputs"], inputs, strict=True)  # after the outputs: a segment may hand on what it gets
        graph = add_prefix_graph(
            graph,
            f"{segment}/",
            rename_inputs=False,
            rename_outputs=False,
            rename_value_infos=False,
            name_map=names,
        )
        self.nodes += graph.node
        self.constants += graph.initializer
        return [names[name] for name in ends["outputs"]]

    def apply(self, operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        """Add an operator; the name of its output."""
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name: str, value: Any, kind: Any) -> str:
        """Add a constant of a NumPy type; its name."""
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def choose(self, name: str, condition: str, *, then: Branch, otherwise: Branch, types: Sequence[int]) -> list[str]:
        """Add a choice of two branches; the names of what the one that runs makes.

        Args:
            name: of the choice.
            condition: a value of one boolean.
            then: adds what runs if it is true, and says the names of what comes of it.
            otherwise: likewise if it is false.
            types: of what comes of either, as `onnx.TensorProto` numbers them.
        """
        from onnx import helper

        outputs = [f"{name}/{place}" for place in range(len(types))]
        graphs = {
            "then_branch": self._branch(f"{name}/then", then, types),
            "else_branch": self._branch(f"{name}/else", otherwise, types),
        }
        self.nodes.append(helper.make_node("If", [condition], outputs, name=name, **graphs))
        return outputs

    def _branch(self, name: str, branch: Branch, types: Sequence[int]) -> Any:
        from onnx import helper

        body = Body(self.parts)
        ends = []
        for place, (value, kind) in enumerate(zip(branch(body), types, strict=True)):
            end = body.apply("Identity", [value], f"{name}/{place}")  # of a branch, which may not hand on another's
            ends.append(helper.make_tensor_value_info(end, kind, None))
        return helper.make_graph(body.nodes, name, [], ends, body.constants)


Branch = Callable[[Body], Sequence[str]]
