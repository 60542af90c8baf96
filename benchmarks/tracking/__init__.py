"""Copies of what is stored, for the viewers of other tools: they add nothing to a record."""
