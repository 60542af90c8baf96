"""One module, or one folder, per method; each registers itself, see `zoo.registry`."""
