"""What papers say of routes and of parts of networks, put to the test: one module per group of claims."""
