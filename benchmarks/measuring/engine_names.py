"""Names in the tables of time: engines, the baseline, and the turns that chose an engine."""

from __future__ import annotations

from typing import Final, Literal

EAGER: Final = "PyTorch"
SERVED: Final = "PyTorch, fused"
COMPILED: Final = "torch.compile"
AUTOTUNED: Final = "torch.compile max-autotune"
RUNTIME: Final = "ONNX Runtime"
OPENVINO: Final = "OpenVINO"
EngineName = Literal["PyTorch", "torch.compile", "torch.compile max-autotune", "ONNX Runtime", "OpenVINO"]
"""Those that a study may choose."""
ORDER = (EAGER, SERVED, COMPILED, AUTOTUNED, RUNTIME, OPENVINO)
"""In which they are shown."""
PYTORCH = frozenset({EAGER, SERVED, COMPILED, AUTOTUNED})
"""Those of PyTorch, which want images channels-last; the others want them contiguous."""
BASELINE_SETTING = "static resnet"
"""Setting name of the baseline's rows."""
RACING = "race"
"""What ended a pass's turns, of passes that chose an engine."""
