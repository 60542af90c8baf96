"""What networks cost: counting, unit costs, matching one cost to another, baselines."""
