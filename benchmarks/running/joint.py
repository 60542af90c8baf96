"""Every process's part in the training of one network by several."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

import torch

from benchmarks.records.claims import Busy, claim, hold_machine
from benchmarks.records.store import Store
from benchmarks.running.events import MACHINE_WAIT, Progress, Report
from benchmarks.running.jobs import Job
from benchmarks.running.told import telling, told_file
from benchmarks.training.distributed.fitting import fit_jointly
from benchmarks.training.distributed.peers import Peers
from benchmarks.training.loop import NoCheckpoint
from benchmarks.training.numerics import single_threaded

GO, BUSY, DONE = "go", "busy", "done"


def run_part(job: Job, peers: Peers, report: Report) -> None:
    """Train a job's network together with the other processes, which call this too; measure nothing.

    The first process holds the claim, keeps the checkpoints and stores the record.

    Args:
        job: with the device of this process.
        peers: the processes.
        report: called on the first process.

    Raises:
        Busy: another run is working on the same network; nothing was done.
        PeerLost: another process is gone; the job can be tried again.
        Exception: any other error; the failure has already been stored.
    """
    store = job.store()
    if not peers.rank:
        report = telling(report, told_file(store.root, job.identity), job.kind, store.elsewhere.changed)
    with job.stored_failure(store), single_threaded():
        _run_part(job, store, peers, report)


def _run_part(job: Job, store: Store, peers: Peers, report: Report) -> None:
    dataset, identity, evaluation = job.identified()
    with ExitStack() as stack:
        state = GO
        if not peers.rank:
            try:
                stack.enter_context(claim(store.claim_file(identity)))
                store.fetch(identity)
                state = GO if job.lacks_weights(store.record(identity), dataset, evaluation) else DONE
            except Busy:
                state = BUSY
        state = peers.told(state)
        if state == BUSY:
            raise Busy(f"{identity.name}: another run is working on it")
        if state == DONE:
            return
        stack.enter_context(hold_machine(alone=False, on_wait=lambda: report(Progress(step=MACHINE_WAIT))))
        if not peers.rank:
            job.train(store, identity, dataset, report, partial(fit_jointly, peers=peers))
            return
        recipe = job.spec.recipe.model_copy(update={"precision": identity.precision})
        fit_jointly(
            job.spec.selector,
            dataset,
            recipe,
            seed=job.spec.seed,
            device=torch.device(job.device),
            checkpoint=NoCheckpoint(),
            peers=peers,
        )
