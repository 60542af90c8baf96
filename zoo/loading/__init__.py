"""Trained networks from a study's records, or from a release file, ready to answer: no data set is needed."""
