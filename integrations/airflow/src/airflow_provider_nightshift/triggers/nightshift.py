# SPDX-License-Identifier: Apache-2.0
"""Waits in the triggerer until a batch has ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any, Mapping, Optional

from nightshift import Batch, Client, NightshiftError

from ..base import BaseTrigger, TriggerEvent
from ..hooks.nightshift import NightshiftHook
from ..runs import ended_run

# A triggerer runs many triggers: its log has one line of each outage a minute.
_WARNING_INTERVAL = 60.0


class NightshiftBatchTrigger(BaseTrigger):
    """Asks for the status of a batch until it has ended, and then fires one event.

    The trigger has no state besides its arguments: a triggerer that is started again continues the wait. It never
    changes a batch, except when a user kills the deferred task.

    The event is `{"status": "ended", "batch": ID}`, or `{"status": "error", "message": …, "retryable": …}`.

    Args:
        nightshift_conn_id: the ID of the Airflow connection. Secrets are not arguments of a trigger.
        batch: the ID of the batch, or None to wait for a run.
        job: the name of the job whose run to wait for, or None.
        parameters: the parameters of that run.
        poll_interval: seconds between two requests.
        patience: seconds without an answer of a node after which the wait fails, and Airflow may retry the task.
        cancel_on_kill: whether to cancel the batch when a user marks the deferred task as failed or succeeded, or clears
            it. Airflow 3.3 and newer tell the trigger so.
    """

    def __init__(
        self,
        nightshift_conn_id: str,
        batch: Optional[str] = None,
        job: Optional[str] = None,
        parameters: Optional[Mapping[str, str]] = None,
        poll_interval: float = 10.0,
        patience: float = 900.0,
        cancel_on_kill: bool = False,
    ) -> None:
        super().__init__()
        if (batch is None) == (job is None):
            raise ValueError("give either a batch or a job")
        self.nightshift_conn_id = nightshift_conn_id
        self.batch = batch
        self.job = job
        self.parameters = None if parameters is None else dict(parameters)
        self.poll_interval = poll_interval
        self.patience = patience
        self.cancel_on_kill = cancel_on_kill

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The arguments with which another triggerer makes the trigger again."""
        return (
            "airflow_provider_nightshift.triggers.nightshift.NightshiftBatchTrigger",
            {
                "nightshift_conn_id": self.nightshift_conn_id,
                "batch": self.batch,
                "job": self.job,
                "parameters": self.parameters,
                "poll_interval": self.poll_interval,
                "patience": self.patience,
                "cancel_on_kill": self.cancel_on_kill,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Waits, without blocking the event loop."""
        client: Optional[Client] = None
        answered = time.monotonic()
        warned: Optional[float] = None
        while True:
            try:
                if client is None:
                    client = await NightshiftHook(self.nightshift_conn_id).get_async_conn()
                ended = await asyncio.to_thread(self._ended, client)
                answered = time.monotonic()
                warned = None
            except NightshiftError as e:
                silence = time.monotonic() - answered
                if not e.retryable or silence >= self.patience:
                    yield TriggerEvent({"status": "error", "message": str(e), "retryable": e.retryable})
                    return
                if warned is None or time.monotonic() - warned >= _WARNING_INTERVAL:
                    warned = time.monotonic()
                    self.log.warning("no status of %s for %.0f s: %s", self._subject(), silence, e)
                ended = None
            except (ValueError, OSError) as e:
                # The connection is wrong, or a certificate can't be read.
                yield TriggerEvent({"status": "error", "message": str(e), "retryable": False})
                return
            if ended is not None:
                yield TriggerEvent({"status": "ended", "batch": ended.id})
                return
            await asyncio.sleep(self.poll_interval)

    async def on_kill(self) -> None:
        """Cancels the batch. Called by Airflow 3.3 and newer if a user kills the deferred task; never when a triggerer
        stops."""
        if not self.cancel_on_kill or self.batch is None:
            return
        try:
            client = await NightshiftHook(self.nightshift_conn_id).get_async_conn()
            await asyncio.to_thread(client.cancel, self.batch, "the task was killed in Airflow")
            self.log.info("Cancelled batch %s", self.batch)
        except Exception:
            self.log.exception("batch %s was not cancelled; it may still be running", self.batch)

    def _ended(self, client: Client) -> Optional[Batch]:
        """The batch if it has ended. Runs in a thread."""
        if self.batch is None:
            return ended_run(client, str(self.job), self.parameters or {})
        batch = client.get_once(self.batch)
        return batch if batch.is_settled else None

    def _subject(self) -> str:
        return f"job {self.job}" if self.batch is None else f"batch {self.batch}"
