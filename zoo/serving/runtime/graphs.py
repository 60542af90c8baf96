"""A recorded graph as an ONNX model, and segments cut out of it between named values.

A model can be cut as it was written, for any machine, or after ONNX Runtime has optimised it as a whole for this one.
Then features pass from segment to segment in the order in which its convolutions keep them (blocks of channels), and
sums and activations stay inside the convolutions. In a segment that is optimised alone, features are put in order at
both ends: AdaNet-110 with half of its blocks took 1.2 times as long at batch 64.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, fx

from zoo.serving.runtime.recording import Unsupported

PACKAGES = ("onnxruntime", "onnxscript", "onnx")


class RuntimeMissing(RuntimeError):
    """A package that ONNX Runtime needs is not installed; the message names it."""


def check_installed() -> None:
    """Refuse a machine without ONNX Runtime or what writes its models.

    Raises:
        RuntimeMissing: a package is not installed.
    """
    missing = [package for package in PACKAGES if find_spec(package) is None]
    if missing:
        raise RuntimeMissing(f"not installed: {', '.join(missing)}; python -m pip install {' '.join(missing)}")


class CutGraph:
    """An ONNX model of a whole network whose named values are the ends of segments.

    Args:
        model: from `images` (N, C, H, W) to all named values.
        blocked: of values that the model also has in ONNX Runtime's own order, the names there.
    """

    def __init__(self, model: Any, blocked: Mapping[str, str] | None = None) -> None:
        self._model = model
        self._blocked = dict(blocked or {})

    @cached_property
    def _extractor(self) -> Any:
        from onnx.utils import Extractor

        return Extractor(self._model)

    def ends(self, names: Sequence[str]) -> list[str]:
        """The names that values have at the ends of segments."""
        return [self._blocked.get(name, name) for name in names]

    def segment(self, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
        """An ONNX model that computes some named values from others, and no more than that takes.

        Args:
            inputs: `images`, or names of values; what they depend on is left out.
            outputs: names of values. In the model, both have the names that `ends` says.
        """
        starts = self.ends(inputs)
        model = self._extractor.extract_model(starts, self.ends(outputs))
        for node in model.graph.node:
            if node.op_type == "Shape" and node.input[0] == "images":  # it only asks how many there are
                node.input[0] = starts[0]
        content: bytes = model.SerializeToString()
        return content

    @cached_property
    def on_this_machine(self) -> CutGraph:
        """The model as ONNX Runtime optimises it for this processor."""
        import onnx
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.log_severity_level = 3  # it warns that the result is for this machine
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "optimised.onnx"
            options.optimized_model_filepath = str(path)
            ort.InferenceSession(self._model.SerializeToString(), options, providers=["CPUExecutionProvider"])
            model = onnx.load(path)
        shapes = {value.name: value for value in self._model.graph.output}
        blocked = {
            node.output[0]: node.input[0]
            for node in model.graph.node
            if node.op_type == "ReorderOutput" and node.output[0] in shapes
        }
        for plain, own in blocked.items():
            model.graph.value_info.append(_blocked_value(shapes[plain], own))
        return CutGraph(model, blocked)


def written_down(graph: fx.GraphModule, names: Sequence[str], shape: Sequence[int]) -> CutGraph:
    """A recorded graph as an ONNX model.

    Args:
        graph: from images (N, C, H, W) to a tuple of values; see `zoo.serving.runtime.recording.record`.
        names: of these values.
        shape: (C, H, W) of an image.

    Raises:
        RuntimeMissing: see `check_installed`.
        Unsupported: an operator has no form in ONNX.
    """
    check_installed()
    constants = dict(graph.named_buffers())
    key = str(graph.graph), tuple(names), tuple(shape), *(_kind_of(name, c) for name, c in constants.items())
    if key not in _WRITTEN:
        model = _exported(graph, names, shape)
        if not constants.keys() <= {tensor.name for tensor in model.graph.initializer}:
            return CutGraph(model)
        while len(_WRITTEN) >= KEPT:
            del _WRITTEN[next(iter(_WRITTEN))]
        _WRITTEN[key] = _without_values(model, constants)
    return CutGraph(_with_values(_WRITTEN[key], constants))


KEPT = 32
"""Graphs that are kept, for networks of the same architecture: baselines, and other seeds. Without weights."""
_WRITTEN: dict[tuple[object, ...], Any] = {}
"""Models by everything that the exporter was given but the values of weights, on which they do not depend."""


def _kind_of(name: str, constant: Tensor) -> tuple[object, ...]:
    """What a model may depend on: of whole numbers, such as indices and sizes, also their values."""
    values = () if constant.is_floating_point() else tuple(constant.flatten().tolist())
    return name, tuple(constant.shape), constant.dtype, values


def _without_values(model: Any, constants: Mapping[str, Tensor]) -> Any:
    for tensor in model.graph.initializer:
        if tensor.name in constants:
            tensor.ClearField("raw_data")
    return model


def _with_values(written: Any, constants: Mapping[str, Tensor]) -> Any:
    from onnx import ModelProto, numpy_helper

    model = ModelProto()
    model.CopyFrom(written)
    for tensor in model.graph.initializer:
        if tensor.name in constants:
            tensor.CopyFrom(numpy_helper.from_array(constants[tensor.name].numpy(), tensor.name))
    return model


def _exported(graph: fx.GraphModule, names: Sequence[str], shape: Sequence[int]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own imports and conversions warn of what we cannot change
        try:
            program = torch.onnx.export(
                graph,
                (torch.zeros(3, *shape),),
                input_names=["images"],
                output_names=list(names),
                dynamic_shapes=({0: torch.export.Dim("samples", min=1)},),
                dynamo=True,
                verbose=False,
                optimize=False,  # ONNX Runtime does that itself; the exporter's own takes ten minutes for SkipNet-110
            )
        except torch.onnx.errors.OnnxExporterError as error:
            reason = str(error.__cause__ or error).strip().splitlines()[0]
            raise Unsupported(f"torch.onnx cannot write the network down: {reason}") from error
    assert program is not None
    model = program.model_proto
    _forget_origins(model)
    _pool_globally(model.graph)
    _flatten(model.graph)
    return model


def _blocked_value(plain: Any, name: str) -> Any:
    """Type and shape of a value in blocks of channels, whose number may be filled up."""
    import onnx

    value = onnx.ValueInfoProto()
    value.CopyFrom(plain)
    value.name = name
    value.type.tensor_type.shape.dim[1].dim_param = f"{name}.channels"
    return value


def _forget_origins(model: Any) -> None:
    """Leave out where in PyTorch every operator came from: 28 % of the bytes of SkipNet-110."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")


def _pool_globally(graph: Any) -> None:
    """Write means over height and width as global pools, for which ONNX Runtime has an operator in its own order."""
    from onnx import helper, numpy_helper

    constants = {
        tensor.name: numpy_helper.to_array(tensor).tolist() for tensor in graph.initializer if tensor.dims == [2]
    }
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t).tolist()
        elif (
            node.op_type == "Reshape" and node.input[0] in constants
        ):  # the exporter makes a list of every list of axes
            constants[node.output[0]] = constants[node.input[0]]
    nodes = []
    for node in graph.node:
        axes = constants.get(node.input[1]) if node.op_type == "ReduceMean" and len(node.input) > 1 else None
        if not isinstance(axes, list) or sorted(axis % 4 for axis in axes) != [2, 3]:
            nodes.append(node)
            continue
        kept = all(attribute.i for attribute in node.attribute if attribute.name == "keepdims")
        out = node.output[0]
        pooled = out if kept else f"{out}.pooled"
        nodes.append(helper.make_node("GlobalAveragePool", [node.input[0]], [pooled], name=f"{out}.pool"))
        if not kept:
            nodes.append(helper.make_node("Squeeze", [pooled, node.input[1]], [out], name=f"{out}.squeeze"))
    del graph.node[:]
    graph.node.extend(nodes)


def _flatten(graph: Any) -> None:
    """Write reshapes of pooled channels (N, C, 1, 1) to (N, C) as one operator that needs no number of images."""
    from onnx import helper

    pooled = {node.output[0] for node in graph.node if node.op_type == "GlobalAveragePool"}
    columns = {value.name: _columns(value) for value in [*graph.value_info, *graph.output]}
    for node in graph.node:
        if node.op_type != "Reshape" or node.input[0] not in pooled:
            continue
        channels = columns.get(node.input[0], (0,))[:1]
        if channels > (0,) and channels == columns.get(node.output[0]):
            node.CopyFrom(helper.make_node("Flatten", [node.input[0]], list(node.output), name=node.name, axis=1))


def _columns(value: Any) -> tuple[int, ...]:
    """Sizes of a value but for the first; 0 where they are not fixed."""
    return tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim[1:])
