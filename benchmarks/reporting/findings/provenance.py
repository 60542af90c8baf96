"""Where a study's figures come from, in words: data, recipe, machine, configuration, failures."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import yaml

from benchmarks.reporting.evidence.evidence import EnvironmentEvidence, Evidence, NetworkEvidence
from benchmarks.reporting.formatting import Unit, listing, percent
from benchmarks.training.recipe import Adversarial, Recipe
from zoo.network import Setting

_FOLDERS = re.compile(r'File "[^"]*?((?:site-packages|benchmarks|zoo|tests)/[^"]*)"')


def recipe_line(recipe: Recipe) -> str:
    """How networks are trained, in one line."""
    optimizer = {"adam": "Adam", "adamw": "AdamW"}.get(recipe.optimizer, recipe.optimizer)
    if recipe.optimizer == "sgd":
        optimizer = f"SGD with {'Nesterov ' if recipe.nesterov else ''}momentum {recipe.momentum:g}"
    schedule = "constant rate" if recipe.schedule == "constant" else f"{recipe.schedule} schedule"
    if recipe.schedule == "step":
        schedule += " at " + ", ".join(f"{percent(milestone, 0)} %" for milestone in recipe.milestones)
    parts = [
        f"{recipe.epochs} epochs of {optimizer}",
        f"learning rate {recipe.lr:g}, {schedule}",
        _warmup(recipe),
        f"weight decay {recipe.weight_decay:g}",
        "momentum and weight decay in idle blocks too" if recipe.idle_updates else "",
        f"label smoothing {recipe.label_smoothing:g}" if recipe.label_smoothing else "",
        f"gradients clipped to norm {recipe.gradient_clip:g}" if recipe.gradient_clip is not None else "",
        f"moving average of the weights with decay {recipe.ema_decay:g}" if recipe.ema_decay else "",
        _adversarial(recipe.adversarial) if recipe.adversarial else "",
        f"batches of {recipe.batch_size}",
        "augmented" if recipe.augment else "not augmented",
    ]
    return ", ".join(part for part in parts if part)


def _warmup(recipe: Recipe) -> str:
    """How long the rate warms up, and at which rate where it does not rise; empty without a warm-up."""
    length = f"{recipe.warmup_steps} steps of" if recipe.warmup_steps else f"{percent(recipe.warmup, 0)} %"
    rate = "" if recipe.warmup_lr is None else f" at {recipe.warmup_lr:g}"
    return f"{length} warm-up{rate}" if recipe.warmup or recipe.warmup_steps else ""


def _adversarial(how: Adversarial) -> str:
    """What the images of training are, as part of a line."""
    steps = "one fast step" if how.attack == "fgsm" else f"{how.attack.upper()}-{how.passes}"
    grows = f", growing over {percent(how.warmup, 0)} % of the epochs" if how.warmup else ""
    clean = f"; {percent(how.clean, 0)} % of them clean" if how.clean else ""
    return f"adversarial images ({steps} of {how.length:.3g} within {how.epsilon:g}{grows}{clean})"


def own_recipe(network: NetworkEvidence, recipe: Recipe) -> Mapping[str, tuple[str, str]]:
    """Fields in which a network's recipe is not the study's: its own value, and the study's."""
    own = network.first.recipe.differences(recipe) if network.models and not network.is_given else {}
    return {name: (_rounded(value), _rounded(getattr(recipe, name))) for name, value in own.items()}


def own_recipe_line(network: NetworkEvidence, recipe: Recipe) -> str:
    """What is different in a network's recipe, in one line; empty where it is the study's."""
    fields = own_recipe(network, recipe)
    return ", ".join(
        f"{name.replace('_', ' ')} {own} (the study’s: {theirs})" for name, (own, theirs) in fields.items()
    )


def processors(environments: Sequence[EnvironmentEvidence]) -> list[str]:
    """What each one's processor is called; those that share a name have their instructions behind it."""
    names = [str(environment.description.get("processor") or "an unknown processor") for environment in environments]
    instructions = [environment.description.get("instructions") for environment in environments]
    return [
        f"{name} ({own})" if own and names.count(name) > 1 else name
        for name, own in zip(names, instructions, strict=True)
    ]


def machine_line(environment: Mapping[str, Any]) -> str:
    """Hardware and the versions that matter most, in one line."""
    parts = [str(environment.get("processor") or "unknown processor")]
    if environment.get("instructions"):
        parts.append(str(environment["instructions"]))
    if environment.get("cpus"):
        parts.append(f"{environment['cpus']} CPUs")
    parts += [str(gpu) for gpu in environment.get("gpus") or ["no GPU"]]
    if environment.get("system"):
        parts.append(str(environment["system"]))
    torch = (environment.get("packages") or {}).get("torch")
    if torch:
        parts.append(f"torch {torch}")
    return ", ".join(parts)


def machines_line(environments: Sequence[EnvironmentEvidence]) -> str:
    """The environment that made most of a study, and how many others there are."""
    if not environments:
        return "unknown"
    others = f"; and {len(environments) - 1} more, see “Can these numbers be trusted?”" if len(environments) > 1 else ""
    return machine_line(environments[0].description) + others


def dates(environments: Sequence[EnvironmentEvidence]) -> str:
    """When a study's results were made, or that this is unknown."""
    moments = [moment for environment in environments for text in environment.dates if (moment := _moment(text))]
    if not moments:
        return "unknown date"
    first, last = (f"{m.day} {m:%B %Y, %H:%M} {m.tzname() or ''}".strip() for m in (min(moments), max(moments)))
    return first if first == last else f"{first} to {last}"


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def timing_environments(evidence: Evidence) -> list[EnvironmentEvidence]:
    """The environments that timings were made in."""
    return [environment for environment in evidence.environments if "latency" in environment.networks]


def main_timing(evidence: Evidence) -> str:
    """Key of the environment in which most networks were timed, where there are several; else empty."""
    found = Counter(network.timed_in for network in evidence.networks if network.timed_in)
    return found.most_common(1)[0][0] if len(found) > 1 else ""


def timing_note(evidence: Evidence) -> str:
    """What a table of times says where they were made in several environments; empty where in one."""
    timed = timing_environments(evidence)
    if len(timed) < 2:
        return ""
    names = [f"{machine_line(e.description)}: {listing(e.networks['latency'])}" for e in timed]
    return f" Times come from {len(timed)} environments and cannot be compared across them ({'; '.join(names)})."


def made_there(environment: EnvironmentEvidence, environments: Sequence[EnvironmentEvidence]) -> str:
    """What was made in an environment: what was done, to which networks, and by which commits."""
    everyone = {label for one in environments for labels in one.networks.values() for label in labels}
    done: dict[tuple[str, ...], list[str]] = {}
    for what, labels in environment.networks.items():
        done.setdefault(labels, []).append(what)
    parts = [
        f"{listing(what)}: {'every network' if {*labels} == everyone else listing(labels)}"
        for labels, what in done.items()
    ]
    commits = f"commit {listing(environment.commits)}" if environment.commits else "no commit known"
    return "; ".join([*parts, commits])


def baseline_line(network: NetworkEvidence, unit: Unit) -> str:
    """The baseline of a network, and its size."""
    baseline = network.first.baseline
    if network.is_baseline:
        return "is a static ResNet, and its own baseline"
    size = f"{unit.format(baseline.macs)} {unit.name} MACs, {baseline.parameters:,} parameters"
    return f"is compared with the baseline {baseline.network} ({size})"


def environment_rows(environment: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Everything that is known of the machine, flat, names and values."""
    rows = []
    for name, value in environment.items():
        if isinstance(value, Mapping):
            rows += [(str(key), str(inner)) for key, inner in value.items()]
        elif isinstance(value, list):
            rows.append((name.replace("_", " "), ", ".join(map(str, value)) or "none"))
        else:
            rows.append((name.replace("_", " "), "unknown" if value is None else str(value)))
    return rows


def as_yaml(values: Mapping[str, Any]) -> str:
    """A mapping as readable YAML."""
    plain = json.loads(json.dumps(dict(values)))
    text: str = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
    return text


def setting_values(setting: Setting) -> str:
    """The values of a setting in one line, rounded for readers."""
    return ", ".join(f"{name} = {_rounded(value)}" for name, value in setting.values.items())


def _rounded(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return "(" + ", ".join(_rounded(part) for part in value) + ")"
    return "–" if value is None else str(value)


def without_folders(traceback: str) -> str:
    """A traceback whose files are named from the project on: the page names no folder of a machine."""
    return _FOLDERS.sub(r'File "\1"', traceback)
