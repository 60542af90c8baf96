"""Networks that do not spend the same computation on every picture, or not through the same graph.

Importing this package registers every method; `zoo.create("adanet[target_rate=0.5]", task)` builds one.
"""

from zoo import (
    active_conv,
    adanet,
    branchynet,
    cliquenet,
    deformable,
    densenet,
    fractalnet,
    highway,
    msdnet,
    preresnet,
    pyramidnet,
    randwire,
    resnet,
    skipnet,
    stochastic_depth,
    wideresnet,
)
from zoo.contract import (
    Compute,
    Forward,
    ParamGroup,
    Phase,
    RoutedNet,
    Setting,
    Task,
    Validation,
    count_parameters,
    route_macs,
)
from zoo.counting import Size, size_of
from zoo.matching import match
from zoo.registry import Method, Preset, Published, Selector, UnknownName, create, method, methods, parse, register
from zoo.serving import Served, optimize_for_inference

__all__ = [
    "Compute",
    "Forward",
    "Method",
    "ParamGroup",
    "Phase",
    "Preset",
    "Published",
    "RoutedNet",
    "Selector",
    "Served",
    "Setting",
    "Size",
    "Task",
    "UnknownName",
    "Validation",
    "active_conv",
    "adanet",
    "branchynet",
    "cliquenet",
    "count_parameters",
    "create",
    "deformable",
    "densenet",
    "fractalnet",
    "highway",
    "match",
    "method",
    "methods",
    "msdnet",
    "optimize_for_inference",
    "parse",
    "preresnet",
    "pyramidnet",
    "randwire",
    "register",
    "resnet",
    "route_macs",
    "size_of",
    "skipnet",
    "stochastic_depth",
    "wideresnet",
]
