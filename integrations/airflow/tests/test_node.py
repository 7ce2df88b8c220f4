# SPDX-License-Identifier: Apache-2.0
"""The provider with a real node, which is killed midway."""

from __future__ import annotations

import asyncio
import json
import os
import unittest
from datetime import timedelta
from typing import Any, Callable, Mapping, Optional
from unittest import mock

import airflow_contract
import real_node
from airflow_contract import Airflow, TaskInstance
from airflow_provider_nightshift.operators.nightshift import NightshiftBatchOperator
from airflow_provider_nightshift.sensors.nightshift import NightshiftBatchSensor
from nightshift import Batch, Client

from .triggerer_process import TriggererProcess

DAYS = "parameters:\n  day: date\n"


@real_node.needs_node
class NodeTest(unittest.TestCase):
    def setUp(self) -> None:
        connection = {
            "conn_type": "nightshift",
            "host": real_node.SERVER,
            "extra": {"token_file": real_node.TOKEN_FILE},
        }
        variables = mock.patch.dict(os.environ, {"AIRFLOW_CONN_NIGHTSHIFT_DEFAULT": json.dumps(connection)})
        variables.start()
        self.addCleanup(variables.stop)
        self.client = Client(real_node.SERVER, token_file=real_node.TOKEN_FILE)

    def airflow(self, run_id: str, job: str, triggerer: Optional[Callable[[Mapping[str, Any]], Any]] = None, **options: Any) -> Airflow:
        return Airflow(
            lambda: NightshiftBatchOperator(task_id="score", job=job, poll_interval=0.2, **{"retries": 3, **options}),
            TaskInstance("score", run_id, dag_id=real_node.job_name("dag")),
            triggerer or airflow_contract.triggerer,
            ds="2001-01-03",
        )

    def committed(self, batch: str, least: int) -> Batch:
        def look() -> Optional[Batch]:
            seen = self.client.get(batch)
            return seen if seen.committed >= least or seen.is_settled else None

        return real_node.until(look, f"{least} commits of batch {batch}")

    def test_a_task_survives_a_node_and_a_triggerer_that_are_killed_midway(self) -> None:
        name = real_node.job_name("killed")

        def killed_midway(stored: Mapping[str, Any]) -> Any:
            batch = stored["arguments"]["batch"]
            first = TriggererProcess(stored)
            self.assertEqual(self.committed(batch, 2).state, "running")
            real_node.kill_and_restart()
            first.kill()
            real_node.open_gate()
            return TriggererProcess(stored).event()

        real_node.hold(name, 2)
        airflow = self.airflow("night", real_node.job(name), killed_midway)
        task = airflow.try_once()

        self.assertEqual(task.state, "success", task.error)
        result = task.xcoms["return_value"]
        batch = self.client.get(result["batch"])
        self.assertGreaterEqual(batch.incarnation, 2, "another node process has taken over")
        self.assertEqual(len(task.deferrals), 1)
        self.assertEqual(task.xcoms["batch"], batch.id)
        self.assertEqual(
            (result["state"], result["rows"], result["predictions"] + result["quarantined"], result["destination"]),
            ("published", real_node.ROWS, real_node.ROWS, batch.destination),
        )
        self.assertEqual(result["model"], batch.model)
        self.assertRegex(result["model_digest"], "^[0-9a-f]{64}$")

        again = airflow.try_once()
        self.assertEqual((again.state, again.xcoms["return_value"]["batch"]), ("success", batch.id), "a cleared task")
        self.assertEqual(len(task.deferrals), 1, "what is published is not waited for")

    def test_a_failure_that_is_gone_is_continued_by_the_next_try(self) -> None:
        name = real_node.job_name("outage")
        place = real_node.destination(name)
        aside = place.with_name(name + "-aside")

        def outage(stored: Mapping[str, Any]) -> Any:
            self.assertEqual(self.committed(stored["arguments"]["batch"], 2).state, "running")
            # Nothing can be written any more.
            place.rename(aside)
            place.write_text("not a folder")
            real_node.open_gate()
            return airflow_contract.triggerer(stored)

        real_node.hold(name, 2)
        airflow = self.airflow("night", real_node.job(name, more="retry:\n  storage: 1s\n"), outage)
        task = airflow.try_once()
        self.assertEqual(task.state, "up_for_retry", task.error)
        failed = self.client.get(task.xcoms["batch"])
        self.assertEqual((failed.state, failed.retryable), ("failed", True), failed.reason)

        place.unlink()
        aside.rename(place)
        airflow.triggerer = airflow_contract.triggerer
        task = airflow.try_once()
        self.assertEqual(task.state, "success", task.error)
        self.assertEqual(task.xcoms["return_value"]["batch"], failed.id, "the batch continues from what is committed")

    def test_a_failure_for_good_is_not_retried(self) -> None:
        name = real_node.job_name("failing")
        wrong = real_node.job(name).replace("select:\n", "select:\n    distance: if(distance = 733, 'inf'::DOUBLE, distance)\n")
        task = self.airflow("night", wrong.replace("max-rows: 100", "max-rows: 1")).try_once()
        self.assertEqual(task.state, "failed", task.error)
        self.assertIn("quarantined", str(task.error))

        refused = self.airflow("night", real_node.job(name).replace("job: ", "jb: ")).try_once()
        self.assertEqual(refused.state, "failed")
        self.assertIn("unknown key", str(refused.error))

    def test_each_dag_run_has_its_own_batch_and_an_empty_one_is_skipped(self) -> None:
        name = real_node.job_name("days")
        job = real_node.job(name, "date::DATE = {day}", DAYS)
        day = {"day": "{{ ds }}"}
        airflow = self.airflow("2001-01-03", job, parameters=day, skip_on_empty=True)
        first = airflow.try_once()
        self.assertEqual(first.state, "success", first.error)
        airflow.instance = TaskInstance("score", "1999-01-01", dag_id=first.dag_id)
        airflow.variables = {"ds": "1999-01-01"}
        second = airflow.try_once()
        self.assertEqual(second.state, "skipped", second.error)
        self.assertNotEqual(second.xcoms["batch"], first.xcoms["batch"])
        self.assertEqual(dict(self.client.get(second.xcoms["batch"]).parameters), {"day": "1999-01-01"})

        def sense(ds: str, **options: Any) -> TaskInstance:
            make = lambda: NightshiftBatchSensor(  # noqa: E731
                task_id="wait", job=name, parameters=day, poke_interval=0.2, timeout=60, **options
            )
            return Airflow(make, TaskInstance("wait", ds), ds=ds).try_once()

        self.assertEqual(sense("2001-01-03").xcoms["return_value"]["batch"], first.xcoms["batch"])

        def starts_later(stored: Mapping[str, Any]) -> Any:
            async def both() -> Any:
                waiting = asyncio.ensure_future(airflow_contract.first_event(airflow_contract.deserialized(stored)))
                await asyncio.sleep(0.5)
                await asyncio.to_thread(self.client.submit, job, parameters={"day": "2001-01-04"})
                return await waiting

            return asyncio.run(both())

        make = lambda: NightshiftBatchSensor(  # noqa: E731
            task_id="wait", job=name, parameters=day, poke_interval=0.2, timeout=60
        )
        late = Airflow(make, TaskInstance("wait", "late"), starts_later, ds="2001-01-04").try_once()
        self.assertEqual(late.state, "success", late.error)
        self.assertEqual(late.xcoms["return_value"]["state"], "published")

    def test_a_killed_task_cancels_its_batch_and_a_cleared_one_starts_another(self) -> None:
        name = real_node.job_name("killed-task")

        def killed(stored: Mapping[str, Any]) -> Any:
            # What Airflow 3.3 does when a user kills a deferred task.
            asyncio.run(airflow_contract.deserialized(stored).on_kill())
            return airflow_contract.triggerer(stored)

        real_node.hold(name, 0)
        airflow = self.airflow("night", real_node.job(name), killed)
        task = airflow.try_once()
        first = task.xcoms["batch"]
        self.assertEqual(task.state, "failed", task.error)
        end = self.client.get(first)
        self.assertEqual((end.state, end.reason), ("cancelled", "the task was killed in Airflow"))

        stopped: list[str] = []

        def worker_is_killed(stored: Mapping[str, Any]) -> Any:
            stopped.append(stored["arguments"]["batch"])
            airflow.operator.on_kill()
            return airflow_contract.triggerer(stored)

        airflow.triggerer = worker_is_killed
        self.assertEqual(airflow.try_once().state, "failed")
        self.assertNotEqual(stopped[0], first)
        self.assertEqual(self.client.get(stopped[0]).state, "cancelled")

        real_node.open_gate()
        airflow.make = lambda: NightshiftBatchOperator(
            task_id="score", job=real_node.job(name), deferrable=False, execution_timeout=timedelta(minutes=2)
        )
        third = airflow.try_once()
        self.assertEqual(third.state, "success", third.error)
        self.assertNotIn(third.xcoms["batch"], (first, stopped[0]))

    def test_a_forced_rerun_is_explicit(self) -> None:
        job = real_node.job(real_node.job_name("forced"))
        airflow = self.airflow("night", job, rerun="{{ rerun }}")
        airflow.variables["rerun"] = ""
        first = airflow.try_once().xcoms["return_value"]["batch"]
        self.assertEqual(airflow.try_once().xcoms["return_value"]["batch"], first)
        airflow.variables["rerun"] = "2"
        second = airflow.try_once().xcoms["return_value"]["batch"]
        self.assertNotEqual(second, first)
        self.assertEqual(airflow.try_once().xcoms["return_value"]["batch"], second)


if __name__ == "__main__":
    unittest.main()
