"""How figures and text look: style, marks, number formats, SVG."""
