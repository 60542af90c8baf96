"""Facts of the papers, one module per method: plain data, which no network's code depends on."""
