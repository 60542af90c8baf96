"""The page as a file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.records.files import StoreError
from benchmarks.reporting import build
from benchmarks.reporting import page as page_module
from benchmarks.reporting.findings.provenance import machine_line, recipe_line, without_folders
from benchmarks.running.campaign import Campaign
from benchmarks.training.recipe import Recipe
from tests.benchmarks.reporting.hand_made import (
    ENVIRONMENT,
    EXITS,
    HandMade,
    answers,
    costs,
    energies,
    no_energy,
    timings,
)

ROOT = Path(__file__).parents[3]
HOSTILE = 'a<b onclick="x">&amp;'


def built(made: HandMade) -> str:
    return build(made.store.root, made.store.root / "page").read_text()


def test_the_page_needs_nothing_else(page: Path) -> None:
    text = page.read_text().replace("http://www.w3.org/2000/svg", "")  # the name of a language, which nobody asks for
    assert not re.search(r"https?://|<script[^>]+src|<link[^>]+stylesheet|@import|url\((?!#|data:)", text)


def test_equal_results_give_equal_bytes(page: Path, study_dir: Path, tmp_path: Path) -> None:
    assert build(study_dir, tmp_path).read_bytes() == page.read_bytes()


def test_equal_results_give_equal_bytes_in_processes_that_order_texts_otherwise(
    study_dir: Path, tmp_path: Path
) -> None:
    pages = []
    for seed in ("1", "2"):
        command = [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "benchmarks.report",
            str(study_dir),
            "--out",
            str(tmp_path / seed),
        ]
        subprocess.run(
            command, check=True, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}, stdout=subprocess.DEVNULL
        )
        pages.append((tmp_path / seed / "index.html").read_bytes())
    assert pages[0] == pages[1]


def test_ids_are_unique(page: Path) -> None:
    ids = re.findall(r'\sid="([^"]+)"', page.read_text())
    assert len(ids) == len(set(ids))


def test_names_are_text_and_never_markup(made: HandMade) -> None:
    hostile = HandMade(made.store.root, title=HOSTILE)
    spec = hostile.spec(HOSTILE)
    hostile.add(
        spec,
        units=EXITS,
        settings={HOSTILE: HOSTILE},
        accuracy=answers("1110", ["1100", "1111"], setting=HOSTILE),
        cost=costs((HOSTILE, 4000, 3000)),
    )
    hostile.store.write_failure(hostile.spec("adanet"), "train", HOSTILE, HOSTILE)
    text = built(hostile)
    assert "<b onclick" not in text
    assert "a&lt;b onclick=&#34;x&#34;&gt;&amp;amp;" in text


def test_a_study_without_any_model_is_a_page(made: HandMade) -> None:
    text = built(made)
    assert "No network has been measured yet." in text
    assert "<svg viewBox" not in text


def test_a_model_without_any_table_is_a_page(made: HandMade) -> None:
    made.add(made.spec("resnet"))
    text = built(made)
    assert "No network has both its accuracy and its cost measured yet." in text
    assert "The routes of ResNet are not known: accuracy not measured." in text


def test_twenty_networks_are_a_page(made: HandMade) -> None:
    for number in range(20):
        spec = made.spec("adanet", target_rate=number / 20) if number % 2 else made.spec(f"method{number}")
        outcome = "1" * (20 - number) + "0" * number
        made.add(spec, accuracy=answers(outcome), cost=costs(("default", 4000, 100 * number)))
    text = built(made)
    assert all(f">method{number}<" in text for number in range(0, 20, 2))
    assert "AdaNet (ConvNet-AIG) [target_rate 0.95]" in text


LINE = '<p class="absent"><b>Energy per image:</b> {}.</p>'


def test_energy_that_cannot_be_measured_is_one_line_of_the_page(made: HandMade) -> None:
    made.add(made.spec("resnet"), latency=timings(1, 1, {"default": [1]}), energy=no_energy("runs on the CPU"))
    made.add(made.spec("adanet"), latency=timings(1, 1, {"default": [1]}), energy=no_energy("runs on the CPU"))
    text = built(made)
    assert text.count("Energy per image") == 1
    assert LINE.format("not available: runs on the CPU") in text
    assert 'id="table-energy"' not in text


@pytest.mark.parametrize(("options", "reason"), [({}, "not measured"), ({"energy": None}, "switched off")])
def test_energy_that_was_not_measured_is_one_line_of_the_page(
    made: HandMade, options: dict[str, None], reason: str
) -> None:
    made = HandMade(made.store.root, evaluation=options)
    made.add(made.spec("resnet"))
    assert LINE.format(reason) in built(made)


def test_energy_that_was_measured_is_a_table_of_the_page(made: HandMade) -> None:
    made.add(made.spec("adanet"), energy=energies(0.006, 0.008, {"default": [0.004]}))
    text = built(made)
    assert 'id="table-energy"' in text
    assert "Energy per image by batch size, at the headline setting" in text
    assert "<b>Energy per image:</b>" not in text


def test_a_study_that_ran_on_a_cpu_says_why_it_has_no_energy(trained: Campaign, tmp_path: Path) -> None:
    text = build(trained.store.root, tmp_path).read_text()
    assert LINE.format("not available: runs on the CPU") in text
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", text, flags=re.DOTALL).lower().split()


def test_failures_have_their_error_and_a_traceback_without_folders(made: HandMade) -> None:
    trace = 'Traceback:\n  File "/home/someone/secret/benchmarks/running/jobs.py", line 5, in run\nOops'
    made.store.write_failure(made.spec("adanet"), "train", "TrainingDiverged: nan", trace)
    text = built(made)
    assert "TrainingDiverged: nan" in text
    assert "benchmarks/running/jobs.py&#34;, line 5" in text
    assert "someone" not in text


def test_a_page_that_cannot_be_built_leaves_the_old_one(made: HandMade, tmp_path: Path) -> None:
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.html").write_text("old")
    (made.store.root / "study.yaml").unlink()
    with pytest.raises(StoreError):
        build(made.store.root, tmp_path / "page")
    assert [path.name for path in (tmp_path / "page").iterdir()] == ["index.html"]
    assert (tmp_path / "page" / "index.html").read_text() == "old"


def test_a_study_without_networks_is_from_nowhere(made: HandMade) -> None:
    (made.store.root / "environment.json").unlink()
    assert "unknown date" in built(made)


def test_every_environment_is_named_with_what_was_made_there(made: HandMade) -> None:
    made.add(made.spec("resnet"), accuracy=answers("11"))
    made.add(made.spec("adanet"), environment=ENVIRONMENT | {"processor": "Another", "commit": "abc1234"})
    text = built(made)
    assert "A Processor" in text
    assert "and 1 more, see “Can these numbers be trusted?”" in text
    assert "training and accuracy: resnet; no commit known." in text
    assert "training: adanet; commit abc1234." in text


def test_a_run_that_does_nothing_changes_no_environment(made: HandMade) -> None:
    made.add(made.spec("resnet"))
    made.store.write_study(made.study, ENVIRONMENT | {"processor": "Of a visitor"})
    (environment,) = made.evidence().environments
    assert environment.description["processor"] == "A Processor"
    assert "Last run on Of a visitor" in built(made)


def test_every_network_says_what_it_is_compared_with(made: HandMade) -> None:
    made.add(made.spec("resnet"), cost=costs(("default", 4_000_000, 4_000_000)))
    made.add(made.spec("adanet"), cost=costs(("default", 4_200_000, 3_000_000)))
    text = built(made)
    assert "ResNet is a static ResNet, and its own baseline." in text
    assert "is compared with the baseline resnet[tiny] (4.00 M MACs, 175,000 parameters)." in text


def test_networks_of_two_data_sets_are_no_study(made: HandMade) -> None:
    made.add(made.spec("resnet"))
    made.add(made.spec("adanet"), data="0123456789abcdef")
    with pytest.raises(StoreError, match="holds networks of different data"):
        made.evidence()


def test_the_header_says_what_was_run_on_what(page: Path) -> None:
    text = page.read_text()
    assert "MNIST, 5,000 digits, 10 test images" in text
    assert "3 networks, 1 seed each" in text
    assert "4 March 2026, 05:06 UTC" in text


def test_a_recipe_is_one_line() -> None:
    schedule: dict[str, Any] = {"schedule": "step", "milestones": (0.5, 0.75), "warmup": 0.25}
    recipe = Recipe(epochs=10, batch_size=64, augment=False, **schedule)
    assert recipe_line(recipe) == (
        "10 epochs of SGD with Nesterov momentum 0.9, learning rate 0.1, step schedule at 50 %, 75 %, 25 % "
        "warm-up, weight decay 0.0005, batches of 64, not augmented"
    )


def test_a_recipe_says_how_it_warms_up_and_what_idle_blocks_do() -> None:
    recipe = Recipe(warmup_steps=400, warmup_lr=0.01, weight_decay=1e-4, idle_updates=True)
    assert (
        "cosine schedule, 400 steps of warm-up at 0.01, weight decay 0.0001, momentum and weight decay in idle blocks "
        "too, batches of 128" in recipe_line(recipe)
    )
    assert "3 steps of warm-up, weight decay" in recipe_line(Recipe(warmup_steps=3))
    assert "10 % warm-up at 0.5, weight decay" in recipe_line(Recipe(warmup=0.1, warmup_lr=0.5))


def test_a_recipe_says_what_images_are_attacked() -> None:
    how = {"epsilon": 0.2, "steps": 5, "warmup": 0.25, "clean": 0.5}
    assert (
        "adversarial images (PGD-5 of 0.1 within 0.2, growing over 25 % of the epochs; 50 % of them clean)"
        in recipe_line(Recipe.model_validate({"adversarial": how}))
    )
    fast = Recipe.model_validate({"adversarial": {"attack": "fgsm", "epsilon": 0.1}})
    assert "adversarial images (one fast step of 0.125 within 0.1), batches of 128" in recipe_line(fast)


def test_a_machine_is_one_line() -> None:
    assert machine_line(ENVIRONMENT) == "A Processor, AVX2, 2 CPUs, no GPU, Linux x86_64, torch 2.15.0"


def test_tracebacks_name_files_from_the_project_or_the_package_on() -> None:
    trace = 'File "/a/b/lib/site-packages/torch/nn.py", line 1\nFile "/a/b/zoo/methods/adanet.py", line 2'
    assert without_folders(trace) == 'File "site-packages/torch/nn.py", line 1\nFile "zoo/methods/adanet.py", line 2'


def test_the_environment_may_hold_anything(made: HandMade) -> None:
    strange = {"note": [1, 2], "created": 7, "gpus": None}
    made.add(made.spec("resnet"), environment=strange)
    assert "unknown date" in built(made)


def test_every_class_that_has_a_style_is_one_that_the_templates_use() -> None:
    folder = Path(page_module.__file__).parent
    styled = set(re.findall(r"(?<![\w\d])\.([a-z]+)\b", (folder / "templates" / "page.css").read_text()))
    templates = "".join(path.read_text() for path in (folder / "templates").glob("*.j2"))
    scripts = "".join(path.read_text() for path in (folder / "templates" / "scripts").glob("*.js"))
    drawn = (folder / "drawing" / "legend.py").read_text() + (folder / "drawing" / "svg.py").read_text()
    drawn += (folder / "interactive" / "graphs.py").read_text()
    assert "warnings" in styled
    used = r'''class="[^>]*\b{}\b|["'`. ]{}["'`$ ]|"class", "{}"'''
    assert not [name for name in styled if not re.search(used.replace("{}", name), templates + scripts + drawn)]
