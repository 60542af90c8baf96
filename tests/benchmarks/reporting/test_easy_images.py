"""What the cost of images follows, of networks whose cost was planted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from benchmarks.reporting.claims.images import bright_images, hard_images
from benchmarks.reporting.figures import NoData
from benchmarks.reporting.findings.easy_images import Costs, easy_images
from benchmarks.reporting.tables.base import Table
from benchmarks.reporting.tables.cells import Cell
from benchmarks.reporting.tables.easy_images import easy
from tests.benchmarks.reporting.hand_made import ENVIRONMENT, HandMade

IMAGES = 400
LABELS = np.arange(IMAGES) % 10
Values = NDArray[np.float64]


def random(seed: int) -> Values:
    return np.random.default_rng(seed).random(IMAGES)


BRIGHTNESS, CONTRAST, SHARPNESS, EDGES, LOSS = (random(seed) for seed in range(5))


def looks(brightness: Values = BRIGHTNESS) -> pd.DataFrame:
    """A table of what images look like, each property drawn by itself."""
    return pd.DataFrame(
        {
            "index": range(IMAGES),
            "label": LABELS,
            "brightness": brightness,
            "contrast": CONTRAST,
            "sharpness": SHARPNESS,
            "edge_density": EDGES,
            "note": "",
        }
    )


def answers(macs: Values, loss: Values = LOSS) -> pd.DataFrame:
    """An accuracy table, all right, of such costs."""
    routes = np.where(macs > np.median(macs), "111", "110")
    values = {"setting": "default", "index": range(IMAGES), "label": LABELS, "prediction": LABELS, "confidence": 0.75}
    return pd.DataFrame({**values, "nll": loss, "top5": True, "macs": macs, "route": routes})


def study(root: Path, macs: Values, properties: pd.DataFrame | None = None, *, baseline: bool = True) -> HandMade:
    """An AdaNet of such costs, and its baseline."""
    made = HandMade(root)
    if baseline:
        made.add(made.spec("resnet"), accuracy=answers(np.full(IMAGES, 4e6)))
    record = made.add(made.spec("adanet"), accuracy=answers(macs))
    if properties is not None:
        record.write_table("image_properties", properties, {"version": {}, "seconds": 1.0, "environment": ENVIRONMENT})
    return made


def costs(made: HandMade) -> Costs:
    found = easy_images(made.evidence())
    assert found is not None
    assert found.images == IMAGES
    (own,) = found.costs
    return own


def cells(table: Table | None) -> dict[str, Cell]:
    assert table is not None
    (row,) = table.rows
    return {column.name: cell for column, cell in zip(table.columns, row, strict=True)}


def test_a_cost_that_depends_on_brightness_alone_follows_it_and_nothing_else(tmp_path: Path) -> None:
    made = study(tmp_path, 1e6 * (1 + np.round(BRIGHTNESS**2, 6)), looks())
    own = costs(made)
    assert own.followed == ["brightness"]
    assert (own.of["brightness"].value, own.of["brightness"].low) == pytest.approx((1, 1), abs=1e-3)
    for name in ("contrast", "sharpness", "edge_density", "loss"):
        assert own.of[name].low < 0 < own.of[name].high
    shown = cells(easy(made.evidence()))
    assert (shown["Brightness"].text, shown["Brightness"].sub) == ("+1.00", "+1.00 to +1.00")
    assert shown["Brightness"].best
    assert (shown["Cost follows"].text, shown["Cost follows"].sub) == ("brightness", "")
    assert [found.verdict for found in bright_images(made.evidence())] == ["does not hold"]


def test_the_weaker_of_two_is_named_behind_the_stronger(tmp_path: Path) -> None:
    made = study(tmp_path, 1e6 * (3 + 2 * LOSS - CONTRAST), looks())
    assert costs(made).followed == ["loss", "contrast"]
    shown = cells(easy(made.evidence()))
    assert (shown["Cost follows"].text, shown["Cost follows"].sub) == ("the baseline’s loss", "also contrast")
    assert shown["Contrast"].text.startswith("−")
    assert shown["Baseline’s loss"].tip == "Of ResNet."
    assert [found.verdict for found in hard_images(made.evidence())] == ["holds"]


def test_a_cost_that_depends_on_the_class_alone_follows_nothing_that_knows_no_class(tmp_path: Path) -> None:
    """Each class has the same brightnesses: their correlation with what depends on the class is exactly 0."""
    same = np.repeat(np.arange(IMAGES // 10), 10) / 100.0
    made = study(tmp_path, np.array(1e6 * (1.0 + LABELS), dtype=np.float64), looks(same))
    own = costs(made)
    assert own.of["brightness"].value == pytest.approx(0, abs=1e-9)
    assert own.of["brightness"].low < 0 < own.of["brightness"].high
    assert own.followed == []
    assert cells(easy(made.evidence()))["Cost follows"].text == "nothing"
    assert [found.verdict for found in bright_images(made.evidence())] == ["cannot be told"]


def test_too_few_images_of_another_cost_say_nothing(tmp_path: Path) -> None:
    macs = np.full(IMAGES, 4e6)
    macs[:9] = 5e6
    made = study(tmp_path, macs, looks())
    assert costs(made).of == {}
    assert cells(easy(made.evidence()))["Brightness"].sub == "fewer than 10 images of another cost"


def test_a_property_that_all_images_share_is_left_out(tmp_path: Path) -> None:
    made = study(tmp_path, 1e6 * (1 + CONTRAST), looks(np.ones(IMAGES)))
    assert "brightness" not in costs(made).of
    assert cells(easy(made.evidence()))["Brightness"].sub == "no values that differ"


def test_without_its_baseline_a_network_has_the_nearest_static_resnet(tmp_path: Path) -> None:
    made = HandMade(tmp_path)
    for blocks, macs in (([1, 1, 1], 2_000_000), ([3, 3, 3], 7_000_000)):
        cost = pd.DataFrame({"setting": ["default"], "nominal": macs, "routed": macs, "executed": macs})
        made.add(made.spec("resnet", blocks=blocks), accuracy=answers(np.full(IMAGES, 4e6)), cost=cost)
    made.add(made.spec("adanet"), accuracy=answers(1e6 * (1 + LOSS)), image_properties=looks())
    own = costs(made)
    assert own.baseline is not None
    assert own.baseline.name == "ResNet [blocks 3-3-3]"  # 7 is nearer to 4 million than 2, as a ratio
    table = easy(made.evidence())
    assert table is not None
    assert "the nearest cost stands in: AdaNet (ConvNet-AIG) (ResNet [blocks 3-3-3])" in table.note


def test_without_any_static_network_its_loss_is_missing(tmp_path: Path) -> None:
    shown = cells(easy(study(tmp_path, 1e6 * (1 + BRIGHTNESS), looks(), baseline=False).evidence()))
    assert shown["Baseline’s loss"].sub == "no baseline here"


def test_where_images_were_not_looked_at_the_page_says_how(tmp_path: Path) -> None:
    with pytest.raises(NoData, match="--evaluators image_properties"):
        easy(study(tmp_path, 1e6 * (1 + BRIGHTNESS)).evidence())


def test_where_every_image_costs_the_same_there_is_no_table(tmp_path: Path) -> None:
    note = pd.DataFrame([{"note": "every image takes the same route"}], columns=looks().columns)
    assert easy(study(tmp_path, np.full(IMAGES, 4e6), note).evidence()) is None
