"""Names in the tables of time: engines, the baseline, and the turns that chose an engine."""

from __future__ import annotations

from typing import Final, Literal

EAGER: Final = "PyTorch"
SERVED: Final = "PyTorch, fused"
COMPILED: Final = "torch.compile"
RUNTIME: Final = "ONNX Runtime"
OPENVINO: Final = "OpenVINO"
EngineName = Literal["PyTorch", "torch.compile", "ONNX Runtime", "OpenVINO"]
"""Those that a study may choose."""
ORDER = (EAGER, SERVED, COMPILED, RUNTIME, OPENVINO)
"""In which they are shown."""
BASELINE_SETTING = "static resnet"
"""Setting name of the baseline's rows."""
RACING = "race"
"""What ended a pass's turns, of passes that chose an engine."""
