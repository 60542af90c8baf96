"""What is kept of a run that was interrupted, in a phrase."""

from __future__ import annotations

from benchmarks.records.files import StoreError
from benchmarks.running.campaign import Campaign


def kept(campaign: Campaign) -> str:
    """How many networks are finished, how many have still to be measured, and how many continue from a checkpoint.

    Empty if the results cannot be read.
    """
    try:
        plan = campaign.plan()
    except (StoreError, OSError):
        return ""
    complete = sum(planned.complete for planned in plan)
    trained = sum(planned.trained for planned in plan) - complete
    started = sum(planned.status.state == "started" for planned in plan)
    parts = [f"{complete} of {len(plan)} networks {_is(complete)} trained and measured"]
    if trained:
        parts.append(f"{trained} {_is(trained)} trained")
    if started:
        parts.append(f"{started} continue{'s from its checkpoint' if started == 1 else ' from their checkpoints'}")
    return ", ".join(parts)


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
