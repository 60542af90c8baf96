"""Renew the examples in CONTRIBUTING.md and docs/plugins.md from their files: `python -m tests.examples`."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
GUIDES = (HERE.parents[1] / "CONTRIBUTING.md", HERE.parents[1] / "docs" / "plugins.md")
SHOWN = re.compile(r"(`(?:tests/examples|my_package)/(\w+)\.py`:\n\n```python\n).*?(```\n)", flags=re.DOTALL)


def main() -> None:
    """Put the code of every example that is named in a guide in the place of what stands there."""
    for guide in GUIDES:
        text = SHOWN.sub(lambda found: found[1] + (HERE / f"{found[2]}.py").read_text() + found[3], guide.read_text())
        guide.write_text(text)


if __name__ == "__main__":
    main()
