"""MLflow's store in one SQLite file: `mlflow ui --backend-store-uri sqlite:///DIR/mlflow.db` shows it."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

from benchmarks.tracking.scalars import Scalars

FILE = "mlflow.db"
RECORD = "routebench.record"
"""The tag of a run that names its record."""
BATCH = 1_000
"""Metrics that MLflow takes at once."""


def write_run(folder: Path, study: str, scalars: Scalars) -> None:
    """Write a network's numbers as a run of the study's experiment, in the place of its record's run from before.

    Args:
        folder: of the store.
        study: name of the study, and of the experiment.
        scalars: of the network.

    Raises:
        OSError: the store cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own, of the database's library
        from mlflow.exceptions import MlflowException

        try:
            _write(folder / FILE, study, scalars)
        except MlflowException as error:
            raise OSError(f"{folder / FILE}: {error}") from error


def _write(file: Path, study: str, scalars: Scalars) -> None:
    from mlflow.entities import Metric, RunTag
    from mlflow.tracking import MlflowClient

    for noisy in ("mlflow", "alembic"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    client = MlflowClient(tracking_uri=f"sqlite:///{file.resolve()}")
    known = client.get_experiment_by_name(study)
    experiment = known.experiment_id if known else client.create_experiment(study)
    for older in client.search_runs([experiment], f"tags.`{RECORD}` = '{scalars.record}'"):
        client.delete_run(older.info.run_id)
    moment = round(1000 * scalars.finished)
    run = client.create_run(experiment, start_time=moment, run_name=scalars.name).info.run_id
    trained = [
        Metric(name, value, moment, epoch) for epoch, row in scalars.epochs.items() for name, value in row.items()
    ]
    measured = [Metric(f"measured.{name}", value, moment, 0) for name, value in scalars.summary.items()]
    client.log_batch(run, tags=[RunTag(RECORD, scalars.record)])
    metrics = [*trained, *measured]
    for first in range(0, len(metrics), BATCH):
        client.log_batch(run, metrics=metrics[first : first + BATCH])
    client.set_terminated(run, end_time=moment)
