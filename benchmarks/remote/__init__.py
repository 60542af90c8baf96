"""Studies at a URL: each machine works on a mirror, which is brought up to date and published at fixed points."""
