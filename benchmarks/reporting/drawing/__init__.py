"""How figures look: axes, curves, heatmaps, colours and markers, SVG."""
