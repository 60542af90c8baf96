"""Networks that do not spend the same computation on every picture, or not through the same graph.

Importing this package registers every method; `zoo.create("adanet[target_rate=0.5]", task)` builds one.
"""

from zoo import adanet, branchynet, densenet, highway, preresnet, resnet, wideresnet
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
from zoo.registry import (
    Method,
    Preset,
    Published,
    Selector,
    UnknownName,
    create,
    method,
    methods,
    parse,
    register,
)

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
    "Setting",
    "Size",
    "Task",
    "UnknownName",
    "Validation",
    "adanet",
    "branchynet",
    "count_parameters",
    "create",
    "densenet",
    "highway",
    "match",
    "method",
    "methods",
    "parse",
    "preresnet",
    "register",
    "resnet",
    "route_macs",
    "size_of",
    "wideresnet",
]
