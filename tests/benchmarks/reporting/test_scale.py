"""What the page says of zoomed images, from tables whose every number can be worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.reporting.claims.images import larger_scales
from benchmarks.reporting.drawing.multiples import Band, Curve
from benchmarks.reporting.evidence.evidence import Evidence
from benchmarks.reporting.figures import NoData
from benchmarks.reporting.figures.scale import scale as figure
from benchmarks.reporting.findings.scale import zoomed
from benchmarks.reporting.tables.scale import scales as table
from tests.benchmarks.reporting.hand_made import HandMade, answers

IMAGES = 100


def zooms(units: Mapping[float, tuple[int, ...]], wrong: Mapping[float, int] | None = None) -> pd.DataFrame:
    """A table of the evaluator: executed units by scale, dealt out in turn, and how many answers are wrong."""
    tables = []
    for factor, counts in units.items():
        errors = (wrong or {}).get(factor, 0)
        own = answers("0" * errors + "1" * (IMAGES - errors))[["index", "label", "prediction"]]
        executed = [counts[place % len(counts)] for place in range(IMAGES)]
        tables.append(own.assign(scale=factor, units=executed, macs=[1000 * count for count in executed], note=""))
    return pd.concat(tables, ignore_index=True)


RISING = {0.5: (1,), 1.0: (1, 2), 2.0: (2,)}
FALLING = {0.5: (3,), 1.0: (2, 3), 2.0: (1, 2)}
FIXED = {0.5: (3,), 1.0: (3,), 2.0: (3,)}


def evidence(root: Path, **tables: pd.DataFrame) -> Evidence:
    made = HandMade(root)
    for method, zoomed_images in tables.items():
        made.add(made.spec(method), accuracy=answers("1" * IMAGES), scale=zoomed_images)
    return made.evidence()


def test_units_and_differences_by_hand(tmp_path: Path) -> None:
    (own,) = zoomed(evidence(tmp_path, adanet=zooms(RISING, {0.5: 20})))
    assert own.scales == (0.5, 1.0, 2.0)
    assert [mean.value for mean in own.units] == pytest.approx([1, 1.5, 2])
    assert [mean.value for mean in own.accuracy] == pytest.approx([0.8, 1, 1])
    assert (own.accuracy[0].low, own.accuracy[0].high) == pytest.approx((0.711, 0.867), abs=1e-3)  # Wilson's, of 80
    assert own.smaller is not None
    assert own.larger is not None
    assert (own.smaller.value, own.larger.value) == pytest.approx((-0.5, 0.5))
    assert own.agrees is True
    assert own.images == IMAGES
    # Half of the images differ by 1: the standard error is .5 / sqrt(99), and one family of three is wider than 1.96.
    assert own.larger.high - 0.5 > 1.96 * 0.5 / 99**0.5


def test_a_network_that_runs_more_for_smaller_ones_is_not_as_in_the_paper(tmp_path: Path) -> None:
    found = evidence(tmp_path, adanet=zooms(RISING), skipnet=zooms(FALLING), resnet=zooms(FIXED))
    shown = table(found)
    assert shown is not None
    assert [row[0].text for row in shown.rows] == ["AdaNet (ConvNet-AIG)", "SkipNet"]
    assert [row[-1].text for row in shown.rows] == ["yes", "no"]
    assert [cell.text for cell in shown.rows[1][1:4]] == ["2.50", "+0.50", "−1.00"]
    assert [claim.verdict for claim in larger_scales(found)] == ["holds", "does not hold"]
    caption = figure(found).caption
    assert "fewer units run for smaller ones in 1 of 2 networks and more in 1" in caption
    assert "for larger ones more in 1 of 2 and fewer in 1" in caption
    assert "The claim holds in 1 of 2 networks, does not hold in 1, and cannot be told in 0." in caption
    assert "The same 100 test images at each of 3 scales" in caption


def test_a_little_plot_has_units_with_a_band_and_accuracy_in_percent(tmp_path: Path) -> None:
    (little,) = figure(evidence(tmp_path, adanet=zooms(RISING, {2.0: 50}))).little
    guide, band, accuracy, units = little.shapes
    assert guide == Curve(x=[1.0, 1.0], y=[0.0, 100.0], guide=True)
    assert isinstance(band, Band)
    assert isinstance(accuracy, Curve)
    assert isinstance(units, Curve)
    assert list(accuracy.y) == pytest.approx([100, 100, 50])
    assert list(units.y) == pytest.approx([100 / 3, 50, 200 / 3])  # of three units
    assert band.low[1] < 50 < band.high[1]


def test_images_that_all_networks_have_are_compared(tmp_path: Path) -> None:
    few = zooms(FALLING)
    found = zoomed(evidence(tmp_path, adanet=zooms(RISING), skipnet=few[few["index"] < 60]))
    assert {own.images for own in found} == {60}


def test_where_nothing_varies_or_nothing_was_measured_the_page_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoData, match="as many units for all of them"):
        figure(evidence(tmp_path / "a", resnet=zooms(FIXED)))
    made = HandMade(tmp_path / "b")
    made.add(made.spec("resnet"), accuracy=answers("1" * IMAGES))
    with pytest.raises(NoData, match="--evaluators scale"):
        figure(made.evidence())
    assert table(made.evidence()) is None
