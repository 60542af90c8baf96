"""What is said over the marks of figures."""

from __future__ import annotations

from collections.abc import Callable

from tests.benchmarks.reporting.numbers import attacked
from tests.benchmarks.reporting.numbers.records import Network, Study, share_right
from tests.benchmarks.reporting.numbers.saying import Says, says
from tests.benchmarks.reporting.numbers.sections.attack import attackable
from tests.benchmarks.reporting.numbers.times import is_timed, own_time, realised, speedup


def accuracy_macs(study: Study) -> list[list[Says]]:
    """Of every setting; the figure is drawn twice, for desks and phones."""
    unit, factor = study.unit
    tips = [
        says(f"{n.name}, {setting}: {{}} % at {{}} {unit} MACs", _accuracy(n, setting), n.routed(setting) * factor)
        for n in study.networks
        for setting in n.settings
    ]
    return [tips, tips]


def _accuracy(network: Network, setting: str) -> float:
    return 100 * share_right(network.answers(setting))


def accuracy_time(study: Study) -> list[list[Says]]:
    """Of every setting, a panel per batch size."""
    text = "{}, {}: {{}} % in {{}} ms, {{}} ({{}}–{{}}) times as fast as the baseline"
    return [
        [
            says(
                text.format(n.name, setting),
                _accuracy(n, setting),
                1e3 * own_time(n, size, setting).value / size,
                *speedup(n, size, setting).ends(),
            )
            for n in study.networks
            for setting in n.settings
            if is_timed(n, size, setting)
        ]
        for size in study.ends
    ]


def realised_times(study: Study) -> list[list[Says]]:
    """Of every setting of networks that can save something."""
    text = "{}, {}: {{}} % of the MACs in {{}} % of the time, realised {{}}"
    panels = []
    for size in study.ends:
        tips = []
        for network in study.networks:
            cost = network.table("cost").set_index("setting")
            shares = cost["executed"] / cost["nominal"]
            for setting, share in shares.items() if (shares < 1).any() else ():
                gain = realised(network, size, str(setting))[0]
                tips.append(says(text.format(network.name, setting), 100 * share, 100 * share / gain, gain))
        panels.append(tips)
    return panels


def attack_plane(study: Study) -> list[list[Says]]:
    """Of every place where a network stands."""
    unit, factor = study.unit
    attack, radius = attacked.headline(study)
    tips = []
    for network in study.networks:
        places = {"clean": network.at("robustness", attack=attacked.CLEAN), attack: attacked.strongest(study, network)}
        if network in attackable(study):
            places["slowdown"] = network.at("slowdown", goal="cost", epsilon=radius)
            places["slowdown, answer lost"] = network.at("slowdown", goal="lost", epsilon=radius)
        for name, own in places.items():
            text = f"{network.name}, {name}: {{}} % at {{}} {unit} MACs"
            tips.append(says(text, 100 * share_right(own), own["macs"].mean() * factor))
    return [tips]


TIPS: dict[str, Callable[[Study], list[list[Says]]]] = {
    "accuracy-macs": accuracy_macs,
    "accuracy-time": accuracy_time,
    "realised": realised_times,
    "attack-plane": attack_plane,
}
"""By figure, a list per panel; all other figures have none."""
