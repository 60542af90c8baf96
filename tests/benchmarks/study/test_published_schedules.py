"""The learning rate of every published recipe, epoch by epoch, against the schedule of its paper or official code."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
import torch

import zoo
from benchmarks.study.study import Study, StudyError, checked
from benchmarks.training.recipe import Recipe
from benchmarks.training.schedule import epochs_of_phases, learning_rate
from zoo.network import Phase, RoutedNet

STEPS = 351
"""Batches of 128 in the 45,000 training images of CIFAR."""
WARM = 400 / STEPS
"""Epochs that the 400 iterations of He et al.'s warm-up take."""
THIRDS = [(30, 0.1), (60, 0.01), (90, 0.001)]
HALVES = [(150, 0.1), (225, 0.01), (300, 0.001)]
HE = [(91, 0.1), (136.5, 0.01), (182, 0.001)]
"""32 k, 48 k and 64 k iterations are 91.2, 136.8 and 182.3 epochs."""
WARMED = [(WARM, 0.01), *HE]
OFFICIAL: Mapping[str, Sequence[tuple[float, float]]] = {
    # 64 k iterations, as the official snapshots; else He et al. 2016
    "active_conv[plain-acu]": HE,
    # train.py: epochs 1 to 349, divided by 10 from the 150th and the 250th; train_img.py: 1 to 99, from 30, 60 and 90
    "adanet[convnet-aig-110]": [(149, 0.1), (249, 0.01), (349, 0.001)],
    "adanet[convnet-aig-50]": [(29, 0.1), (59, 0.01), (89, 0.001), (99, 0.0001)],
    # experiment_lenet_mnist.py, experiment_resnet_cifar10.py: Adam at 1e-3 for the trunk, then for everything
    "branchynet[b-lenet]": [(150, 0.001)],
    "branchynet[b-resnet-110]": [(200, 0.001)],
    # the suite's own: two trainings of half the length of He et al.'s
    "branchynet[imagenet]": [(15, 0.1), (30, 0.01), (45, 0.001), (60, 0.1), (75, 0.01), (90, 0.001)],
    # train.py: divided by 10 at 50 and 75 %, of 300 epochs, of 40 on SVHN; ImageNet: every 30
    "cliquenet[k36-t12]": HALVES,
    "cliquenet[k36-t12-svhn]": [(20, 0.1), (30, 0.01), (40, 0.001)],
    "cliquenet[s0]": [(30, 0.1), (60, 0.01), (90, 0.001), (100, 0.0001)],
    # no training on these data sets is published; those of the ResNets
    "deformable[resnet-20-v2]": HE,
    "deformable[resnet-110-v2-last-3]": WARMED,
    "deformable[resnet-50-v2]": THIRDS,
    # Huang et al. 2017, section 4.2
    "densenet[densenet-40-12]": HALVES,
    "densenet[densenet-121]": THIRDS,
    # Larsson et al. 2017, section 4: divided by 10 when 200, 100, 50 and 25 of 400 epochs remain
    "fractalnet[fractalnet-20]": [(200, 0.02), (300, 0.002), (350, 0.0002), (375, 0.00002), (400, 0.000002)],
    "fractalnet[fractalnet-34]": [(50, 0.001), (65, 0.0001), (70, 0.00001)],
    # solver of the official code
    "highway[highway-11]": [(200, 0.025), (300, 0.0025), (350, 0.00025), (400, 0.000025)],
    "highway[highway-mnist-16]": [(100, 0.01), (200, 0.001), (300, 0.0001)],
    # Huang et al. 2018, section 5
    "msdnet[msdnet-24]": HALVES,
    "msdnet[msdnet-k4]": THIRDS,
    # He et al. 2016b, appendix: 400 iterations at .01 at any depth
    "preresnet[preresnet-20]": WARMED,
    "preresnet[imagenet]": THIRDS,
    # Han et al. 2017, section 4, and the official code
    "pyramidnet[pyramidnet-110-a48]": HALVES,
    "pyramidnet[pyramidnet-110-a48-c100]": [(150, 0.5), (225, 0.05), (300, 0.005)],
    "pyramidnet[pyramidnet-200-a300]": [(60, 0.05), (90, 0.005), (105, 0.0005), (120, 0.00005)],
    # He et al. 2016, section 4.2
    "resnet[resnet-20]": HE,
    "resnet[resnet-110]": WARMED,
    "resnet[resnet-50]": THIRDS,
    # no training of the plain network on SVHN is published; that of SkipNet, without its hybrid phase
    "resnet[resnet-152-b]": [(25, 0.1), (37.5, 0.01), (50, 0.001)],
    # train_sp.py, then train_rl.py: 10 k iterations (28.5 epochs) at 1e-4 on CIFAR; 30 epochs at 1e-4 and 10 at 1e-5.
    # On SVHN the 50 epochs that the paper names, halved and quartered as CIFAR's; 10 k iterations are 19.0 epochs of it
    "skipnet[skipnet-38]": [*HE, (210, 0.0001)],
    "skipnet[skipnet-110]": [*WARMED, (210, 0.0001)],
    "skipnet[skipnet-152]": [(25, 0.1), (37.5, 0.01), (50, 0.001), (69, 0.0001)],
    "skipnet[skipnet-34]": [(30, 0.1), (60, 0.01), (90, 0.001), (120, 0.0001), (150, 0.0001), (160, 0.00001)],
    # train_sp.py alone; no recipe of reinforcement alone is published, so it has that of the supervised phase
    "skipnet[skipnet-38-sp]": HE,
    "skipnet[skipnet-110-sp]": WARMED,
    "skipnet[skipnet-38-rl]": HE,
    "skipnet[skipnet-110-rl]": WARMED,
    # Huang et al. 2016, section 4
    "stochastic_depth[stochastic-depth-110]": [(250, 0.1), (375, 0.01), (500, 0.001)],
    "stochastic_depth[stochastic-depth-152]": [(30, 0.1), (35, 0.01), (50, 0.001)],
    "stochastic_depth[stochastic-depth-1202]": [(10, 0.01), (150, 0.1), (225, 0.01), (300, 0.001)],
    "stochastic_depth[stochastic-depth-imagenet-152]": [(30, 0.1), (60, 0.01), (90, 0.001), (120, 0.0001)],
    # Zagoruyko & Komodakis 2016, section 3
    "wideresnet[wrn-16-4]": [(60, 0.1), (120, 0.02), (160, 0.004), (200, 0.0008)],
}
"""Of every schedule of every method, the ends of its constant stretches, in epochs from the start, with their rates."""
COSINE = {0: 0.1, 100 / 3: 0.075, 50: 0.05, 200 / 3: 0.025}
"""Xie et al. 2019: half a period of a cosine over 100 epochs; here at 0, 60, 90 and 120 degrees."""
PHASES = {
    "branchynet[b-lenet]": {"trunk": 50, "joint": 100},
    "branchynet[b-alexnet]": {"trunk": 50, "joint": 100},
    "branchynet[b-resnet-110]": {"trunk": 100, "joint": 100},
    "skipnet[skipnet-110]": {"supervised": 182, "hybrid": 28},
    "skipnet[skipnet-152]": {"supervised": 50, "hybrid": 19},
    "skipnet[skipnet-50]": {"supervised": 120, "hybrid": 40},
}
RATES = ("lr", "epochs", "schedule", "milestones", "step_factor", "warmup", "warmup_steps", "warmup_lr")


def study(*methods: str, **recipe: Any) -> Study:
    fields = {"methods": methods, "published_recipes": True, "recipe": recipe}
    return checked(Study, fields, "my.yaml")


def published(selector: str) -> Recipe:
    """The recipe of a preset in a study that asks for published ones."""
    return study(selector).models()[0].recipe


def phases(selector: str) -> tuple[Phase, ...]:
    """Of a preset's training; only networks with phases of their own are built, without memory for their weights."""
    if zoo.method(zoo.parse(selector).name).network.phases is RoutedNet.phases:
        return (Phase(name="train"),)
    with torch.device("meta"):
        return zoo.create(selector).phases()


def rates(selector: str) -> Iterator[tuple[int, float]]:
    """Number and rate of some steps of every epoch, the first and the last among them."""
    recipe = published(selector)
    for epoch, place in enumerate(epochs_of_phases(phases(selector), recipe.epochs)):
        for step in range(0, STEPS, 50):
            progress = (place.epoch + step / STEPS) / place.epochs
            yield (
                epoch * STEPS + step,
                learning_rate(recipe, place.phase, progress, steps=STEPS * place.epochs),
            )


@pytest.mark.parametrize("selector", OFFICIAL)
def test_a_recipe_has_the_official_rate_in_every_epoch(selector: str) -> None:
    stretches = OFFICIAL[selector]
    assert published(selector).epochs == stretches[-1][0]
    for step, rate in rates(selector):
        official = next(rate for end, rate in stretches if step < round(end * STEPS, 6))
        assert rate == pytest.approx(official, rel=1e-9), f"epoch {step / STEPS:.2f}"


@pytest.mark.parametrize("selector", ["randwire[randwire-c78]", "randwire[randwire-c78-cifar]"])
def test_randwire_has_half_a_cosine(selector: str) -> None:
    recipe = published(selector)
    assert recipe.epochs == 100
    for epoch, rate in COSINE.items():
        assert learning_rate(recipe, Phase(name="train"), epoch / 100) == pytest.approx(rate)


@pytest.mark.parametrize("selector", PHASES)
def test_phases_have_their_official_epochs(selector: str) -> None:
    places = epochs_of_phases(phases(selector), published(selector).epochs)
    assert {place.phase.name: place.epochs for place in places} == PHASES[selector]


def schedules(method: str) -> dict[Any, str]:
    """Every way in which the rates of a method's published recipes go, with a preset that has it."""
    found: dict[Any, str] = {}
    for preset, facts in zoo.method(method).presets.items():
        if facts.recipe:
            selector = f"{method}[{preset}]"
            recipe = published(selector)
            found.setdefault((*(getattr(recipe, name) for name in RATES), phases(selector)), selector)
    return found


@pytest.mark.parametrize("method", sorted(set(zoo.list_methods()) - {"randwire"}))
def test_no_schedule_is_left_out(method: str) -> None:
    tabled = [selector for selector in OFFICIAL if zoo.parse(selector).name == method]
    known = {(*(getattr(published(one), name) for name in RATES), phases(one)) for one in tabled}
    missing = [selector for schedule, selector in schedules(method).items() if schedule not in known]
    assert missing == []


def test_the_hybrid_phase_of_skipnet_sums_up_to_ten_thousand_steps_at_1e_4() -> None:
    total = (
        sum(rate for step, rate in rates("skipnet[skipnet-110]") if step >= 182 * STEPS) * STEPS / math.ceil(STEPS / 50)
    )
    assert total == pytest.approx(1.0, rel=0.02)


@pytest.mark.parametrize("name", ["fp32", "bf16"])
def test_published_recipes_train_in_fp32_unless_the_study_says_otherwise(name: str) -> None:
    assert published("resnet[resnet-20]").precision == "fp32"
    assert study("resnet[resnet-20]", precision=name).models()[0].recipe.precision == name
    own = {"methods": [{"name": "resnet[resnet-20]", "recipe": {"precision": name}}], "published_recipes": True}
    assert checked(Study, own, "my.yaml").models()[0].recipe.precision == name


def test_a_preset_without_a_published_recipe_keeps_the_studys_precision() -> None:
    assert study("resnet[tiny]").models()[0].recipe.precision == "auto"


NO_WARMUP = (
    r"recipe of resnet\[{}\]: warmup_lr: 0.01 is the rate of a warm-up, .*valid: with warmup or warmup_steps, or null"
)


@pytest.mark.parametrize("published", [False, True])
def test_the_rate_of_a_warmup_that_there_is_not_is_refused(published: bool) -> None:
    chosen = {"methods": ["resnet[resnet-20]"], "recipe": {"warmup_lr": 0.01}, "published_recipes": published}
    with pytest.raises(StudyError, match=NO_WARMUP.format("resnet-20")):
        checked(Study, chosen, "my.yaml").models()


def test_a_rate_and_its_warmup_may_come_from_different_places() -> None:
    preset = study("resnet[resnet-110]", warmup_lr=0.05).models()[0].recipe
    assert (preset.warmup_steps, preset.warmup_lr) == (400, 0.01)
    both = study("resnet[resnet-20]", warmup=0.1, warmup_lr=0.05).models()[0].recipe
    assert (both.warmup, both.warmup_lr) == (0.1, 0.05)
    own = {"name": "resnet[tiny]", "recipe": {"warmup_steps": 5}}
    (spec,) = checked(Study, {"methods": [own], "recipe": {"warmup_lr": 0.05}}, "my.yaml").models()
    assert (spec.recipe.warmup_steps, spec.recipe.warmup_lr) == (5, 0.05)


def test_a_published_warmup_is_left_out_with_its_rate() -> None:
    def of(**fields: Any) -> Recipe:
        own = {"name": "resnet[resnet-110]", "recipe": {"warmup_steps": 0, **fields}}
        return checked(Study, {"methods": [own], "published_recipes": True}, "my.yaml").models()[0].recipe

    with pytest.raises(StudyError, match=NO_WARMUP.format("resnet-110")):
        of()
    assert of(warmup_lr=None).warmup_lr is None


def test_a_warmup_of_the_study_gives_way_to_he_et_als() -> None:
    recipe = study("resnet[resnet-110]", warmup=0.25).models()[0].recipe
    assert (recipe.warmup, recipe.warmup_steps, recipe.warmup_lr) == (0.0, 400, 0.01)


@pytest.mark.parametrize(
    ("selector", "idle"),
    [
        ("stochastic_depth[stochastic-depth-110]", True),
        ("fractalnet[fractalnet-20]", True),
        ("resnet[resnet-20]", False),
    ],
)
def test_dropped_parts_go_on_decaying_where_they_did_officially(selector: str, idle: bool) -> None:
    assert published(selector).idle_updates == idle


def test_batches_are_the_official_ones() -> None:
    official = {
        "branchynet[b-lenet]": 512,
        "branchynet[b-resnet-110]": 64,
        "stochastic_depth[stochastic-depth-imagenet-152]": 128,
        "skipnet[skipnet-50]": 256,
    }
    assert {selector: published(selector).batch_size for selector in official} == official
