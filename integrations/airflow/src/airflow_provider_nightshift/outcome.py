# SPDX-License-Identifier: Apache-2.0
"""From the end of a batch, or the failure of a request, to the end of a task."""

from __future__ import annotations

from typing import Any, Mapping

from nightshift import Batch, Client, NightshiftError

from .base import AirflowException, AirflowFailException, AirflowSkipException


def result_of(client: Client, batch: Batch, skip_on_empty: bool = False) -> dict[str, Any]:
    """What a task returns for a published batch: the XCom.

    Raises:
        AirflowSkipException: if the batch has no input, and the task is to be skipped then.
        AirflowFailException: if the batch has a permanent failure, or was cancelled. Airflow does not retry the task.
        AirflowException: if the batch has a transient failure. Airflow retries the task.
        NightshiftError: if no node answers.
    """
    if batch.state != "published":
        because = f": {batch.reason}" if batch.reason else ""
        message = f"batch {batch.id} is {batch.state}{because}"
        raise AirflowException(message) if batch.state == "failed" and batch.retryable else AirflowFailException(message)
    if skip_on_empty and batch.read == 0:
        raise AirflowSkipException(f"the input of batch {batch.id} has no rows")
    return {
        "batch": batch.id,
        "state": batch.state,
        "rows": batch.read,
        "predictions": batch.predictions,
        "quarantined": batch.quarantined,
        "destination": batch.destination,
        "model": batch.model,
        "model_digest": client.model_digest(batch.id),
    }


def failure(message: str, retryable: bool) -> AirflowException:
    """The exception after which Airflow retries the task, or does not."""
    return AirflowException(message) if retryable else AirflowFailException(message)


def failure_of(error: Exception) -> AirflowException:
    """The exception for a request that failed, or for an argument that is wrong."""
    return failure(str(error), isinstance(error, NightshiftError) and error.retryable)


def batch_of_event(event: Any) -> str:
    """The batch that a trigger has seen to its end.

    Raises:
        AirflowException: if the event is another one. A task is never green because an event is not understood.
    """
    if not isinstance(event, Mapping):
        raise AirflowException(f"the trigger sent {event!r} in place of an event of Nightshift")
    if event.get("status") == "error":
        raise failure(str(event.get("message")), bool(event.get("retryable")))
    if event.get("status") != "ended" or not event.get("batch"):
        raise AirflowException(f"the trigger sent an unknown event: {dict(event)!r}")
    return str(event["batch"])
