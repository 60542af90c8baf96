"""What every evaluator must satisfy: a tidy table that can be stored, the same for the same network."""

from __future__ import annotations

import copy
from io import BytesIO

import pandas as pd
import pytest
import torch

import zoo
from benchmarks.conformance.cases import CPU, DIGITS, TASK, chosen, trained
from benchmarks.measuring.preparation import measure, prepare
from benchmarks.measuring.registry import EVALUATORS
from benchmarks.measuring.summaries.registry import SUMMARIES
from benchmarks.measuring.trained_network import TrainedNetwork
from benchmarks.training.numerics import single_threaded

every_evaluator = pytest.mark.parametrize("evaluator", chosen("evaluator", ("accuracy",)))
every_network = pytest.mark.parametrize("network", ["resnet", "adanet", "branchynet"])


def prepared(network: str) -> TrainedNetwork:
    """A network as evaluators get it."""
    case = trained(f"{network}[tiny]")
    selector = zoo.Selector(network, "tiny")
    baseline = str(zoo.baseline_of(selector, TASK))
    weights = copy.deepcopy(case.net.state_dict())
    return prepare(selector, weights, case.settings, baseline=baseline, dataset=DIGITS, device=CPU, seed=0)


def table_of(evaluator: str, network: TrainedNetwork) -> pd.DataFrame:
    """With default options, as a job measures it."""
    chosen_one = EVALUATORS[evaluator]
    with single_threaded():
        return measure(chosen_one, network, chosen_one.options() if chosen_one.options else None)


@every_network
@every_evaluator
def test_the_table_can_be_stored_and_names_settings_as_the_network_does(evaluator: str, network: str) -> None:
    trained_network = prepared(network)
    table = table_of(evaluator, trained_network)
    assert isinstance(table, pd.DataFrame), "an evaluator returns a table of pandas"
    assert len(table) > 0, "if something cannot be measured, a row says why, in a column such as `note`"
    assert all(isinstance(column, str) for column in table.columns), "columns have names"
    assert table.columns.is_unique, "columns have names of their own"
    stored = BytesIO()
    table.to_parquet(stored, index=False)
    pd.testing.assert_frame_equal(pd.read_parquet(stored), table.reset_index(drop=True), check_dtype=False)
    if "setting" in table:
        settings = {setting.name for setting in trained_network.settings}
        assert set(table["setting"].dropna()) <= settings, "a setting has the name that the network gives it"


@every_network
@every_evaluator
def test_the_same_network_gives_the_same_table(evaluator: str, network: str) -> None:
    if EVALUATORS[evaluator].alone:
        pytest.skip("times differ")
    first = table_of(evaluator, prepared(network))
    torch.rand(7)  # what is drawn comes from a generator of the evaluator's own
    second = table_of(evaluator, prepared(network))
    pd.testing.assert_frame_equal(first, second)


@every_network
@every_evaluator
def test_the_network_is_left_as_it_was(evaluator: str, network: str) -> None:
    measured = prepared(network)
    before = {name: value.clone() for name, value in measured.net.state_dict().items()}
    setting = measured.net.setting
    table_of(evaluator, measured)
    assert not measured.net.training, "the network stays in eval mode"
    assert measured.net.setting == setting, "use `with trained.at(setting)`, which goes back to the setting before"
    assert all(torch.equal(value, before[name]) for name, value in measured.net.state_dict().items()), "weights stay"


@every_network
@every_evaluator
def test_its_summary_has_a_row_per_setting_at_most_and_columns_of_its_own(evaluator: str, network: str) -> None:
    if evaluator not in SUMMARIES:
        pytest.skip("it has no @summary_columns")
    measured = prepared(network)
    names = [setting.name for setting in measured.settings]
    rows = pd.DataFrame({"setting": names, "headline": [name == names[0] for name in names]})
    rows = rows.set_index("setting", drop=False)
    for other in ("accuracy", "cost"):
        if other != evaluator:
            rows = rows.join(SUMMARIES[other].columns(table_of(other, measured), rows))
    columns = SUMMARIES[evaluator].columns(table_of(evaluator, measured), rows)
    assert columns.index.is_unique, "a row per setting"
    assert set(columns.index) <= set(names), "its index has the names of settings"
    taken = [str(column) for column in columns if column in rows]
    assert taken == [], "columns that are in the summary already"
