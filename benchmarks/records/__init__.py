"""What stands on disk: records with their digests, names and provenance."""
