"""Trained networks, compared with a copy of which one answer is another."""

from __future__ import annotations

from pathlib import Path

from benchmarks.comparing.comparison import compare
from benchmarks.comparing.tolerances import Tolerances
from benchmarks.running.campaign import Campaign


def test_a_copy_of_trained_networks_is_equal(trained: Campaign, copied: Campaign) -> None:
    found = compare(trained.store.root, copied.store.root, Tolerances())
    assert {one.what for one in found.equalities} == {
        *("weights", "settings", "accuracy", "cost", "ledger", "robustness", "slowdown", "trust", "fidelity", "wiring"),
        *("exits", "image_properties", "scale", "lesions", "decisions", "inside"),
    }
    assert all(one.equal for one in found.equalities)
    assert (found.origins, found.answers, found.changed_claims) == ((), (), ())
    assert found.acceptable


def test_one_answer_that_was_changed_is_found_with_its_network_setting_and_image(
    trained: Campaign, copied: Campaign
) -> None:
    record = next(record for record in copied.store.records() if record.spec.method == "branchynet")
    setting = record.settings[-1].name
    table = record.table("accuracy")
    place = table.index[(table["setting"] == setting) & (table["index"] == 42)][0]
    label, answer = int(table["label"][place]), int(table["prediction"][place])
    other = (answer + 1) % 10
    changed = table.assign(prediction=table["prediction"].mask(table.index == place, other))
    record.write_table("accuracy", changed, record.made_by("accuracy"))
    assert record.check() == []
    found = compare(trained.store.root, copied.store.root, Tolerances())
    (named,) = found.answers
    assert (named.network, named.table, named.where, named.image) == ("BranchyNet", "accuracy", setting, 42)
    assert (named.label, named.a, named.b) == (label, answer, other)
    assert [(one.network, one.what) for one in found.unexplained] == [("BranchyNet", "accuracy")]


def test_comparing_writes_nothing(trained: Campaign, copied: Campaign) -> None:
    def files(campaign: Campaign) -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in campaign.store.root.rglob("*")}

    before = files(trained), files(copied)
    compare(trained.store.root, copied.store.root, Tolerances())
    assert (files(trained), files(copied)) == before
