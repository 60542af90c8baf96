"""Tables, cell by cell."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.reporting.evidence.evidence import Evidence, NetworkEvidence
from benchmarks.reporting.tables import Cell, Column, NoData, Table
from benchmarks.reporting.tables.calibration import calibration
from benchmarks.reporting.tables.costs import costs as cost_table
from benchmarks.reporting.tables.costs import deviation
from benchmarks.reporting.tables.decisions import decisions
from benchmarks.reporting.tables.energy import energy
from benchmarks.reporting.tables.engines import engines
from benchmarks.reporting.tables.fidelity import fidelity
from benchmarks.reporting.tables.headline import headline
from benchmarks.reporting.tables.published import published
from benchmarks.reporting.tables.robustness import robustness
from benchmarks.reporting.tables.routes import common_routes
from benchmarks.reporting.tables.spent import spent
from benchmarks.reporting.tables.timing import paths, timing
from benchmarks.reporting.tables.training import training
from tests.benchmarks.reporting.hand_made import HandMade, answers, attacked, costs, energies, no_energy, timings


def present(table: Table | None) -> Table:
    assert table is not None
    return table


def row(table: Table | None, network: str, setting: str | None = None) -> dict[str, Cell]:
    """Cells of a network's row by heading; of headings that stand there twice, the first."""
    assert table is not None
    for cells in table.rows:
        if cells[0].text == network and setting in (None, cells[1].text):
            return dict(reversed(list(zip([column.name for column in table.columns], cells, strict=True))))
    raise AssertionError(f"no row of {network}")


def shown(cell: Cell) -> tuple[str, str]:
    return cell.text, cell.sub


def test_headline_has_accuracy_with_interval_and_cost_with_its_share(evidence: Evidence) -> None:
    cells = row(headline(evidence), "AdaNet (ConvNet-AIG)")
    assert shown(cells["Accuracy"]) == ("80.0", "49.0–94.3")  # Wilson, 8 of 10
    assert shown(cells["MACs"]) == ("3.00", "75 %")
    assert shown(cells["Executed"]) == ("75.0", "")
    assert shown(cells["Params"]) == ("1,234", "")
    assert shown(cells["Training"]) == ("12 s", "")


def test_headline_has_mean_time_and_speed_up_with_their_intervals(evidence: Evidence) -> None:
    cells = row(headline(evidence), "AdaNet (ConvNet-AIG)")
    assert cells["Time"].text == "4.00"  # of 3.9, 4.0 and 4.1 ms
    assert cells["Speed-up"].text == "0.50"
    for cell, value in ((cells["Time"], 4), (cells["Speed-up"], 0.5)):
        low, high = map(float, cell.sub.split("–"))
        assert low < value < high


def test_headline_names_attack_and_radius_and_shows_what_is_left(made: HandMade) -> None:
    outcomes = {("none", 0.0): "1" * 10, ("PGD-10", 1 / 255): "1" * 10, ("PGD-10", 2 / 255): "1111111110"}
    made.add(made.spec("resnet"), robustness=attacked(outcomes, dict.fromkeys(outcomes, 1000)))
    table = present(headline(made.evidence()))
    (column,) = [column for column in table.columns if column.name == "Robust"]
    assert column.unit == "% PGD-10 ε 2/255"
    assert shown(row(table, "ResNet")["Robust"]) == ("90.0", "59.6–98.2")


def test_headline_of_several_seeds_has_one_interval_and_on_pointing_their_deviation(made: HandMade) -> None:
    for repetition, outcome in enumerate(("1111100000", "1111111000", "1111111110")):
        made.add(made.spec("adanet", repetition), accuracy=answers(outcome))
    cells = row(headline(made.evidence()), "AdaNet (ConvNet-AIG)")
    assert shown(cells["Accuracy"]) == ("70.0", "32.1–92.0")
    assert cells["Accuracy"].tip == "standard deviation over seeds: 20.00 points"
    assert cells["Network"].sub == "skips layers, 3 seeds"


def test_ranks_are_what_significant_differences_leave(made: HandMade) -> None:
    made.add(made.spec("resnet"), accuracy=answers("1" * 90 + "0" * 10))
    made.add(made.spec("adanet"), accuracy=answers("1" * 89 + "0" * 11))
    made.add(made.spec("branchynet"), accuracy=answers("1" * 50 + "0" * 50))
    table = headline(made.evidence())
    ranks = [row(table, name)["Rank"].text for name in ("ResNet", "AdaNet (ConvNet-AIG)", "BranchyNet")]
    assert ranks == ["1–2", "1–2", "3"]


def test_the_best_of_a_column_is_marked(evidence: Evidence) -> None:
    table = headline(evidence)
    best = {name: row(table, name)["MACs"].best for name in ("ResNet", "AdaNet (ConvNet-AIG)", "BranchyNet")}
    assert best == {"ResNet": False, "AdaNet (ConvNet-AIG)": False, "BranchyNet": True}


def test_what_was_not_measured_is_a_dash_with_the_reason_and_sorts_last(made: HandMade) -> None:
    made.add(made.spec("resnet"))
    cell = row(headline(made.evidence()), "ResNet")["Accuracy"]
    assert (cell.text, cell.sub, cell.sort) == ("–", "not measured", None)


def test_what_failed_says_so(made: HandMade) -> None:
    made.add(made.spec("resnet"), accuracy=answers("11"), cost=costs(("default", 100, 100)))
    made.store.write_failure(made.spec("resnet"), "time", "MemoryError: no more", "trace")
    assert made.evidence().networks[0].reason("latency") == "failed: MemoryError: no more"


def test_what_a_study_leaves_out_says_so(made: HandMade) -> None:
    without = HandMade(made.store.root, evaluation={"robustness": None})
    without.add(without.spec("resnet"), accuracy=answers("11"))
    assert row(headline(without.evidence()), "ResNet")["Robust"].sub == "switched off"


def test_a_network_that_failed_to_train_stands_last(made: HandMade) -> None:
    made.add(made.spec("resnet"), accuracy=answers("11"))
    made.store.write_failure(made.spec("adanet"), "train", "TrainingDiverged: nan", "trace")
    last = present(headline(made.evidence())).rows[-1]
    assert [cell.text for cell in last[:3]] == ["AdaNet (ConvNet-AIG)", "–", "–"]
    assert (last[2].sub, last[2].tip) == ("failed", "failed: TrainingDiverged: nan")


def test_costs_have_every_setting_and_the_counters_deviations(evidence: Evidence) -> None:
    table = present(cost_table(evidence))
    assert [(cells[0].text, cells[1].text) for cells in table.rows[2:]] == [
        ("BranchyNet", "knee"),
        ("BranchyNet", "full"),
    ]
    adanet = row(table, "AdaNet (ConvNet-AIG)")
    assert [adanet[name].text for name in ("Nominal", "Routed", "Executed")] == ["4.00", "3.00", "3.00"]
    assert shown(adanet["fvcore"]) == ("4.00", "±0 %")
    assert shown(adanet["ptflops"]) == ("4.00", "+0.1 %")


def test_costs_have_the_realised_speed_up(evidence: Evidence) -> None:
    # (4 ms of nominal / 1 ms of needed) / (4.2 M / 2.0 M)
    assert row(cost_table(evidence), "BranchyNet", "knee")["Realised"].text == "1.90"


def test_a_counter_that_could_not_count_is_a_dash(made: HandMade) -> None:
    uncounted = costs(("default", 4_000_000, 3_000_000)).assign(ptflops=math.nan)
    made.add(made.spec("adanet"), cost=uncounted)
    assert shown(row(cost_table(made.evidence()), "AdaNet (ConvNet-AIG)")["ptflops"]) == ("–", "no value")


@pytest.mark.parametrize(
    ("share", "written"),
    [(0.0, "±0 %"), (0.031, "+3.1 %"), (-0.031, "−3.1 %"), (0.00002, "+0.002 %"), (1e-9, "+<0.0001 %")],
)
def test_deviations_have_a_sign_and_as_many_digits_as_they_need(share: float, written: str) -> None:
    assert deviation(share) == written


def test_robustness_has_a_column_per_attack_and_radius(evidence: Evidence) -> None:
    table = robustness(evidence)
    assert table is not None
    assert [column.unit for column in table.columns[1:]] == ["%", "%, ε 0.1", "%, ε 0.2"]
    assert [cell.text for cell in table.rows[1]] == ["AdaNet (ConvNet-AIG)", "100.0", "40.0", "0.0"]


def test_networks_with_other_radii_have_dashes(made: HandMade) -> None:
    for method, epsilon in (("resnet", 0.1), ("adanet", 0.3)):
        outcomes = {("none", 0.0): "11", ("PGD-10", epsilon): "10"}
        made.add(made.spec(method), robustness=attacked(outcomes, dict.fromkeys(outcomes, 1000)))
    table = robustness(made.evidence())
    assert table is not None
    assert [[cell.text for cell in cells] for cells in table.rows] == [
        ["ResNet", "100.0", "50.0", "–"],
        ["AdaNet (ConvNet-AIG)", "100.0", "–", "50.0"],
    ]


def test_common_routes_are_drawn_with_share_and_accuracy(evidence: Evidence) -> None:
    branchynet = network(evidence, "branchynet")
    table = common_routes(evidence, branchynet)
    assert table is not None
    assert [[cell.text for cell in cells] for cells in table.rows] == [
        ["■■□□", "80.0", "87.5", "2.00"],  # seven of eight right
        ["■■■■", "20.0", "100.0", "4.00"],
    ]
    assert table.note.startswith("2 distinct routes among 10 test images.")


def test_a_network_with_one_route_has_no_table_of_routes(evidence: Evidence) -> None:
    assert common_routes(evidence, network(evidence, "resnet")) is None


def test_training_lists_phases_and_last_accuracies(evidence: Evidence) -> None:
    cells = row(training(evidence), "BranchyNet")
    names = ("Epochs", "Phases", "Training accuracy", "Validation accuracy", "Total")
    assert [cells[name].text for name in names] == ["3", "trunk → joint", "80.0", "70.0", "12 s"]


def test_calibration_error_is_the_gap_between_confidence_and_accuracy(evidence: Evidence) -> None:
    cells = row(calibration(evidence), "ResNet")
    assert cells["Calibration error"].text == "15.0"  # always 75 % sure, and right in 90 %
    assert cells["NLL"].text == "0.500"


def test_published_figures_of_other_data_are_not_set_beside_ours(evidence: Evidence) -> None:
    table = published(evidence)
    assert table is not None
    assert {cells[3].sub for cells in table.rows} == {"other data set"}


def test_published_figures_of_the_same_preset_and_data_are(made: HandMade) -> None:
    cifar = HandMade(made.store.root, dataset="cifar10")
    cifar.add(cifar.spec("resnet", preset="resnet-20"), accuracy=answers("1111111110"))
    table = published(cifar.evidence())
    assert table is not None
    (here,) = [cells for cells in table.rows if cells[0].sub == "resnet-20"]
    assert [cell.text for cell in here[1:4]] == ["cifar10", "8.75", "10.00"]  # He et al. 2016, Table 6
    assert here[3].sub == "1.79–40.42"  # Wilson's interval of 1 of 10
    assert here[4].text == "not attempted"
    assert here[4].sub.startswith("other recipe: ")
    assert here[5].text.startswith(
        "182 epochs of SGD with momentum 0.9, learning rate 0.1, step schedule at 50 %, 75 %"
    )
    assert here[5].sub.startswith("here: 30 epochs of SGD with Nesterov")


def test_sizes_stand_beside_the_published_ones_once_per_method(made: HandMade) -> None:
    sizes = pd.DataFrame(
        {
            "preset": ["resnet-50", "resnet-50"],
            "source": ["He et al. 2016, Table 1", "torchvision"],
            "kind": ["printed", "counted on code"],
            "parameters": [math.nan, 25_557_032.0],
            "our_parameters": [25_557_032, 25_557_032],
            "macs": [3.8e9, 4_089.184e6],
            "our_macs": [4_089_184_256, 4_089_184_256],
            "agrees": [False, True],
            "differs": ["the stride is elsewhere", ""],
        }
    )
    for repetition in range(2):
        made.add(made.spec("resnet", repetition), fidelity=sizes)
    table = fidelity(made.evidence())
    assert table is not None
    assert [[cell.text for cell in cells] for cells in table.rows] == [
        ["ResNet", "He et al. 2016, Table 1", "–", "25.55703", "3,800", "4,089.184", "differs"],
        ["ResNet", "torchvision", "25.55703", "25.55703", "4,089.184", "4,089.184", "agrees"],
    ]
    assert table.rows[0][0].sub == "resnet-50"
    assert table.rows[0][-1].sub == "the stride is elsewhere"
    assert table.note.startswith("1 of 2 agree")


def test_timings_stand_side_by_side_for_networks_that_skip(made: HandMade) -> None:
    needed = {"default": [0.003, 0.004, 0.005]}
    made.add(
        made.spec("resnet"), cost=costs(("default", 4000, 4000)), latency=timings(0.002, 0.002, {"default": [0.002]})
    )
    made.add(made.spec("adanet"), cost=costs(("default", 4000, 2000)), latency=timings(0.002, 0.006, needed))
    table = timing(made.evidence())
    assert table is not None
    assert [cells[0].text for cells in table.rows] == ["AdaNet (ConvNet-AIG)"]
    cells = row(table, "AdaNet (ConvNet-AIG)")
    assert cells["Network"].sub == "not faster than the baseline at the largest batch"
    assert [cells[name].text for name in ("Batch", "Routed", "By route", "Everything", "Baseline")] == [
        *("1", "4.00", "–", "6.00", "2.00")
    ]
    # 6 ms for everything, 4 ms routed: 1.5 times as fast with half of the MACs
    assert [cells[name].text for name in ("Speed-up", "Realised")] == ["0.50", "0.75"]
    assert shown(cells["Turns"]) == ("3", "time spent")


def test_single_images_on_short_and_long_paths_have_percentiles_and_their_number(made: HandMade) -> None:
    passes = timings(0.002, 0.006, {"default": [0.001, 0.003] * 10 + [0.005] * 19})
    needed = passes["compute"] == "needed"
    passes.loc[needed, "macs"] = [1.0] * 20 + [4.0] * 19
    made.add(made.spec("adanet"), cost=costs(("default", 4000, 2000)), latency=passes)
    table = paths(made.evidence())
    assert table is not None
    assert [column.name for column in table.columns] == ["Network", "Path", "n", "p50", "p90", "p99"]
    assert [[cell.text for cell in cells[1:]] for cells in table.rows] == [
        ["any", "39", "3.00", "5.00", "5.00"],
        ["short", "20", "2.00", "3.00", "3.00"],
        ["long", "19", "–", "–", "–"],
    ]
    assert table.rows[2][3].sub == "fewer than 20"
    assert paths(HandMade(made.store.root / "other").evidence()) is None


def test_settings_that_were_timed_once_are_named_as_one(made: HandMade) -> None:
    passes = timings(0.002, 0.004, {"knee": [0.001, 0.001], "half": [0.001, 0.001], "full": [0.004, 0.004]})
    passes.loc[passes["setting"] == "half", "measured_as"] = "knee"
    settings = {"knee": "", "half": "", "full": ""}
    cost = costs(*((name, 4000, 2000) for name in settings))
    made.add(made.spec("branchynet"), settings=settings, cost=cost, latency=passes)
    evidence = made.evidence()
    for table in (present(cost_table(evidence)), present(timing(evidence))):
        assert " Settings with equal values are one, timed once: knee and half of BranchyNet." in table.note


def test_a_table_says_how_often_the_time_ended_the_turns(made: HandMade) -> None:
    passes = [timings(0.002, 0.004, {"default": [0.001, 0.001]}, batch_size=size) for size in (1, 8)]
    narrow = pd.concat([passes[0], passes[1].assign(ended_by="interval")])
    made.add(made.spec("adanet"), cost=costs(("default", 4000, 2000)), latency=narrow)
    table = present(timing(made.evidence()))
    assert " In 1 of 2 timings of a network at a batch size the time was spent" in table.note
    assert [shown(cells[-1]) for cells in table.rows] == [("2", "time spent"), ("2", "narrow")]


def test_energy_stands_side_by_side_in_millijoules(made: HandMade) -> None:
    for repetition, (size, scale) in enumerate(((1, 1.0), (100, 10.0))):
        needed = {"default": [0.003 * scale, 0.004 * scale, 0.005 * scale]}
        made.add(
            made.spec("adanet", repetition),
            energy=energies(0.006 * scale, 0.008 * scale, needed, batch_size=size, idle=0.001 * scale),
        )
    table = energy(made.evidence())
    assert table is not None
    names = ("Batch", "Routed", "Idle share", "Everything", "Baseline", "Saving")
    columns = [column.name for column in table.columns]
    found = [[cells[columns.index(name)].text for name in names] for cells in table.rows]
    assert found == [
        ["1", "4.00", "25", "8.00", "6.00", "1.50"],
        ["100", "0.400", "25", "0.800", "0.600", "1.50"],
    ]


def test_energy_of_one_seed_has_its_quartiles(made: HandMade) -> None:
    made.add(made.spec("adanet"), energy=energies(0.006, 0.008, {"default": [0.003, 0.004, 0.006]}))
    assert shown(row(energy(made.evidence()), "AdaNet (ConvNet-AIG)")["Routed"]) == ("4.00", "3.50–5.00")


def test_energy_says_of_whom_there_is_none_and_why(made: HandMade) -> None:
    made.add(made.spec("resnet"), energy=energies(0.006, 0.006, {"default": [0.006]}))
    made.add(made.spec("adanet"), energy=no_energy("NVML's energy counter stood still for 1 s"))
    made.add(made.spec("branchynet"))
    evidence = made.evidence()
    table = energy(evidence)
    assert table is not None
    assert [cells[0].text for cells in table.rows] == ["ResNet"]
    assert table.note.endswith(
        " AdaNet (ConvNet-AIG): not available: NVML's energy counter stood still for 1 s. BranchyNet: not measured."
    )


def test_energy_that_nobody_has_is_one_reason_and_no_table(made: HandMade) -> None:
    assert energy(made.evidence()) is None
    for method in ("resnet", "adanet"):
        made.add(made.spec(method), energy=no_energy("runs on the CPU"))
    with pytest.raises(NoData, match=r"^not available: runs on the CPU\.$"):
        energy(made.evidence())


def test_costs_of_no_network_are_a_sentence(made: HandMade) -> None:
    with pytest.raises(NoData, match=r"^No network has been trained yet\.$"):
        cost_table(made.evidence())


def test_rows_must_have_a_cell_per_column() -> None:
    with pytest.raises(ValueError, match="every row needs 1 cells"):
        Table(title="Ragged", columns=[Column(name="one")], rows=[[]])


def network(evidence: Evidence, label: str) -> NetworkEvidence:
    return next(network for network in evidence.networks if network.label == label)


def test_the_time_of_every_step_is_added_up(evidence: Evidence) -> None:
    # 12 s of training each; a second for each table: accuracy, cost, latency and robustness of all, a ledger of one,
    # the wiring of two, exits of one; pictures are made with the tables of the attacks
    made = present(spent(evidence))
    found = [[cell.text for cell in row[:4]] for row in made.rows]
    assert found[0] == ["training", "3", "36 s", "69.2"]
    assert sorted(row[0] for row in found[1:5]) == ["accuracy", "cost", "latency", "robustness"]
    assert all(row[1:] == ["3", "3.0 s", "5.8"] for row in found[1:5])
    assert found[5] == ["wiring", "2", "2.0 s", "3.8"]
    assert sorted(found[6:]) == [["exits", "1", "1.0 s", "1.9"], ["ledger", "1", "1.0 s", "1.9"]]
    assert "only training and evaluators are known" in made.note


def test_the_time_besides_is_shown_where_it_was_stored(tmp_path: Path) -> None:
    made = HandMade(tmp_path, methods=["resnet"])
    made.add(made.spec("resnet"), accuracy=answers("10")).add_overhead(waiting=30.0, other=2.0)
    found = present(spent(made.evidence()))
    assert [row[0].text for row in found.rows] == [
        *("waiting for the machine", "training", "other work of the jobs", "accuracy")
    ]
    assert "only training" not in found.note


def test_the_break_even_is_the_size_from_which_skipping_saves_what_deciding_costs(made: HandMade) -> None:
    """The baseline takes 2 ms for 4 M MACs, so that the 1.5 M MACs that run would take .75 of the 1.35 ms."""
    needed = {"default": [0.00135, 0.00135]}
    cost = costs(("default", 3_000_000, 1_500_000))
    made.add(made.spec("adanet"), cost=cost, latency=timings(0.002, 0.006, needed))
    cells = row(present(decisions(made.evidence())), "AdaNet (ConvNet-AIG)")
    assert cells["Skipped"].text == "50.0"
    assert cells["Overhead"].text == "600"
    # 600 µs are 1.2 M MACs for three units; half of a unit is skipped
    found = [cells[name].sort for name in ("Per unit", "Mean unit", "Break-even")]
    assert found == [pytest.approx(macs) for macs in (400_000, 1_000_000, 800_000)]
    assert cells["Pays"].text == "yes"


def test_a_network_that_skips_nothing_has_no_break_even(made: HandMade) -> None:
    made.add(
        made.spec("resnet"), cost=costs(("default", 4000, 4000)), latency=timings(0.002, 0.002, {"default": [0.002]})
    )
    assert decisions(made.evidence()) is None


def test_engines_that_raced_are_shown_with_the_winner_marked(made: HandMade) -> None:
    turns = timings(0.002, 0.002, {"default": [0.001] * 3}).assign(engine="ONNX Runtime")
    race = pd.concat(
        [
            timings(0.004, 0.004, {"default": [0.003] * 3}).assign(engine="PyTorch, fused"),
            timings(0.002, 0.002, {"default": [0.001] * 3}).assign(engine="ONNX Runtime"),
        ]
    ).assign(ended_by="race")
    made.add(made.spec("adanet"), cost=costs(("default", 4000, 2000)), latency=pd.concat([race, turns]))
    evidence = made.evidence()
    table = present(engines(evidence))
    assert [c.name for c in table.columns[3:]] == ["PyTorch, fused", "ONNX Runtime"]
    assert [[cell.text for cell in cells[1:]] for cells in table.rows] == [
        ["1", "network", "3.00", "1.00"],
        ["1", "baseline", "4.00", "2.00"],
    ]
    assert [[cell.best for cell in cells[3:]] for cells in table.rows] == [[False, True]] * 2
    shown_times = present(timing(evidence))
    assert shown_times.rows[0][1].sub == "ONNX Runtime"
    assert "networks in ONNX Runtime (1 of 1), baselines in ONNX Runtime (1 of 1)" in shown_times.note
