"""What all that can be added must satisfy: pytest modules, of the suite's own tests and of `benchmarks.check`."""
