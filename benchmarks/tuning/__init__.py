"""Choosing recipes and knobs on validation data: what is searched, the trials, and what they found."""
