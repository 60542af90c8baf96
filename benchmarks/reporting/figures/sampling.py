"""Where a deformable convolution looks, drawn over images."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from benchmarks.reporting.drawing.axes import WIDTH
from benchmarks.reporting.drawing.style import COLORS, PAPER, owned
from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.evidence.inside import found_inside
from benchmarks.reporting.figures.base import Drawing, Panel, network_figure

LARGEST = 60
"""Area of the mark of a sample that counts most."""


@network_figure("sampling", section="routes", order=42, title="Where one place of the last layer looks")
def sampling(evidence: Evidence, network: NetworkEvidence) -> Drawing | None:
    """The taps of the middle place over some test images, first seed; None without offsets, or without images."""
    rows, images = found_inside(network, "tap"), evidence.images
    if rows is None or images is None:
        return None
    last = rows[rows["layer"] == rows["layer"].iloc[-1]]
    with Image.open(BytesIO(images.picture)) as opened:
        sheet = np.asarray(opened.convert("RGB"))
    spots = (last[["y", "x"]] * [images.height, images.width] - 0.5).assign(index=last["index"])
    sizes = {"y": images.height, "x": images.width}
    ends = {d: (min(-0.5, spots[d].min() - 1), max(size - 0.5, spots[d].max() + 1)) for d, size in sizes.items()}
    chosen = [int(index) for index in dict.fromkeys(last["index"]) if index < images.count]
    drawn = Figure(figsize=(WIDTH, WIDTH / max(len(chosen), 1) + 0.3), layout="constrained")
    for place, index in enumerate(chosen, start=1):
        axes = drawn.add_subplot(1, len(chosen), place)
        row, column = divmod(index, images.columns)
        top, left = row * images.height, column * images.width
        axes.imshow(sheet[top : top + images.height, left : left + images.width], interpolation="nearest")
        own = spots[spots["index"] == index]
        axes.plot(
            own["x"],
            own["y"],
            marker="o",
            markersize=5,
            markerfacecolor=COLORS[1],
            markeredgecolor=PAPER,
            linestyle="none",
            label="samples",
            gid=owned(network, str(index)),
        )
        axes.set_title(f"image {index}", fontsize=8)
        axes.set(xlim=ends["x"], ylim=ends["y"][::-1])
        axes.set_axis_off()
    caption = (
        f"Of the layer {last['layer'].iloc[0]}, on the first {len(chosen)} test images, first seed: the "
        f"{last['tap'].nunique()} samples that the middle place of its output is made of, in pixels of the picture; "
        "outside of the image samples are 0. Dai et al. (2017, Figure 6) show samples that gather on the object; what "
        "is seen here is one place of one layer."
    )
    return Drawing(panels=[Panel(figure=drawn)], caption=caption)
