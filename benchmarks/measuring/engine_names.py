"""Names in the tables of time: engines, the baseline, and the turns that chose an engine."""

from __future__ import annotations

EAGER = "PyTorch"
SERVED = "PyTorch, fused"
COMPILED = "torch.compile"
RUNTIME = "ONNX Runtime"
OPENVINO = "OpenVINO"
ORDER = (EAGER, SERVED, COMPILED, RUNTIME, OPENVINO)
"""In which they are shown."""
BASELINE_SETTING = "static resnet"
"""Setting name of the baseline's rows."""
RACING = "race"
"""What ended a pass's turns, of passes that chose an engine."""
