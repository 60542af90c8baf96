"""What a page is built from: everything that is read from records, once, before layout."""
