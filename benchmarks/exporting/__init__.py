"""Trained networks as folders that run without PyTorch; see `python -m benchmarks.export`."""
