"""Matplotlib figures as small SVG that can be put beside others in a page: no shared ids, no style."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO
from xml.etree import ElementTree as ET

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure

from benchmarks.reporting.drawing.style import OWNER
from benchmarks.reporting.drawing.theme import VARIABLES

_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_FAMILY = re.compile(r"font-family: [^;]+; ?|(?<=px) '[^;]+")
_NO_TURN = re.compile(r" ?rotate\(-?0 [^)]*\)")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_COLOR = re.compile(r"#[0-9a-f]{6}\b")
_LINES = "stroke-linejoin:round;stroke-linecap:butt"
"""What matplotlib sets for every element of a document; here for one figure alone."""
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def inline(figure: Figure, *, name: str, label: str, tips: Mapping[str, str] | None = None) -> Markup:
    """Render a figure; equal figures give equal text.

    Args:
        figure: to draw.
        name: unique in the page; every id inside starts with it.
        label: what the figure shows, for screen readers.
        tips: text that appears over an artist, by its `gid`.
    """
    buffer = StringIO()
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata=_NO_METADATA)
    root = ET.fromstring(buffer.getvalue())
    _strip_namespaces(root)
    _add_tips(root, tips or {})
    _prefix_ids(root, name)
    _shorten(root)
    root[:] = _flat(root)
    _follow_theme(root)
    width = root.get("viewBox", "0 0 0 0").split()[2]
    for attribute in ("width", "height", "version"):
        root.attrib.pop(attribute, None)
    root.attrib |= {"role": "img", "aria-label": label, "style": f"{_LINES};--width:{width}"}
    return Markup(ET.tostring(root, encoding="unicode"))


def _strip_namespaces(root: ET.Element) -> None:
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.attrib = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}


def _add_tips(root: ET.Element, tips: Mapping[str, str]) -> None:
    for element in root.iter():
        if element.get("id") in tips:
            title = ET.Element("title")
            title.text = tips[element.attrib["id"]]
            element.insert(0, title)


def _prefix_ids(root: ET.Element, name: str) -> None:
    """Rename the ids that something refers to, and drop the others; what a network owns says so."""
    wanted = set()
    for element in root.iter():
        for key, value in element.attrib.items():
            wanted |= set(_REFERENCE.findall(value))
            if key == "href" and value.startswith("#"):
                wanted.add(value[1:])
    for element in root.iter():
        identity = element.attrib.pop("id", None)
        owner, found, _ = (identity or "").partition(OWNER)
        if found:
            element.set("data-n", owner)
        if identity in wanted:
            element.set("id", f"{name}-{identity}")
        for key, value in element.attrib.items():
            if key == "href" and value.startswith("#"):
                element.set(key, f"#{name}-{value[1:]}")
            elif "url(#" in value:
                element.set(key, _REFERENCE.sub(rf"url(#{name}-\1)", value))


def _shorten(root: ET.Element) -> None:
    """Round to two decimals, collapse spaces, leave fonts to the page, drop text outside texts and titles."""
    for element in root.iter():
        for key, value in list(element.attrib.items()):
            if key in ("href", "id", "class"):
                continue
            short = " ".join(_LONG_NUMBER.sub(lambda match: f"{float(match[0]):.2f}", value).split())
            short = _FAMILY.sub(" sans-serif" if "font: " in short else "", _NO_TURN.sub("", short))
            if short:
                element.set(key, short)
            else:
                del element.attrib[key]
        element.tail = None
        if element.tag not in ("text", "tspan", "title"):
            element.text = None


def _follow_theme(root: ET.Element) -> None:
    """Leave the theme's colours to the page; an image that has others keeps all, and has the class `own`."""
    own = False
    for element in root.iter():
        style = element.get("style", "")
        if style:
            element.set("style", _COLOR.sub(lambda match: VARIABLES.get(match[0], match[0]), style))
        own |= element.tag == "image" or bool(_COLOR.search(element.get("style", "")))
    if own:
        root.set("class", "own")


def _flat(parent: ET.Element) -> list[ET.Element]:
    """The children of an element, with groups that have no attributes replaced by their children."""
    found: list[ET.Element] = []
    for child in parent:
        child[:] = _flat(child)
        empty = child.tag in ("g", "defs") and not len(child)
        if child.tag == "g" and not child.attrib and (not len(child) or child[0].tag != "title"):
            found += child
        elif not empty and child.tag not in ("metadata", "style"):
            found.append(child)
    return found
