"""What the studies of a page asked for, as one."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.measuring.robustness import RobustnessOptions
from benchmarks.reporting.evidence.evidence import StudyEvidence
from benchmarks.reporting.evidence.methods import dataset_name, dataset_pixels, dataset_title
from benchmarks.reporting.evidence.pixels import Pixels
from benchmarks.reporting.evidence.sources import Seed, Source
from benchmarks.reporting.formatting import listing
from benchmarks.study.study import Study

MIXED = Pixels(why_not="several selections of data here", words="of several selections")


def describe_study(sources: Sequence[Source], seeds: Sequence[Seed]) -> StudyEvidence:
    """A study, or several as one: what they share is said once, the rest under their names."""
    each = [_described(source.study, _classes(source)) for source in sources]
    if len(sources) == 1:
        return each[0]
    first = each[0]
    return StudyEvidence(
        name=listing([source.name for source in sources]),
        title="; ".join(dict.fromkeys(study.title for study in each)),
        dataset=first.dataset,
        dataset_title=first.dataset_title,
        pixels=first.pixels if len({study.pixels for study in each}) == 1 else MIXED,
        recipe=first.recipe,
        published_recipes=any(study.published_recipes for study in each),
        repetitions=max(study.repetitions for study in each),
        margin=min(study.margin for study in each),
        attacks=tuple(dict.fromkeys(sentence for study in each for sentence in study.attacks)),
        strong_attacks=tuple(dict.fromkeys(name for study in each for name in study.strong_attacks)),
        configuration={source.name: study.configuration for source, study in zip(sources, each, strict=True)},
        studies={source.name: study for source, study in zip(sources, each, strict=True)},
        joined=_joined(seeds),
    )


def _classes(source: Source) -> int | None:
    """How many its data have; None where it has no record. All its records are of the same data."""
    return next((record.task.classes for _, record in source.found.values()), None)


def _described(study: Study, classes: int | None) -> StudyEvidence:
    attacked = study.evaluation.options_as("robustness", RobustnessOptions) or RobustnessOptions()
    return StudyEvidence(
        name=study.name,
        title=study.title,
        dataset=dataset_name(study.dataset),
        dataset_title=dataset_title(study.dataset),
        pixels=dataset_pixels(study.dataset, classes),
        recipe=study.recipe,
        published_recipes=study.published_recipes,
        repetitions=study.repetitions,
        margin=study.margin,
        attacks=tuple(sentence for attack in attacked.chosen() if (sentence := attack.sentence())),
        strong_attacks=tuple(attack.label() for attack in attacked.chosen_strong()),
        configuration=study.model_dump(mode="json"),
    )


def _joined(seeds: Sequence[Seed]) -> dict[str, tuple[str, ...]]:
    """The studies of every network whose seeds come from several."""
    found: dict[str, dict[str, None]] = {}
    for seed in seeds:
        found.setdefault(seed.network, {})[seed.source.name] = None
    return {network: tuple(names) for network, names in found.items() if len(names) > 1}
