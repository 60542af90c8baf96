"""The training loop, and all that a network's weights and settings depend on."""
