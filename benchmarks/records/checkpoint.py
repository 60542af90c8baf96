"""The training state in a file that names its network and carries its own digest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import torch

from benchmarks.records.files import Damaged, put_aside, replacing, sha256


class FileCheckpoint:
    """A checkpoint in a file; its folder is named after the network.

    Args:
        path: of the file.
        on_damage: called with one line if the file was damaged and has been put aside.
        on_write: called with the path when it has been written.
    """

    def __init__(
        self,
        path: Path,
        on_damage: Callable[[str], None] = lambda line: None,
        on_write: Callable[[Path], None] = lambda path: None,
    ) -> None:
        self.path = path
        self._on_damage = on_damage
        self._on_write = on_write

    def read(self) -> dict[str, Any] | None:
        """The state that was written last; None without one, or if it is damaged or another network's."""
        if not self.path.exists():
            return None
        head, _, body = self.path.read_bytes().partition(b"\n")
        if head == self._head(body):
            state: dict[str, Any] = torch.load(BytesIO(body), map_location="cpu", weights_only=True)
            return state
        damage = Damaged(self.path, "its first line is not the SHA-256 of this network's checkpoint")
        self._on_damage(f"{damage}; put aside as {put_aside(self.path).name}, training starts from the beginning")
        return None

    def write(self, state: Mapping[str, Any]) -> None:
        """Replace the file in one step."""
        content = BytesIO()
        torch.save(dict(state), content)
        body = content.getvalue()
        with replacing(self.path) as temporary:
            temporary.write_bytes(self._head(body) + b"\n" + body)
        self._on_write(self.path)

    def _head(self, body: bytes) -> bytes:
        return f"routebench checkpoint {self.path.parent.name} {sha256(body)}".encode()
