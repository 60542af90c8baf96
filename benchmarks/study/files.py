"""Strict reading of study files in YAML: ambiguous syntax is an error that names the line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

MAX_BYTES = 2**20
"""Largest size of a study file in bytes."""


class UnreadableFile(ValueError):
    """A file that is not a plain YAML document; the message says what is wrong and on which line."""


class _Refused(yaml.YAMLError):
    """Valid YAML that a study may not use."""


class _PlainLoader(yaml.SafeLoader):
    """YAML without anchors, aliases, tags and repeated keys."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1 if event.start_mark else 0
        tag: str | None = getattr(event, "tag", None)
        if getattr(event, "anchor", None) is not None:
            raise _Refused(f"line {line}: anchors and aliases such as &x and *x are not read; write the values out")
        if tag is not None:
            raise _Refused(f"line {line}: tags such as {tag!r} are not read; write a plain value")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        lines: dict[tuple[str, str], int] = {}
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            line, name = key.start_mark.line + 1, (key.tag, key.value)
            if name in lines:
                raise _Refused(f"line {line}: {key.value!r} is there already, in line {lines[name]}")
            lines[name] = line
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> object:
    """The one document of a YAML file.

    Raises:
        UnreadableFile: it cannot be opened, is too large, not UTF-8, or not YAML of plain values.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableFile(f"cannot be read: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise UnreadableFile(f"larger than {MAX_BYTES // 2**20} MiB, more than a study may have")
    try:
        return yaml.load(content.decode("utf-8-sig"), _PlainLoader)
    except RecursionError as error:
        raise UnreadableFile("not valid YAML: nested too deeply") from error
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"not valid YAML: not UTF-8 at byte {error.start}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise UnreadableFile(f"not valid YAML: {' '.join(str(error).split())}") from error
