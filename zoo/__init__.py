"""Networks that do not spend the same computation on every image, or not through the same graph.

`zoo.list_methods()` names them, `zoo.create("adanet[target_rate=0.5]", task)` builds one, and
`zoo.backbone("randwire[small]", task)` gives its feature maps; `from zoo.backbone import ...` is a module.
"""

from importlib.metadata import PackageNotFoundError, version

import zoo.backbone  # noqa: F401 - before the function of that name, which a later import of the module would replace
from zoo.features.maps import FeatureMaps, backbone
from zoo.loading.release import load_reference
from zoo.loading.trained import Trained, load
from zoo.network import (
    Compute,
    Forward,
    ParamGroup,
    Phase,
    RoutedNet,
    Schedule,
    Setting,
    Task,
    Validation,
    count_parameters,
    route_macs,
)
from zoo.registry import (
    Method,
    Paper,
    Preset,
    Published,
    Selector,
    UnknownName,
    create,
    list_methods,
    method,
    parameters_of,
    parse,
    register,
)
from zoo.serving.engines import optimize_for_inference
from zoo.serving.optimize import Served
from zoo.sizing.baseline import baseline_of
from zoo.sizing.counting import Size, size_of
from zoo.sizing.matching import match
from zoo.sizing.static_curve import reference_of, static_curve

try:
    __version__ = version("routebench")
except PackageNotFoundError:  # the source without its installation, as a cluster's nodes may have it
    __version__ = "not installed"

__all__ = [
    "Compute",
    "FeatureMaps",
    "Forward",
    "Method",
    "Paper",
    "ParamGroup",
    "Phase",
    "Preset",
    "Published",
    "RoutedNet",
    "Schedule",
    "Selector",
    "Served",
    "Setting",
    "Size",
    "Task",
    "Trained",
    "UnknownName",
    "Validation",
    "__version__",
    "backbone",
    "baseline_of",
    "count_parameters",
    "create",
    "list_methods",
    "load",
    "load_reference",
    "match",
    "method",
    "optimize_for_inference",
    "parameters_of",
    "parse",
    "reference_of",
    "register",
    "route_macs",
    "size_of",
    "static_curve",
]
