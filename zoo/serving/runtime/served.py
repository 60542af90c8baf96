"""A served network whose answers ONNX Runtime computes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from zoo.network import Compute, Forward, RoutedNet, Setting
from zoo.serving.optimize import Served, optimize_for_inference
from zoo.serving.runtime.cutting import Cut
from zoo.serving.runtime.graphs import check_installed
from zoo.serving.runtime.plans import Plan, Planner

if TYPE_CHECKING:
    from zoo.serving.runtime.driver import Network, Segment


class ServedByRuntime(Served):
    """Runs the needed units only, as segments on ONNX Runtime's CPU provider.

    A setting is prepared when it first answers: seconds for a graph that no other setting has needed, little for other
    thresholds. Segments stay in memory, and settings share those that are the same.

    Args:
        net: trained; it is not changed. The copy is at its setting.
        threads: of each operator; without it, as many as torch has now.

    Raises:
        RuntimeMissing: ONNX Runtime, or what writes its models, is not installed.
        ValueError: the network is not in float32 on the CPU.
    """

    def __init__(self, net: RoutedNet, *, threads: int | None = None) -> None:
        check_installed()
        first = next(net.parameters())
        if first.device.type != "cpu" or first.dtype != torch.float32:
            raise ValueError(f"ONNX Runtime serves float32 on the CPU here, not {first.dtype} on {first.device}")
        super().__init__(optimize_for_inference(net, fused=False).net.to(memory_format=torch.contiguous_format))
        self.threads = threads or torch.get_num_threads()
        self._planner = Planner(self.net)
        self._networks: dict[str, Network] = {}
        self._segments: dict[tuple[Cut, tuple[str, ...], tuple[str, ...]], Segment] = {}
        self._key = self._key_of(self.setting)

    def use(self, setting: Setting) -> None:
        """Serve at that setting from now on; see `zoo.network.RoutedNet.use`.

        Raises:
            ValueError: the setting has values this network does not know.
        """
        super().use(setting)
        self._key = self._key_of(setting)

    def prepare(self, wanted: Sequence[tuple[Setting, Compute]]) -> None:
        """Write down at once what several settings need, instead of at the first answer of each.

        Raises:
            Unsupported: the network cannot be written down as a graph.
        """
        self._planner.prepare(wanted)

    def plan(self, *, compute: Compute = "needed") -> Plan:
        """What runs after what at the setting.

        Raises:
            Unsupported: the network cannot be written down as a graph.
        """
        return self._planner.plan(compute)

    def forward(self, images: Tensor, *, compute: Compute = "needed") -> Forward:
        """Answer (N, C, H, W), pixels in [0, 1]; see `zoo.serving.optimize.Served.forward`.

        Raises:
            Unsupported: the network cannot be written down as a graph.
            ValueError: the images do not have the task's shape.
        """
        if images.ndim != 4 or tuple(images.shape[1:]) != self.net.task.shape:
            wanted = ", ".join(map(str, self.net.task.shape))
            raise ValueError(f"images must have the shape (N, {wanted}), not {tuple(images.shape)}")
        if len(images) == 0:
            return Forward(
                logits=images.new_zeros(0, self.net.task.classes), route=self.net.all_units(0, images.device)
            )
        answer = self.network(compute)(images.contiguous().numpy())
        log_odds = answer.log_odds
        return Forward(
            logits=torch.from_numpy(answer.logits),
            route=torch.from_numpy(answer.route),
            gate_probs=None if log_odds is None else torch.from_numpy(log_odds).sigmoid_(),
        )

    def network(self, compute: Compute = "needed") -> Network:
        """What answers NumPy arrays at the setting, without PyTorch; valid for that setting from then on.

        Raises:
            Unsupported: the network cannot be written down as a graph.
        """
        from zoo.serving.runtime.driver import Network

        key = f"{compute} {self._key}"
        if key not in self._networks:
            plan = self.plan(compute=compute)
            segments = {name: self._segment(plan, name) for name in plan.segments}
            single = None if plan.values["kind"] == "static" else partial(self._single, plan)
            self._networks[key] = Network(plan.as_dict(), segments, single)
        return self._networks[key]

    def _single(self, plan: Plan) -> Segment:
        from zoo.serving.runtime.driver import Segment
        from zoo.serving.runtime.single import single_model

        outputs = ["logits", "route", *(["log_odds"] if plan.values["kind"] == "gated" else [])]
        return Segment(single_model(plan, this_machine=True), ["images"], outputs, self.threads, optimised=True)

    @staticmethod
    def _key_of(setting: Setting) -> str:
        return json.dumps(dict(setting.values), sort_keys=True)

    def _segment(self, plan: Plan, name: str) -> Segment:
        from zoo.serving.runtime.driver import Segment

        ends = plan.segments[name]
        key = plan.cut, tuple(ends["inputs"]), tuple(ends["outputs"])
        if key not in self._segments:
            model, own = plan.model_for_this_machine(name), plan.ends_for_this_machine(name)
            self._segments[key] = Segment(model, **own, threads=self.threads, optimised=True)
        return self._segments[key]
