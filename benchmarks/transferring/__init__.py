"""Attacks that were made for one network, on the others of a study."""
