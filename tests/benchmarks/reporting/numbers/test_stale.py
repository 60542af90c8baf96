"""What the page calls stale: which code is today's depends on the day, but it is the same for all records."""

from __future__ import annotations

import json
import re
from collections import defaultdict

from tests.benchmarks.reporting.numbers.records import Network, Study

TRAINED, MEASURED = "trained by other code", "measured by other code or options"


def named(network: Network, what: str) -> set[str]:
    """The files or tables that are said to be other ones than today's."""
    found = re.search(rf"{what}: ([^;]*)", network.stale)
    return set(re.split(r", | and ", found[1])) if found else set()


def test_reasons_are_files_and_tables_that_there_are(study: Study) -> None:
    for network in study.networks:
        assert not re.sub(rf"(; )?({TRAINED}|{MEASURED}): [^;]*", "", network.stale), network.stale
        assert {name.rpartition(".")[2] for name in named(network, TRAINED)} <= {"py"}
        assert named(network, MEASURED) <= set(network.manifest["tables"])


def test_equal_code_is_stale_for_all_networks_or_for_none(study: Study) -> None:
    verdicts: dict[str, set[bool]] = defaultdict(set)
    for network in study.networks:
        trained, measured = named(network, TRAINED), named(network, MEASURED)
        for file, digest in network.config["code"].items():
            verdicts[f"{network.config['roots']} {file} {digest}"].add(file in trained)
        for name, made in network.manifest["tables"].items():
            version = {part: made["version"].get(part) for part in ("code", "options")}
            verdicts[f"{name} {json.dumps(version, sort_keys=True)}"].add(name in measured)
    assert [what for what, found in verdicts.items() if len(found) > 1] == []
