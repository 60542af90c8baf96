"""What the table `robustness` says of attacks."""

CLEAN = "none"
"""Name of the attack that does nothing: its images are those of the test split, at epsilon 0."""
