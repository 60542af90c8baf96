"""Lean forms: every class that has one exists, and all that could be folded is."""

from __future__ import annotations

from importlib import import_module

import pytest
import torch
from torch import nn

import zoo
from benchmarks.conformance.cases import selectors
from zoo.serving.lean import LEAN, lean_form, put_lean_forms

TASK = zoo.Task(shape=(1, 28, 28), classes=10)


@pytest.mark.parametrize("name", LEAN.names())
def test_the_class_of_every_lean_form_exists(name: str) -> None:
    module, _, cls = name.rpartition(".")
    assert issubclass(getattr(import_module(module), cls), nn.Module)


@pytest.mark.parametrize("method", ["active_conv", "adanet", "fractalnet", "randwire", "skipnet"])
def test_nothing_of_a_class_with_a_lean_form_is_left_in_a_served_network(method: str) -> None:
    served = zoo.optimize_for_inference(zoo.create(f"{method}[tiny]", TASK))
    kinds = {f"{type(module).__module__}.{type(module).__qualname__}" for module in served.modules()}
    assert not (kinds & set(LEAN.names())) - {"zoo.methods.randwire.stage.Node"}


BATCH_NORMS_THAT_STAY = {"cliquenet", "deformable", "densenet", "preresnet", "pyramidnet", "wideresnet"}
"""Methods whose batch norms come before convolutions, which cannot take them in, or after deformable ones."""


@pytest.mark.parametrize("selector", selectors(), ids=str)
def test_batch_norms_behind_convolutions_are_folded(selector: zoo.Selector) -> None:
    torch.manual_seed(0)
    served = zoo.optimize_for_inference(zoo.create(selector, TASK))
    norms = [module for module in served.modules() if "Norm" in type(module).__name__]
    kinds = {type(norm).__name__ for norm in norms} - {"LocalResponseNorm", "Normalize"}
    assert not kinds or selector.name in BATCH_NORMS_THAT_STAY


class Slow(nn.Module):
    """A module of a method that is not the suite's."""


def fast(slow: Slow) -> nn.Module:
    return nn.Identity()


def test_a_method_of_ones_own_declares_its_lean_forms() -> None:
    lean_form(f"{__name__}.Slow", fast)
    try:
        network = nn.Sequential(nn.Sequential(Slow()), nn.ReLU())
        put_lean_forms(network)
    finally:
        LEAN.remove(f"{__name__}.Slow")
    assert [type(module) for module in network.modules()] == [nn.Sequential, nn.Sequential, nn.Identity, nn.ReLU]


def test_a_class_has_one_lean_form() -> None:
    with pytest.raises(ValueError, match=r"lean form 'zoo\.methods\.adanet\.Gates' of .*fast is there already"):
        lean_form("zoo.methods.adanet.Gates", fast)
