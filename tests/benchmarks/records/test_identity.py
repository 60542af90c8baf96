"""What a record is named by: data, precision, device and exactly the code that weights and settings depend on."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

import zoo
from benchmarks import data
from benchmarks.data import Dataset
from benchmarks.measuring import evaluators
from benchmarks.measuring.options import Evaluation
from benchmarks.records import code_hashes
from benchmarks.records.code_hashes import strip_comments
from benchmarks.records.identity import Identity, code_roots, data_key, identify
from benchmarks.records.versions import version
from benchmarks.running.jobs import load_dataset
from benchmarks.study.study import ModelSpec
from benchmarks.training.numerics import computes_bf16
from tests.benchmarks.cases import DATASET, identity_of, models, small_study

ROOT = Path(zoo.__file__).parents[1]
CPU = torch.device("cpu")
EVERY = frozenset(zoo.list_methods())
TABLES = frozenset(e.name for e in evaluators())
TIMED = frozenset(("attacked_latency", "energy", "latency"))
IN_TURNS = TIMED - {"energy"}
ON_COST = frozenset(("attacked_latency", "slowdown"))
EASY = frozenset(("image_properties", "scale"))
CHANGED = frozenset(("decisions", "lesions"))
BACKBONES = frozenset(("active_conv", "adanet", "branchynet", "deformable", "preresnet", "resnet", "skipnet")) | {
    "stochastic_depth",
    "wideresnet",
}
ATTACKED = frozenset(("deep_attacks", "robustness", "trust"))
GATED = frozenset(("adanet", "branchynet", "msdnet", "pyramidnet", "skipnet", "stochastic_depth"))


def module_of(method: str) -> str:
    """The source file of a method's network."""
    return zoo.method(method).network.__module__.replace(".", "/") + ".py"


TRAINED_BY: Mapping[str, frozenset[str]] = {
    # what every network's weights and settings depend on
    "zoo/sizing/unit_costs.py": EVERY,
    "benchmarks/data/arrays.py": EVERY,
    "benchmarks/data/augment.py": EVERY,
    "benchmarks/data/contract.py": EVERY,
    "benchmarks/data/epoch.py": EVERY,
    "benchmarks/training/adversary.py": EVERY,
    "benchmarks/training/averaging.py": EVERY,
    "benchmarks/training/fitting.py": EVERY,
    "benchmarks/training/numerics.py": EVERY,
    "benchmarks/training/recipe.py": EVERY,
    "benchmarks/training/seeds.py": EVERY,
    "benchmarks/strict.py": EVERY,
    "benchmarks/training/tasks.py": EVERY,
    "benchmarks/training/loop.py": EVERY,
    "benchmarks/training/schedule.py": EVERY,
    "zoo/network.py": EVERY,
    "zoo/sizing/counting.py": EVERY,
    "zoo/layers.py": EVERY,
    "zoo/sizing/shapes.py": EVERY,
    # what some share
    "zoo/execution/block_drop.py": frozenset(("adanet", "pyramidnet", "stochastic_depth")),
    "zoo/methods/branchynet/trunks.py": frozenset(("branchynet",)),
    "zoo/execution/thresholds.py": frozenset(("branchynet", "msdnet")),
    "zoo/execution/skipping.py": frozenset(("adanet", "skipnet")),
    "zoo/methods/preresnet.py": frozenset(("preresnet", "wideresnet")),
    "zoo/backbone.py": BACKBONES,
    "zoo/execution/cascade.py": frozenset(("branchynet", "msdnet")),
    "zoo/execution/early_exit.py": frozenset(("branchynet", "msdnet")),
    "zoo/execution/gated_block.py": GATED - {"branchynet", "msdnet"},
    "zoo/execution/gates.py": frozenset(("adanet", "skipnet")),
    "zoo/execution/rows.py": GATED,
    # what is one method's own
    "zoo/methods/cliquenet/block.py": frozenset(("cliquenet",)),
    "zoo/methods/deformable/convolution.py": frozenset(("deformable",)),
    "zoo/methods/fractalnet/block.py": frozenset(("fractalnet",)),
    "zoo/methods/msdnet/trunk.py": frozenset(("msdnet",)),
    "zoo/methods/randwire/graphs.py": frozenset(("randwire",)),
    "zoo/methods/randwire/stage.py": frozenset(("randwire",)),
    "zoo/methods/skipnet/gates.py": frozenset(("skipnet",)),
    **{module_of(name): frozenset((name,)) for name in EVERY - {"preresnet"}},
}
"""Methods whose networks of digits become stale where a source file's code is edited; of others, none."""
MEASURED_BY: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            *("zoo/sizing/unit_costs.py", "benchmarks/data/contract.py", "benchmarks/measuring/trained_network.py"),
            *(
                "benchmarks/training/numerics.py",
                "benchmarks/training/seeds.py",
                "benchmarks/strict.py",
                "benchmarks/measuring/preparation.py",
            ),
            *(
                "benchmarks/training/tasks.py",
                "zoo/network.py",
                "zoo/sizing/counting.py",
                "zoo/layers.py",
                "zoo/sizing/shapes.py",
            ),
        ),
        TABLES,
    ),
    **{f"benchmarks/measuring/{name}.py": frozenset((name,)) for name in TABLES},
    "benchmarks/measuring/energy_meter.py": frozenset(("energy",)),
    "benchmarks/measuring/ratios.py": IN_TURNS,
    "benchmarks/measuring/turns.py": IN_TURNS,
    "benchmarks/measuring/batch_sizes.py": TIMED,
    "benchmarks/measuring/configurations.py": TIMED,
    "benchmarks/measuring/logits_only.py": ATTACKED | IN_TURNS | {"cost", "jpeg", "stochastic"},
    "benchmarks/measuring/attacks/fgsm.py": frozenset(("deep_attacks", "robustness")),
    "benchmarks/measuring/attacks/square.py": frozenset(("deep_attacks", "trust")),
    **{
        f"benchmarks/measuring/attacks/{name}.py": ATTACKED | {"jpeg", "stochastic"}
        for name in ("balls", "by_foolbox", "contract", "in_turn", "leaving", "losses", "pgd")
    },
    **{f"benchmarks/measuring/attacks/{name}.py": ATTACKED for name in ("apgd", "surrogates", "worst_case")},
    "benchmarks/measuring/pictures.py": frozenset(("robustness", "slowdown")),
    "benchmarks/measuring/probes.py": frozenset(("trust",)),
    "benchmarks/measuring/radii.py": ATTACKED | {"attacked_latency", "slowdown", "stochastic"},
    **{f"benchmarks/measuring/attacks_on_cost/{name}.py": ON_COST for name in ("ascent", "goals", "search")},
    "benchmarks/measuring/attacks_on_cost/objective.py": ON_COST | EASY,
    "benchmarks/measuring/fixed_route.py": EASY,
    "benchmarks/measuring/compression.py": frozenset(("corruptions", "jpeg", "scale")),
    "benchmarks/measuring/corrupting.py": frozenset(("corruptions", "scale")),
    **{
        f"benchmarks/data/{name}.py": frozenset(("corruptions",))  # in which order the files of CIFAR-10-C are read
        for name in ("arrays", "augment", "cifar_c", "epoch", "splitting")
    },
    "benchmarks/measuring/route_text.py": TIMED
    | {"accuracy", "corruptions", "deep_attacks", "detection", "jpeg", "robustness", "slowdown"},
    **{
        f"{module}.py": frozenset(("detection",))
        for module in (
            *(f"benchmarks/detecting/{name}" for name in ("detector", "fitting", "precision", "scenes")),
            *("zoo/features/maps", "zoo/features/taps"),
        )
    },
    "zoo/sizing/published_sizes.py": frozenset(("fidelity",)),
    "zoo/sizing/wiring.py": frozenset(("wiring",)),
    "benchmarks/measuring/contenders.py": IN_TURNS,
    "benchmarks/measuring/engine_names.py": TIMED,
    "benchmarks/measuring/engines.py": IN_TURNS,
    "zoo/execution/cascade.py": ATTACKED | IN_TURNS | ON_COST | EASY | CHANGED | {"exits"},
    "zoo/execution/early_exit.py": ATTACKED | IN_TURNS | ON_COST | EASY | CHANGED | {"exits"},
    "zoo/execution/thresholds.py": ATTACKED | IN_TURNS | ON_COST | EASY | CHANGED | {"exits"},
    **{
        f"zoo/serving/runtime/{name}.py": IN_TURNS
        for name in (
            *("branches", "cutting", "graphs", "plans", "recording", "served", "single"),
            *("driver/cascade", "driver/gated", "driver/network", "driver/segments", "driver/static"),
        )
    },
    "zoo/serving/folding.py": ATTACKED | TIMED | {"jpeg", "slowdown", "stochastic"},
    "zoo/serving/onednn.py": TIMED,
    "zoo/serving/optimize.py": TIMED,
    "zoo/serving/gates.py": TIMED,
    "zoo/serving/lean.py": TIMED,
    "zoo/serving/skipping.py": TIMED,
    "zoo/backbone.py": (TIMED - ON_COST) | {"inside", "lesions"},
    "zoo/execution/gated_block.py": TIMED | CHANGED,
    "zoo/execution/gates.py": ATTACKED | TIMED | CHANGED,
    "zoo/execution/rows.py": ATTACKED | TIMED | EASY | CHANGED | {"exits", "slowdown"},
    "zoo/execution/skipping.py": TIMED | CHANGED,
    "benchmarks/measuring/held.py": frozenset(("decisions",)),
    **{f"zoo/lesions/{name}.py": frozenset(("lesions",)) for name in ("fractal", "order", "parts")},
    **{
        f"zoo/methods/{name}.py": frozenset(("lesions",))  # whose parts are no residual branches
        for name in (
            *("preresnet", "msdnet/trunk", "skipnet/gates", "skipnet/network", "cliquenet/block", "cliquenet/network"),
            *("randwire/graphs", "randwire/network", "randwire/stage"),
        )
    },
    **{
        f"zoo/methods/{name}.py": frozenset(("inside", "lesions"))
        for name in ("active_conv", "fractalnet/block", "fractalnet/network", "highway")
    },
    **{f"zoo/methods/deformable/{name}.py": frozenset(("inside",)) for name in ("convolution", "network")},
    "zoo/methods/resnet.py": TIMED - ON_COST,  # the static network that is timed beside
}
"""Tables of every network that become stale where a source file's code is edited; of others, none."""


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset(DATASET, None)


@pytest.fixture
def fresh_sources() -> Iterator[None]:
    """Sources are read again in the test and after it."""
    code_hashes.clear_caches()
    yield
    code_hashes.clear_caches()


def identities(dataset: Dataset) -> dict[str, Identity]:
    """Of every method's network."""
    return {spec.method: identify(spec, dataset, CPU) for spec in models(small_study("all"))}


def versions(dataset: Dataset) -> dict[str, dict[str, Any]]:
    """Of every table, of a network whose baseline is another method's."""
    (spec,) = models(small_study("densenet"))
    every = Evaluation.model_validate({e.name: {} for e in evaluators() if not e.by_default})
    return {chosen.name: version(chosen, every, spec, dataset.info) for chosen in evaluators()}


def sources() -> list[str]:
    """Every source file of the suite."""
    return sorted(str(path.relative_to(ROOT)) for part in ("zoo", "benchmarks") for path in (ROOT / part).rglob("*.py"))


def edit(monkeypatch: pytest.MonkeyPatch, name: str, addition: str) -> None:
    """Add a line to a source file, as fingerprints read it."""
    real = Path.read_text

    def read(path: Path) -> str:
        return real(path, encoding="utf-8") + (addition if path == ROOT / name else "")

    monkeypatch.setattr(code_hashes, "_text", read)
    code_hashes.clear_caches()


def mark(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Give a source file another hash, as an edit does, without reading all the others again."""
    real = code_hashes._read

    def edited(module: str, path: Path) -> tuple[str, tuple[str, ...]]:
        code, imports = real(module, path)
        return f"{code}{' edited' * (path == ROOT / name)}", imports

    monkeypatch.setattr(code_hashes, "_read", edited)
    code_hashes._closure.cache_clear()


@pytest.mark.usefixtures("fresh_sources")
def test_editing_a_source_file_makes_stale_what_depends_on_it_and_nothing_else(digits: Dataset) -> None:
    names = {method: identity.name for method, identity in identities(digits).items()}
    tables = versions(digits)
    seen = set()
    for source in sources():
        with pytest.MonkeyPatch.context() as patch:
            mark(patch, source)
            stale = {method for method, identity in identities(digits).items() if identity.name != names[method]}
            outdated = {name for name, made in versions(digits).items() if made != tables[name]}
        assert stale == TRAINED_BY.get(source, frozenset()), source
        assert outdated == MEASURED_BY.get(source, frozenset()), source
        seen.add(source)
    assert seen >= TRAINED_BY.keys() | MEASURED_BY.keys(), "the tables above name files that are gone"


@pytest.mark.usefixtures("fresh_sources")
@pytest.mark.parametrize("addition", ["\n# a comment\n", '\n"""A text."""\n', "\n\n\n"])
def test_comments_texts_and_blank_lines_make_nothing_stale(
    addition: str, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = identities(digits)["adanet"].name
    for source in ("zoo/methods/adanet.py", "benchmarks/training/loop.py", "zoo/layers.py"):
        edit(monkeypatch, source, addition)
        assert identities(digits)["adanet"].name == before


@pytest.mark.usefixtures("fresh_sources")
def test_a_folder_of_images_depends_on_how_they_are_decoded(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = folder(images)
    assert "benchmarks.data.sources.decoding" in code_roots(models(small_study())[0], dataset)
    before = of_folder(dataset).name
    edit(monkeypatch, "benchmarks/data/sources/decoding.py", "\nEDITED = True\n")
    assert of_folder(dataset).name != before
    edit(monkeypatch, "benchmarks/data/imagefolder.py", "\nEDITED = True\n")
    assert of_folder(dataset).name == before


def test_a_one_line_docstring_hides_no_code() -> None:
    assert strip_comments('def f():\n    "Text."; return 1\n') != strip_comments('def f():\n    "Text."; return 2\n')


def test_a_preset_whose_parameters_change_is_another_network(monkeypatch: pytest.MonkeyPatch) -> None:
    (spec,) = models(small_study("adanet"))
    before = identity_of(spec)
    found = zoo.method("adanet")
    other = replace(found.presets["tiny"], parameters={**found.presets["tiny"].parameters, "target_rate": 0.51})
    presets = {**found.presets, "tiny": other}
    monkeypatch.setitem(zoo.registry.METHODS.declared, "adanet", replace(found, presets=presets))
    assert identity_of(spec).name != before.name
    presets["tiny"] = replace(found.presets["tiny"], published=())
    monkeypatch.setitem(zoo.registry.METHODS.declared, "adanet", replace(found, presets=presets, citation="another"))
    assert identity_of(spec).name == before.name


@pytest.mark.parametrize(("native", "precision"), [(True, "bf16"), (False, "fp32")])
def test_the_precision_is_what_the_machine_makes_of_it(
    native: bool, precision: str, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    (spec,) = models(small_study(recipe={"precision": "auto"}))
    monkeypatch.setattr("benchmarks.training.fitting.computes_bf16", lambda device: native)
    assert identify(spec, digits, CPU).precision == precision
    assert identify(spec, digits, CPU, "fp32").precision == "fp32"


def test_precision_device_and_data_name_a_record(digits: Dataset) -> None:
    (spec,) = models(small_study())
    one = identify(spec, digits, CPU)
    others = [
        replace(one, precision="bf16"),
        replace(one, device="cuda"),
        replace(one, data="0" * 16),
        replace(one, parameters={**one.parameters, "widths": (8, 16, 32)}),
        replace(one, spec=spec.model_copy(update={"seed": 1})),
    ]
    assert len({one.name, *(other.name for other in others)}) == 6


def test_how_a_study_calls_its_scale_names_no_record(digits: Dataset) -> None:
    (spec,) = models(small_study())
    elsewhere = spec.model_copy(update={"scale": "small"})
    assert (spec.label, elsewhere.label) == ("resnet", "resnet[tiny]")
    assert identify(spec, digits, CPU).name == identify(elsewhere, digits, CPU).name


def test_normalisation_and_augmentation_belong_to_the_data(digits: Dataset) -> None:
    other = replace(digits, info=replace(digits.info, mean=(0.5,)))
    flipped = replace(digits, info=replace(digits.info, augmentation=data.Augmentation(flip=True)))
    elsewhere = replace(digits, info=replace(digits.info, source="another source", epsilons=(0.5,)))
    assert len({data_key(dataset) for dataset in (digits, other, flipped)}) == 3
    assert data_key(elsewhere) == data_key(digits)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Two classes of ten small images, red and blue, in ImageNet's layout."""
    draws = random.Random(0)
    for part in ("train", "val"):
        for label, colour in (("blue", (0, 0, 200)), ("red", (200, 0, 0))):
            (tmp_path / part / label).mkdir(parents=True)
            for number in range(10):
                shade = tuple(min(255, c + draws.randrange(50)) for c in colour)
                Image.new("RGB", (8, 8), shade).save(tmp_path / part / label / f"{number}.png")
    return tmp_path


def folder(root: Path) -> Dataset:
    return data.load("imagefolder", data_root=root, crop=8, workers=0, in_memory=False)


def of_folder(dataset: Dataset) -> Identity:
    (spec,) = models(small_study(dataset="imagefolder[crop=8, workers=0, in_memory=False]"))
    return identify(spec, dataset, CPU)


def test_other_bytes_under_the_same_names_and_sizes_are_other_data(images: Path, tmp_path: Path) -> None:
    before = of_folder(folder(images)).name
    file = images / "train" / "red" / "3.png"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1  # of the checksum at the end, which Pillow does not look at
    file.write_bytes(content)
    assert of_folder(folder(images)).name != before


def test_fewer_images_are_other_data(images: Path) -> None:
    before = of_folder(folder(images)).name
    (images / "train" / "red" / "3.png").unlink()
    assert of_folder(folder(images)).name != before


def test_the_same_bytes_elsewhere_are_the_same_data(images: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    copy = tmp_path_factory.mktemp("elsewhere") / "copy"
    shutil.copytree(images, copy)
    assert of_folder(folder(images)).name == of_folder(folder(copy)).name


def test_labels_exchanged_are_other_data(images: Path) -> None:
    before = folder(images).fingerprint
    for part in ("train", "val"):
        (images / part / "red").rename(images / part / "a")
        (images / part / "blue").rename(images / part / "red")
        (images / part / "a").rename(images / part / "blue")
    assert folder(images).fingerprint != before


def test_bf16_is_asked_of_the_processor_at_hand() -> None:
    assert isinstance(computes_bf16(CPU), bool)


def test_a_specification_is_read_back_as_it_was(digits: Dataset) -> None:
    (spec,) = models(small_study("adanet[target_rate=0.5]"))
    assert ModelSpec.model_validate(spec.model_dump(mode="json")) == spec
