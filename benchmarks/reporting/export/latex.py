"""Text of tables as LaTeX, and tables in the style of booktabs."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

SIGNS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "÷": r"$\div$",
    "−": "$-$",
    "–": "--",
    "—": "---",
    "ε": r"$\varepsilon$",
    "∞": r"$\infty$",
    "µ": r"$\mu$",
    "μ": r"$\mu$",
    "→": r"$\rightarrow$",
    "’": "'",
    "“": "``",
    "”": "''",
    "…": r"\ldots{}",
    "†": r"\dag{}",
    "‡": r"\ddag{}",
    "§": r"\S{}",
    "\u00a0": "~",
    "\n": " ",
}
"""What cannot stand in LaTeX as it is, of what pages write."""
_SIGN = re.compile("|".join(map(re.escape, SIGNS)))


def escaped(text: str) -> str:
    """Text that LaTeX prints as it is; what its usual fonts lack becomes its name, as `U+202E` does."""
    return "".join(_printable(part) for part in _SIGN.sub(lambda sign: SIGNS[sign[0]], text))


def booktabs(table: pd.DataFrame, *, caption: str, numeric: Sequence[bool]) -> str:
    """A `tabular` with the rules of booktabs, and its caption above as a comment.

    Args:
        table: of texts.
        caption: of the table.
        numeric: which columns are set to the right.
    """
    columns = "".join("r" if right else "l" for right in numeric)
    rows = [[escaped(str(value)) for value in row] for row in table.itertuples(index=False)]
    head = [escaped(str(name)) for name in table.columns]
    lines = [
        f"% {' '.join(caption.split())}",
        f"\\begin{{tabular}}{{{columns}}}",
        "\\toprule",
        f"{' & '.join(head)} \\\\",
        "\\midrule",
        *(f"{' & '.join(row)} \\\\" for row in rows),
        "\\bottomrule",
        "\\end{tabular}",
    ]
    return "\n".join([*lines, ""])


def _printable(sign: str) -> str:
    """Latin letters stay; other signs are named by their number."""
    return sign if ord(sign) < 0x180 and sign.isprintable() else f"U+{ord(sign):04X}"
