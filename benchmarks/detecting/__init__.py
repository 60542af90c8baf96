"""Detection: scenes of real digits, a detector on any backbone, and its average precision."""
