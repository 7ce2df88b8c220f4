# SPDX-License-Identifier: Apache-2.0
"""Waits for a batch that another program has started."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Mapping, Optional

from nightshift import NightshiftError

from ..base import BaseSensorOperator, PokeReturnValue
from ..hooks.nightshift import NightshiftHook
from ..outcome import batch_of_event, failure_of, result_of
from ..runs import ended_run
from ..triggers.nightshift import NightshiftBatchTrigger


class NightshiftBatchSensor(BaseSensorOperator):
    """Waits until a batch is published, and returns the same as the operator. It fails if the batch fails.

    Args:
        batch: the ID of the batch. Rendered by Jinja.
        job: the name of a job, in place of a batch: the sensor waits for the run of the job with the given parameters. It
            also waits until that run is started. Rendered by Jinja.
        parameters: the parameters of the run by name. Rendered by Jinja.
        deferrable: whether to wait in the triggerer. Otherwise the sensor waits as `mode` says.
        patience: seconds without an answer of a node after which the wait fails, and Airflow may retry the task.
        nightshift_conn_id: the ID of the Airflow connection.
    """

    template_fields: Sequence[str] = ("batch", "job", "parameters")
    ui_color = "#eef1f8"

    def __init__(
        self,
        *,
        batch: Optional[str] = None,
        job: Optional[str] = None,
        parameters: Optional[Mapping[str, Any]] = None,
        deferrable: bool = True,
        patience: float = 900.0,
        nightshift_conn_id: str = NightshiftHook.default_conn_name,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (batch is None) == (job is None):
            raise ValueError("give either a batch or a job")
        self.batch = batch
        self.job = job
        self.parameters = parameters
        self.deferrable = deferrable
        self.patience = patience
        self.nightshift_conn_id = nightshift_conn_id

    def execute(self, context: Any) -> Any:
        """Looks once, and defers if the batch has not ended."""
        if not self.deferrable:
            return super().execute(context)
        poked = self.poke(context)
        if poked:
            return poked.xcom_value
        self.defer(
            trigger=NightshiftBatchTrigger(
                nightshift_conn_id=self.nightshift_conn_id,
                batch=self.batch,
                job=self.job,
                parameters=None if self.parameters is None else {k: str(v) for k, v in self.parameters.items()},
                poll_interval=self.poke_interval,
                patience=self.patience,
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=self.timeout),
        )

    def poke(self, context: Any) -> PokeReturnValue:
        """Whether the batch is published. Raises if it ended otherwise."""
        try:
            client = NightshiftHook(self.nightshift_conn_id).get_conn()
            if self.batch is not None:
                batch = client.get(self.batch)
                ended = batch if batch.is_settled else None
            else:
                ended = ended_run(client, str(self.job), self.parameters or {})
            return PokeReturnValue(False) if ended is None else PokeReturnValue(True, result_of(client, ended))
        except (NightshiftError, ValueError, OSError) as e:
            raise failure_of(e) from e

    def execute_complete(self, context: Any, event: Any = None) -> Any:
        """Called when the trigger has fired. Raises on anything but success."""
        batch = batch_of_event(event)
        try:
            client = NightshiftHook(self.nightshift_conn_id).get_conn()
            return result_of(client, client.get(batch))
        except (NightshiftError, ValueError, OSError) as e:
            raise failure_of(e) from e
