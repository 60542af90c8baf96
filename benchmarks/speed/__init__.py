"""What is really faster, as ratios of times measured in turns in one process; see `python -m benchmarks.speed`."""
