"""A network run with every unit, its decisions marked: where segments begin and end, and what gates and exits say.

Nothing here knows a method. A network decides by a `Skipping` (gated blocks), as an `EarlyExitNet` (exits), or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from zoo.execution.early_exit import EarlyExitNet
from zoo.execution.gated_block import leaves_skipped_unchanged
from zoo.execution.skipping import Decide, GatedOutput, Gates, Skipping
from zoo.layers import ResidualBlock
from zoo.network import Compute, RoutedNet, Setting
from zoo.serving.gates import LeanFeedForwardGates, LeanGates
from zoo.serving.runtime.graphs import CutGraph, written_down
from zoo.serving.runtime.recording import Recorder, Unsupported, record


@dataclass(frozen=True)
class Block:
    """A gated block of a cut network.

    Attributes:
        unchanged: its output for an image that skips it is its input.
        ahead: the gates that are asked of its output, first and one after the last; None behind the last block, and
            where gates are not asked ahead.
        state: number of tensors that its gate hands on to the next.
    """

    unchanged: bool
    ahead: tuple[int, int] | None = None
    state: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Cut:
    """A network cut at its decisions.

    Attributes:
        graph: the whole network.
        marks: for every mark the name of its value in the graph.
        routes: of ways to answer without a decision: the one that all images take, or None where it is in the graph.
        gates: how gates are asked: `ahead`, all of a stage at once; by channel `means`, or `features`.
        blocks: of a gated network.
        first_ahead: see `Block.ahead`, of what the first block gets.
        features: of a cascade, how many tensors each segment hands on.
    """

    graph: CutGraph
    marks: Mapping[str, str]
    routes: Mapping[str, Sequence[bool] | None]
    gates: str = ""
    blocks: Sequence[Block] = ()
    first_ahead: tuple[int, int] | None = None
    features: Sequence[int] = ()


Ways = Mapping[str, tuple[Setting, Compute]]
"""By name, settings and how to compute at them, of answers without a decision."""


def cut(net: RoutedNet, ways: Ways) -> Cut:
    """The network as one graph, with its ends of segments marked.

    Marks of a way to answer: `logits.<way>`, and `route.<way>` where it depends on the images. Those of decisions are
    explained in `_mark_gated` and `_mark_cascade`.

    Raises:
        Unsupported: Python decides what runs by what an image is, outside of gated blocks and exits, or there are
            several chains of gated blocks.
    """
    found: dict[str, Any] = {}
    routes: dict[str, Sequence[bool] | None] = {}
    own = net.setting

    def run(recorder: Recorder, images: Tensor) -> None:
        if isinstance(net, EarlyExitNet):
            found["features"] = _mark_cascade(net, recorder, images)
        elif has_gates(net):
            found.update(_mark_gated(net, recorder, images))
        for name, (setting, compute) in ways.items():
            net.use(setting)
            routes[name] = _mark_answer(net, compute, name, recorder, images)

    try:
        graph, names, marks = record(run, net.task.shape)
    finally:
        net.use(own)
    return Cut(graph=written_down(graph, names, net.task.shape), marks=marks, routes=routes, **found)


def _mark_answer(
    net: RoutedNet, compute: Compute, name: str, recorder: Recorder, images: Tensor
) -> Sequence[bool] | None:
    answer = net(images, compute=compute)
    recorder.mark(f"logits.{name}", answer.logits)
    if recorder.depends(answer.route):
        recorder.mark(f"route.{name}", answer.route)
        return None
    alike: list[bool] = answer.route[0].tolist()
    return alike


def _mark_cascade(net: EarlyExitNet, recorder: Recorder, images: Tensor) -> list[int]:
    """Marks: `features<e>.<k>` behind segment e, `logits<e>` and `score<e>` of exit e, the last of which has no score.

    Returns:
        How many tensors each segment hands on.
    """
    counts = []
    last = len(net.heads) - 1
    features: Any = net.normalize(images)
    for e, (segment, head) in enumerate(zip(net.segments, net.heads, strict=True)):
        features = segment(features)
        logits = head(features)
        recorder.mark(f"logits{e}", logits)
        parts = (features,) if isinstance(features, Tensor) else tuple(features)
        counts.append(len(parts))
        if e < last:
            recorder.mark(f"score{e}", net.uncertainty(logits))
            for k, part in enumerate(parts):
                recorder.mark(f"features{e}.{k}", part)
    return counts


def _mark_gated(net: RoutedNet, recorder: Recorder, images: Tensor) -> dict[str, Any]:
    """Run all blocks of a network with gates.

    Marks: `x<i>`, what block i gets, and `x<G>`, what the last one gives; `read<i>`, what gates read of that: log-odds
    of the stage's gates from i on, or channel means; `skipped<i>` and `read_skipped<i>`, the same of images that skip
    block i - 1, where that changes them; `odds<i>` and `state<i>.<k>` of gates that are asked one after another;
    `logits`.

    Returns:
        Attributes of the cut.
    """
    marking = _Marking(_skipping_of(net), recorder)
    with _in_place_of_skipping(net, marking):
        recorder.mark("logits", net(images, compute="needed").logits)
    return {"gates": marking.kind, "blocks": marking.blocks, "first_ahead": marking.first_ahead}


def has_gates(net: RoutedNet) -> bool:
    """Whether a `Skipping` runs its blocks."""
    return any(isinstance(module, Skipping) for module in net.modules())


def decision_of(net: RoutedNet) -> Decide:
    """How a network with gates decides at its setting."""
    with torch.no_grad(), _in_place_of_skipping(net, _Asked(_skipping_of(net))):
        try:
            net(torch.zeros(1, *net.task.shape), compute="needed")
        except _Decision as decision:
            return decision.decide
    raise Unsupported(f"{type(net).__name__} does not run the gated blocks that it has")


class _Decision(Exception):
    """Carries what a `Skipping` was called with out of the network."""

    def __init__(self, decide: Decide) -> None:
        super().__init__()
        self.decide = decide


class _Asked(Skipping):
    """Only tells how gates decide."""

    def __init__(self, own: Skipping) -> None:
        super().__init__(own.rule)

    def forward(self, blocks: Sequence[ResidualBlock], gates: Gates, decide: Decide, x: Tensor) -> GatedOutput:
        """See `zoo.execution.skipping.Skipping.forward`."""
        raise _Decision(decide)


def _skipping_of(net: RoutedNet) -> Skipping:
    found = [module for module in net.modules() if isinstance(module, Skipping)]
    if len(found) != 1:
        raise Unsupported(f"{type(net).__name__} has {len(found)} chains of gated blocks, not one")
    return found[0]


@contextmanager
def _in_place_of_skipping(net: RoutedNet, other: Skipping) -> Iterator[None]:
    own = _skipping_of(net)
    name = next(name for name, module in net.named_modules() if module is own)
    net.set_submodule(name, other)
    try:
        yield
    finally:
        net.set_submodule(name, own)


class _Marking(Skipping):
    """Runs every block, as if all gates were open, and marks what skipping would need."""

    def __init__(self, own: Skipping, recorder: Recorder) -> None:
        super().__init__(own.rule)
        self.recorder = recorder
        self.kind = ""
        self.blocks: list[Block] = []
        self.first_ahead: tuple[int, int] | None = None

    def forward(self, blocks: Sequence[ResidualBlock], gates: Gates, decide: Decide, x: Tensor) -> GatedOutput:
        """See `zoo.execution.skipping.Skipping.forward`."""
        mark = self.recorder.mark
        asked = _make_questions(gates)
        self.kind, self.first_ahead = asked.kind, asked.ahead(0)
        state: Any = None
        mark("x0", x)
        read = asked.read(0, x)
        _mark_read(mark, "read0", read)
        for index, block in enumerate(blocks):
            state = asked.ask(mark, index, x, read, state)
            unchanged = leaves_skipped_unchanged(block, self.rule, activated=index > 0)
            more = index + 1 < len(blocks)
            if not unchanged:
                skipped = block.shortcut(x.clone() if block.has_identity_shortcut else x)
                skipped = skipped if self.rule == "block" else block.activation(skipped)
                mark(f"skipped{index + 1}", skipped)
                if more:
                    _mark_read(mark, f"read_skipped{index + 1}", asked.read(index + 1, skipped))
            x = block.merge(x, block.shortcut(x))
            mark(f"x{index + 1}", x)
            if more:
                read = asked.read(index + 1, x)
                _mark_read(mark, f"read{index + 1}", read)
            count = 0 if state is None else len(state)
            self.blocks.append(Block(unchanged, asked.ahead(index + 1) if more else None, count))
        none = x.new_zeros(x.shape[0], len(blocks))
        return GatedOutput(x, none > 0, none)


def _mark_read(mark: Any, name: str, read: Tensor | None) -> None:
    if read is not None:
        mark(name, read)


class _AskFeatures:
    """Gates of any kind: each is asked by what its block gets."""

    kind = "features"

    def __init__(self, gates: Gates) -> None:
        self.gates = gates

    def read(self, index: int, x: Tensor) -> Tensor | None:
        """What gates read of x (N, C, H, W), other than x."""
        return None

    def ahead(self, index: int) -> tuple[int, int] | None:
        """Gates that are asked of what block `index` gets."""
        return None

    def ask(self, mark: Any, index: int, x: Tensor, read: Tensor | None, state: Any) -> Any:
        """Ask gate `index`; its state for the next."""
        odds, state = self._ask(index, x if read is None else read, state)
        mark(f"odds{index}", odds)
        for k, part in enumerate(state or ()):
            mark(f"state{index}.{k}", part)
        return state

    def _ask(self, index: int, read: Tensor, state: Any) -> tuple[Tensor, Any]:
        return self.gates(index, read, state)


class _AskMeans(_AskFeatures):
    """Lean gates, asked one after another by channel means (N, C)."""

    kind = "means"
    gates: LeanGates

    def read(self, index: int, x: Tensor) -> Tensor:
        return x.mean(dim=(2, 3))

    def _ask(self, index: int, read: Tensor, state: Any) -> tuple[Tensor, Any]:
        return self.gates.from_means(index, read, state)


class _AskAhead(_AskFeatures):
    """Gates of a stage, all that follow asked at once of what a block of the stage gets."""

    kind = "ahead"
    gates: LeanFeedForwardGates

    def read(self, index: int, x: Tensor) -> Tensor:
        return self.gates.following(index, x.mean(dim=(2, 3)))

    def ahead(self, index: int) -> tuple[int, int]:
        return index, self.gates.together[index].stop

    def ask(self, mark: Any, index: int, x: Tensor, read: Tensor | None, state: Any) -> None:
        return None


def _make_questions(gates: Gates) -> _AskFeatures:
    if isinstance(gates, LeanFeedForwardGates):
        return _AskAhead(gates)
    return _AskMeans(gates) if isinstance(gates, LeanGates) else _AskFeatures(gates)
