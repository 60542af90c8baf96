"""Trained networks on ONNX Runtime: cut at their decisions into segments, and a thin loop that decides."""
