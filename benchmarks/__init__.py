"""Everything that runs: data, training, evaluators, scheduling, storing, report building."""
