"""Claims on gates that carry and offsets that reach: do they depend on what is in the image?"""

from __future__ import annotations

from benchmarks.reporting.claims.base import Found, claim
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.evidence.inside import by_layer, depend_on_class, found_inside, labels_of
from benchmarks.reporting.formatting import count, percent

CLOSED = 0.1
"""Mean openness below which a layer counts as nearly closed."""


@claim(
    "carrying",
    paper="Srivastava et al. 2015",
    says="Most layers of a highway network carry: their gates are nearly closed (by nine tenths).",
    order=70,
    each_seed=True,
)
def most_layers_carry(evidence: Evidence) -> list[Found]:
    """Mean openness of every layer over test images, first seed: more than half of them below `CLOSED`, or not."""
    found = []
    for network in evidence.networks:
        rows = found_inside(network, "openness")
        if rows is not None:
            values = by_layer(rows)
            closed, layers = int((values.mean(axis=0) < CLOSED).sum()), values.shape[1]
            mean = percent(float(values.mean()))
            text = f"{closed} of {layers} layers, {mean} % open in the mean; {count(len(values))} images"
            found.append(
                Found(network=network, figure=text, verdict="holds" if closed > layers / 2 else "does not hold")
            )
    return found


@claim(
    "gates-of-classes",
    paper="Srivastava et al. 2015",
    says="How far the gates of a highway layer open depends on the class.",
    order=71,
    each_seed=True,
)
def gates_know_classes(evidence: Evidence) -> list[Found]:
    """F tests of every layer's openness, all layers together at 5 %."""
    return _by_class(evidence, "openness")


@claim(
    "reach",
    paper="Dai et al. 2017",
    says="How far a deformable layer reaches depends on what is in the image.",
    order=72,
    each_seed=True,
)
def reach_follows_content(evidence: Evidence) -> list[Found]:
    """F tests of every layer's mean reach by class, all layers together at 5 %."""
    return _by_class(evidence, "offsets")


def _by_class(evidence: Evidence, what: str) -> list[Found]:
    found = []
    for network in evidence.networks:
        rows = found_inside(network, what)
        if rows is not None:
            values = by_layer(rows)
            differ = int(depend_on_class(values, labels_of(rows)).sum())
            text = f"differs between classes in {differ} of {values.shape[1]} layers; {count(len(values))} images"
            found.append(Found(network=network, figure=text, verdict="holds" if differ else "cannot be told"))
    return found
