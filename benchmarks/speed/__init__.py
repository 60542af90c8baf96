"""Speed as ratios of times that are measured in turns in one process; see `python -m benchmarks.speed`."""
