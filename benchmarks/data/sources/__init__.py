"""What data sets of a user's own files share: images that are decoded one by one, parts, splits, and a kept copy."""
