"""Store what networks answer today, beside what is stored: `python -m tests.zoo.frozen COMMIT SELECTOR...`.

Nothing that is stored is replaced: what has been compared with official code stays what it was.
"""

from __future__ import annotations

import json
import sys

import torch

from tests.zoo.frozen.answers import FILE, answers_today, stored


def main(commit: str, *selectors: str) -> None:
    """Add the answers of some networks, as they are at that commit."""
    torch.set_num_threads(1)
    known = stored()
    for selector in selectors:
        if selector in known:
            raise SystemExit(f"{selector} is stored already, as of {known[selector]['commit']}")
        known[selector] = {"commit": commit, "compared": "", **answers_today(selector)}
    lines = [f"{json.dumps(name)}: {json.dumps(known[name])}" for name in sorted(known)]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
