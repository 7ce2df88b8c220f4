# SPDX-License-Identifier: Apache-2.0
"""Runs a batch on a Nightshift cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Mapping, Optional

from nightshift import Batch, Client, NightshiftError, Rejected, Submission

from ..base import AirflowFailException, BaseOperator
from ..hooks.nightshift import NightshiftHook
from ..keys import key_after, key_of, name_of_task
from ..outcome import batch_of_event, failure_of, result_of
from ..triggers.nightshift import NightshiftBatchTrigger

# Each cancelled batch of a task leads to the key of the next.
_MOST_CANCELLED = 100


class NightshiftBatchOperator(BaseOperator):
    """Submits a job, and waits in the triggerer until its batch is published.

    The submission has an idempotency key of the task instance. So a task that is retried or cleared finds its batch
    again: it waits for a running batch, and continues a failed batch from what is committed. If the batch was cancelled,
    the task starts another one.

    The task returns `batch`, `state`, `rows`, `predictions`, `quarantined`, `destination`, `model` and `model_digest`. If
    the batch has a permanent failure or is cancelled, the task fails without a retry. If it has a transient failure,
    Airflow retries the task.

    Args:
        job: the job file: a path on the workers, or its text. Jinja does not render it: its placeholders are those of
            `parameters`.
        parameters: values of the job's parameters by name, such as `{"day": "{{ ds }}"}`. Rendered by Jinja.
        key: another idempotency key than that of the task instance. Rendered by Jinja.
        rerun: a text that makes another key and forces another batch, for example from `dag_run.conf`. Rendered by Jinja.
        skip_on_empty: whether to skip the task if the input has no rows.
        cancel_on_kill: whether to cancel the batch when the task is killed.
        deferrable: whether to wait in the triggerer. Otherwise the task keeps its worker slot.
        poll_interval: seconds between two requests of the triggerer.
        patience: seconds without an answer of a node after which the wait fails, and Airflow may retry the task.
        nightshift_conn_id: the ID of the Airflow connection.
    """

    template_fields: Sequence[str] = ("parameters", "key", "rerun")
    ui_color = "#dfe6f5"

    def __init__(
        self,
        *,
        job: str,
        parameters: Optional[Mapping[str, Any]] = None,
        key: Optional[str] = None,
        rerun: str = "",
        skip_on_empty: bool = False,
        cancel_on_kill: bool = True,
        deferrable: bool = True,
        poll_interval: float = 10.0,
        patience: float = 900.0,
        nightshift_conn_id: str = NightshiftHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.job = job
        self.parameters = parameters
        self.key = key
        self.rerun = rerun
        self.skip_on_empty = skip_on_empty
        self.cancel_on_kill = cancel_on_kill
        self.deferrable = deferrable
        self.poll_interval = poll_interval
        self.patience = patience
        self.nightshift_conn_id = nightshift_conn_id
        # For on_kill, which Airflow calls on the object whose method runs.
        self._batch: Optional[str] = None

    def execute(self, context: Any) -> Any:
        """Submits the job. Defers only if the batch has not ended yet."""
        try:
            client = NightshiftHook(self.nightshift_conn_id).get_conn()
            batch = self._submitted(client, context)
            context["ti"].xcom_push(key="batch", value=batch.id)
            return self._result(client, batch)
        except (NightshiftError, ValueError, OSError) as e:
            raise failure_of(e) from e

    def execute_complete(self, context: Any, event: Any = None) -> Any:
        """Called when the trigger has fired. Reads the end of the batch from its ledger, and raises on anything but
        success."""
        batch = batch_of_event(event)
        self._batch = batch
        try:
            client = NightshiftHook(self.nightshift_conn_id).get_conn()
            return self._result(client, client.get(batch))
        except (NightshiftError, ValueError, OSError) as e:
            raise failure_of(e) from e

    def on_kill(self) -> None:
        """Cancels the batch."""
        if self._batch is None or not self.cancel_on_kill:
            return
        try:
            NightshiftHook(self.nightshift_conn_id).get_conn().cancel(self._batch, "the task was killed in Airflow")
            self.log.info("Cancelled batch %s", self._batch)
        except Exception:
            self.log.exception("batch %s was not cancelled; it may still be running", self._batch)

    def _submitted(self, client: Client, context: Any) -> Batch:
        task = context["ti"]
        map_index = -1 if task.map_index is None else task.map_index
        key = key_of(self.key or name_of_task(task.dag_id, task.run_id, task.task_id, map_index), self.rerun)
        for _ in range(_MOST_CANCELLED):
            submission = self._submit(client, key)
            self._batch = submission.batch
            batch = client.get(submission.batch)
            if not (submission.repeated and batch.state == "cancelled"):
                self.log.info("Batch %s is %s. The key is %s", batch.id, batch.state, key)
                return batch
            self.log.info("Batch %s was cancelled. Another follows", batch.id)
            key = key_after(key, batch.id)
        raise AirflowFailException(f"{_MOST_CANCELLED} batches of this task were cancelled. Give another rerun")

    def _submit(self, client: Client, key: str) -> Submission:
        try:
            return client.submit(
                self.job, parameters=self.parameters, key=key, fresh=bool(self.rerun), retry_failed=True
            )
        except Rejected as e:
            raise AirflowFailException(
                f"{e} The key of this task is {key}. Another value of rerun makes another key"
            ) from e

    def _result(self, client: Client, batch: Batch) -> Any:
        """The result of a batch that has ended; otherwise waits for its end, or defers."""
        if not batch.is_settled and self.deferrable:
            self.defer(
                trigger=NightshiftBatchTrigger(
                    nightshift_conn_id=self.nightshift_conn_id,
                    batch=batch.id,
                    poll_interval=self.poll_interval,
                    patience=self.patience,
                    cancel_on_kill=self.cancel_on_kill,
                ),
                method_name="execute_complete",
                timeout=self.execution_timeout,
            )
        end = client.wait(batch.id, patience=self.patience)
        return result_of(client, end, self.skip_on_empty)
