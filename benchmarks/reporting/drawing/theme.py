"""Every colour of the page and its figures, for light and for dark surroundings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Shade(NamedTuple):
    """One colour, as `#rrggbb`: what matplotlib draws with, and what a page in the dark shows in its place."""

    light: str
    dark: str


SURFACES: Mapping[str, Shade] = {
    "paper": Shade("#ffffff", "#14171b"),
    "faint": Shade("#f6f7f9", "#1d2126"),
    "hover": Shade("#f9fbfd", "#1a1f25"),
    "caution": Shade("#fbf7ee", "#272114"),
}
"""What is behind texts."""
TEXTS: Mapping[str, Shade] = {
    "ink": Shade("#1f2328", "#e4e7eb"),
    "muted": Shade("#5f6771", "#a3abb5"),
    "accent": Shade("#0b5c91", "#6cb6ff"),
    "warn": Shade("#8a5a00", "#e3b55b"),
}
"""Readable on every surface."""
RULES: Mapping[str, Shade] = {
    "line": Shade("#e2e4e8", "#2d333b"),
    "edge": Shade("#c9cdd3", "#414954"),
    "grid": Shade("#ebebeb", "#262b31"),
    "axis": Shade("#b5b5b5", "#4a525c"),
    "guide": Shade("#868b92", "#808893"),
    "caution-edge": Shade("#d9a73a", "#a07a2a"),
}
"""Borders, grids, axes, and lines that a reader compares with."""
SERIES: Mapping[str, Shade] = {
    "blue": Shade("#14508f", "#4b8bea"),
    "orange": Shade("#b85000", "#f79a2e"),
    "green": Shade("#00794f", "#12d6a0"),
    "red": Shade("#9c1040", "#d1567c"),
    "purple": Shade("#8257d6", "#c08cff"),
    "brown": Shade("#5a4010", "#a07a45"),
    "sky": Shade("#3390e0", "#8fd3ff"),
    "pink": Shade("#d065b8", "#f79bd8"),
    "olive": Shade("#949000", "#cfd94a"),
    "grey": Shade("#7d8087", "#a3a7ad"),
}
"""Of networks, at least 3:1 on paper in both forms; the last one is the baselines'. Chosen with deuteranopia and
protanopia in mind, but not enough alone: markers and strokes differ too."""
THEME: Mapping[str, Shade] = {**SURFACES, **TEXTS, **RULES, **SERIES}
"""All of them by name; a page has a custom property of that name."""
VARIABLES: Mapping[str, str] = {shade.light: f"var(--{name})" for name, shade in THEME.items()}
"""What stands for a colour of a figure in a page."""


def custom_properties() -> str:
    """CSS that makes every colour a custom property, which follows the reader's preference."""
    lines = [f"  --{name}: light-dark({shade.light}, {shade.dark});" for name, shade in THEME.items()]
    return "\n".join([":root {", *lines, "}"])
