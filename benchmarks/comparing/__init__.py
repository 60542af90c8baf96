"""Two studies side by side: what differs between them, by how much, and whether that was to be expected."""
