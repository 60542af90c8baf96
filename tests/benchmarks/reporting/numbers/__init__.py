"""Every number of the committed page against a few lines of pandas on its records, which know nothing of the page."""
