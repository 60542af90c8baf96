"""Renew the examples in CONTRIBUTING.md from their files: `python -m tests.examples`."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
GUIDE = HERE.parents[1] / "CONTRIBUTING.md"
SHOWN = re.compile(r"(`tests/examples/(\w+)\.py`:\n\n```python\n).*?(```\n)", flags=re.DOTALL)


def main() -> None:
    """Put the code of every example that is named in the guide in the place of what stands there."""
    text = SHOWN.sub(lambda found: found[1] + (HERE / f"{found[2]}.py").read_text() + found[3], GUIDE.read_text())
    GUIDE.write_text(text)


if __name__ == "__main__":
    main()
