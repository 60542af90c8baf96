"""What is special to some of the suite's methods; what all must satisfy is in `benchmarks/conformance/`."""
