"""Records on disk, with their digests, names and provenance."""
