"""A run that loses parts of itself at random moments ends with the same weights and tables as one that is left alone.

ROUTEBENCH_KILLS sets how many kills each scheduler has to survive, else one of each part that it has; ROUTEBENCH_SEED
sets when they come.
"""

from __future__ import annotations

import os
import sys
from itertools import count, cycle, islice
from pathlib import Path

import pytest
import yaml

from tests.benchmarks.cases import NOT_MEASURED, small_study
from tests.chaos import COMPARED, Run, Target, digests, disturb

pytestmark = pytest.mark.long

SEED = int(os.environ.get("ROUTEBENCH_SEED", "0"))
TARGETS: dict[str, tuple[Target, ...]] = {"ray": ("raylet", "driver", "worker", "cluster"), "inline": ("driver",)}
KILLS = {scheduler: int(os.environ.get("ROUTEBENCH_KILLS", len(parts))) for scheduler, parts in TARGETS.items()}


def command(folder: Path, scheduler: str) -> list[str]:
    """Train two networks for three epochs; nothing is measured but accuracy."""
    study = small_study(
        "resnet", "adanet", name="chaos", dataset="mnist5k[train=300, test=100]", evaluation=NOT_MEASURED
    )
    (folder / "chaos.yaml").write_text(yaml.safe_dump(study.model_dump(mode="json")))
    return [sys.executable, "-W", "ignore", "-m", "benchmarks.run", "--study", "chaos.yaml", "--scheduler", scheduler]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Digests of the weights and tables of a run that nobody killed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (run,) = disturb(command(folder, "inline"), folder, targets=[], seed=SEED)
    assert run.left == ()
    return digests(folder / "results")


def problems(run: Run) -> list[str]:
    """What is wrong with how a run ended."""
    found = []
    if run.hung:
        found.append("it hung")
    if run.status == 0 and run.target in ("driver", "cluster") and run.killed:
        found.append("it succeeded although its main process was killed")
    if run.left and run.target not in ("driver", "cluster"):
        found.append("it left processes behind")
    return [f"{run}: {problem}\n{run.said}" for problem in found]


@pytest.mark.timeout(400 * (max(KILLS.values()) + 1))
@pytest.mark.parametrize("scheduler", TARGETS)
def test_whatever_is_killed_weights_and_tables_are_those_of_an_undisturbed_run(
    scheduler: str, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    assert len(undisturbed) == 2 * len(COMPARED)
    targets = list(islice(cycle(TARGETS[scheduler]), KILLS[scheduler]))
    for attempt in count():
        folder = tmp_path / str(attempt)
        folder.mkdir()
        runs = disturb(command(folder, scheduler), folder, targets=targets, seed=SEED + attempt)
        print(f"{scheduler}, seed {SEED + attempt}", *runs, sep="\n  ")
        assert [problem for run in runs for problem in problems(run)] == []
        assert digests(folder / "results") == undisturbed
        targets = targets[sum(run.target is not None for run in runs) :]
        if not targets:
            break
