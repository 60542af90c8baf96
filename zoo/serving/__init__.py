"""Trained networks made fast, from outside the methods."""
