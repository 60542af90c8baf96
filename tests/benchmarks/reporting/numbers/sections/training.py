"""Tables on training, calibration, and where the time went."""

from __future__ import annotations

from tests.benchmarks.reporting.numbers.records import BINS, Network, Study, calibration_error, share_right
from tests.benchmarks.reporting.numbers.saying import (
    Cell,
    Column,
    Says,
    Table,
    duration,
    joined,
    number,
    percent,
    says,
    word,
)

WORDS = {"waiting": "waiting for the machine", "other": "other work of the jobs"}


def training(study: Study) -> Table:
    """Time and accuracy of every training."""
    networks = study.networks
    histories = [network.table("history") for network in networks]
    medians = [float(own["seconds"].median()) for own in histories]
    totals = [float(network.config["seconds"]) for network in networks]
    seeds = [network.config["spec"]["repetition"] for network in networks]
    columns = [
        Column(Says("Network"), [network.as_row() for network in networks]),
        Column(Says("Seed"), [Cell(number(seed + 1).text, float(seed)) for seed in seeds]),
        Column(Says("Epochs"), [number(len(own)) for own in histories]),
        Column(Says("Phases"), [word(" → ".join(own["phase"].unique())) for own in histories]),
    ]
    for head, name in (("Training", "train_accuracy"), ("Validation", "validation_accuracy")):
        shares = [percent(float(own[name].iloc[-1])) for own in histories]
        columns.append(Column(Says(f"{head} accuracy %, last epoch"), shares))
    columns += [
        Column(Says("Epoch median"), [Cell(duration(own), own) for own in medians]),
        Column(Says("Total"), [Cell(duration(own), own) for own in totals]),
        Column(Says("Device"), [word(network.config["device"]) for network in networks]),
    ]
    return Table(columns)


def calibration(study: Study) -> Table:
    """How far confidence can be trusted."""
    answers = [network.answers() for network in study.networks]
    return Table(
        [
            Column(Says("Network"), [network.as_row() for network in study.networks]),
            Column(Says("Setting"), [word(network.first) for network in study.networks]),
            Column(Says("Accuracy %"), [percent(share_right(own)) for own in answers]),
            Column(Says("Top-5 %"), [percent(float(own["top5"].mean())) for own in answers]),
            Column(
                Says("Calibration error points"),
                [percent(calibration_error(own)) for own in answers],
                says("…{} equal bins.", BINS),
            ),
            Column(Says("NLL nats"), [number(float(own["nll"].mean())) for own in answers]),
        ]
    )


def spent(study: Study) -> Table:
    """Seconds of every step."""
    steps: dict[str, list[tuple[float, str]]] = {}
    for network in study.networks:
        for step, seconds in seconds_by_step(network).items():
            steps.setdefault(step, []).append((seconds, network.name))
    totals = {step: sum(seconds for seconds, _ in several) for step, several in steps.items()}
    ordered = sorted(steps, key=lambda step: -totals[step])
    whole = sum(totals.values())
    shares = [Cell(percent(totals[step] / whole).text, totals[step]) for step in ordered]
    columns = [
        Column(Says("Step"), [word(WORDS.get(step, step)) for step in ordered]),
        Column(Says("Times"), [number(len(steps[step])) for step in ordered]),
        Column(Says("Total"), [Cell(duration(totals[step]), totals[step]) for step in ordered]),
        Column(Says("Share %"), shares),
        Column(Says("Longest"), [_longest(*max(steps[step])) for step in ordered]),
    ]
    return Table(columns, fold=joined("… ", duration(whole), " of jobs…"))


def seconds_by_step(network: Network) -> dict[str, float]:
    """What training, every table and the rest of a network's jobs took."""
    manifest = network.manifest
    own = {"training": network.config["seconds"]}
    own |= {name: entry["seconds"] for name, entry in manifest["tables"].items() if "seconds" in entry}
    return {step: float(seconds) for step, seconds in (own | manifest.get("jobs", {})).items()}


def _longest(seconds: float, name: str) -> Cell:
    text = joined(f"{name}, ", duration(seconds))
    return Cell(text, Says(text.words.lower(), text.numbers))
