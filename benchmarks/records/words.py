"""Words that records and pages have in common."""

NOT_TRAINED = "not trained here"
"""Of a network whose weights were given: in place of the precision and of everything else that training has."""
