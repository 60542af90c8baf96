"""How the needed units, and no others, are computed: gated blocks, early exits, dropped blocks."""
