# SPDX-License-Identifier: Apache-2.0
"""The provider without a node: keys, connections, events, and the ends of tasks."""

from __future__ import annotations

import asyncio
import json
import os
import unittest
from typing import Any
from unittest import mock

import airflow_contract
from airflow_contract import Airflow, AirflowFailException, TaskInstance, serialized
from airflow_provider_nightshift import get_provider_info
from airflow_provider_nightshift.hooks.nightshift import NightshiftHook
from airflow_provider_nightshift.keys import key_after, key_of, name_of_task
from airflow_provider_nightshift.operators.nightshift import NightshiftBatchOperator
from airflow_provider_nightshift.sensors.nightshift import NightshiftBatchSensor
from airflow_provider_nightshift.triggers.nightshift import NightshiftBatchTrigger
from scripted_server import Answer, ScriptedServer, batch, problem

ID = "flights-20261124t231425-3f9a"
JOB = "job: flights\nmodel: flights\n"
EVENTS = Answer(200, {"batch": ID, "events": [{"event": "submitted", "model": {"sha256": "ab" * 32}}], "next": 1})


def connect(**fields: Any) -> Any:
    return mock.patch.dict(os.environ, {"AIRFLOW_CONN_NIGHTSHIFT_DEFAULT": json.dumps({"conn_type": "nightshift", **fields})})


class ProviderTest(unittest.TestCase):
    def serve(self, *answers: Answer) -> ScriptedServer:
        server = ScriptedServer(*answers)
        self.addCleanup(server.close)
        connection = connect(host=server.url, password="nst_secret")
        connection.start()
        self.addCleanup(connection.stop)
        return server

    def run_task(self, *answers: Answer, triggerer: Any = None, **options: Any) -> TaskInstance:
        self.server = self.serve(*answers)
        self.airflow = Airflow(
            lambda: NightshiftBatchOperator(task_id="score", job=JOB, **{"retries": 2, **options}),
            TaskInstance("score", "scheduled__2026-11-25T00:00:00+00:00"),
            triggerer or airflow_contract.triggerer,
            ds="2026-11-25",
        )
        return self.airflow.try_once()


class KeyTest(unittest.TestCase):
    def test_a_key_names_the_task_instance_and_no_try(self) -> None:
        name = name_of_task("scoring", "scheduled__2026-11-25T00:00:00+00:00", "score", 3)
        self.assertEqual(key_of(name), "scoring/scheduled__2026-11-25T00:00:00+00:00/score/3")
        self.assertEqual(key_of(name, "2"), key_of(name) + "/rerun=2")

    def test_a_long_or_unprintable_key_is_hashed(self) -> None:
        self.assertEqual(len(key_of("x" * 255)), 255)
        for name in ("x" * 256, "dag/a run/task/-1", "dag/Übung/task/-1"):
            self.assertRegex(key_of(name), "^sha256:[0-9a-f]{64}$")
        self.assertNotEqual(key_of("x" * 256), key_of("x" * 257))

    def test_the_key_after_a_cancelled_batch_is_the_same_for_every_try(self) -> None:
        self.assertEqual(key_after("k", ID), key_after("k", ID))
        self.assertNotEqual(key_after("k", ID), key_after("k", ID + "x"))


class ConnectionTest(unittest.TestCase):
    def urls(self, **fields: Any) -> list[str]:
        with connect(**fields):
            return [server.url for server in NightshiftHook().get_conn()._transport._servers()]

    def test_the_host_may_be_a_name_a_url_or_several(self) -> None:
        self.assertEqual(self.urls(host="a.example", port=7380), ["https://a.example:7380"])
        self.assertEqual(self.urls(host="a.example"), ["https://a.example"])
        self.assertEqual(self.urls(host="https://a.example:1,b.example", port=7380), ["https://a.example:1", "https://b.example:7380"])
        self.assertEqual(self.urls(host="localhost", schema="http", port=7380), ["http://localhost:7380"])
        self.assertEqual(self.urls(host="[::1]", port=7380), ["https://[::1]:7380"])
        self.assertEqual(self.urls(host="https://[::1]:1", port=7380), ["https://[::1]:1"])
        self.assertEqual(self.urls(), ["http://127.0.0.1:7380"])

    def test_a_mistake_in_a_connection_is_named(self) -> None:
        with connect(host="a.example", extra={"cafile": "ca.pem"}), self.assertRaisesRegex(ValueError, "unknown extra fields: cafile. Known are ca"):
            NightshiftHook().get_conn()
        with connect(host="http://a.example", password="nst_secret"), self.assertRaisesRegex(ValueError, "over https only"):
            NightshiftHook().get_conn()

    def test_the_triggerer_gets_the_connection_without_blocking(self) -> None:
        with connect(host="https://a.example"):
            client = asyncio.run(NightshiftHook().get_async_conn())
        self.assertEqual(client._transport._servers()[0].url, "https://a.example")

    def test_the_button_test_says_what_is_wrong(self) -> None:
        server = ScriptedServer(Answer(401, problem(401, "unauthorized", "The node does not know the token.")))
        self.addCleanup(server.close)
        with connect(host=server.url, password="nst_secret"):
            self.assertEqual(NightshiftHook().test_connection(), (False, "The node does not know the token."))

    def test_airflow_finds_the_hook_of_the_connection_type(self) -> None:
        [connection_type] = get_provider_info()["connection-types"]
        self.assertEqual(connection_type["connection-type"], NightshiftHook.conn_type)
        module, _, name = connection_type["hook-class-name"].rpartition(".")
        self.assertIs(getattr(__import__(module, fromlist=[name]), name), NightshiftHook)
        self.assertIn("relabeling", NightshiftHook.get_ui_field_behaviour())


class OperatorTest(ProviderTest):
    def test_a_batch_that_is_published_already_is_not_deferred(self) -> None:
        published = batch("published", destination="/predictions/batch=" + ID, read=300000, predictions=299999, committed=12)
        task = self.run_task(Answer(200, {"batch": ID, "repeated": True}), Answer(200, published), Answer(200, published), Answer(200, published), EVENTS)
        self.assertEqual(task.state, "success", task.error)
        self.assertEqual(task.deferrals, [])
        self.assertEqual(
            task.xcoms["return_value"],
            {
                "batch": ID,
                "state": "published",
                "rows": 300000,
                "predictions": 299999,
                "quarantined": 1,
                "destination": "/predictions/batch=" + ID,
                "model": "flights@1",
                "model_digest": "ab" * 32,
            },
        )

    def test_parameters_are_rendered_and_the_key_is_that_of_the_task(self) -> None:
        self.run_task(
            Answer(201, {"batch": ID}), Answer(200, batch("failed")), parameters={"day": "{{ ds }}"}, rerun="{{ ds }}"
        )
        [submission] = [request for request in self.server.requests if request.method == "POST"]
        self.assertEqual(submission.query, [("new", "true"), ("param", "day=2026-11-25")])
        self.assertEqual(
            submission.headers["idempotency-key"],
            "scoring/scheduled__2026-11-25T00:00:00+00:00/score/-1/rerun=2026-11-25",
        )

    def test_only_a_failure_that_may_be_gone_is_retried(self) -> None:
        for description, state in (
            (batch("failed", reason="too many rows are quarantined"), "failed"),
            (batch("failed", reason="no space left", retryable=True), "up_for_retry"),
            (batch("cancelled", reason="wrong day"), "failed"),
            (batch("damaged", reason="an entry is missing"), "failed"),
        ):
            with self.subTest(description=description):
                task = self.run_task(Answer(201, {"batch": ID}), Answer(200, description))
                self.assertEqual(task.state, state)
                self.assertIn(f"batch {ID} is {description['state']}: {description['reason']}", str(task.error))
                self.assertNotIn("return_value", task.xcoms)

    def test_only_a_request_that_may_succeed_later_is_retried(self) -> None:
        for answer, state in (
            (Answer(422, problem(422, "rejected", "there is no model flights")), "failed"),
            (Answer(403, problem(403, "forbidden", "the role submit is needed")), "failed"),
            (Answer(503, problem(503, "unavailable", "Nothing was started"), {"Retry-After": "0"}), "up_for_retry"),
        ):
            with self.subTest(answer=answer):
                task = self.run_task(answer)
                self.assertEqual(task.state, state)
                self.assertIn(answer.body["detail"], str(task.error))

    def test_an_empty_input_is_skipped_if_asked(self) -> None:
        empty = Answer(200, batch("published", read=0, predictions=0, quarantined=0))
        self.assertEqual(self.run_task(Answer(201, {"batch": ID}), empty, empty, empty, empty, skip_on_empty=True).state, "skipped")
        self.assertEqual(self.run_task(Answer(201, {"batch": ID}), empty, empty, EVENTS).state, "success")

    def test_no_event_but_the_right_one_makes_a_task_green(self) -> None:
        for event in (None, {}, "published", [], {"status": "success"}, {"status": "ended"}, {"status": "error", "message": "x"}):
            with self.subTest(event=event):
                task = self.run_task(
                    Answer(201, {"batch": ID}), Answer(200, batch("running")), triggerer=lambda stored, event=event: event
                )
                self.assertIn(task.state, ("failed", "up_for_retry"))

    def test_an_event_is_a_hint_and_the_ledger_decides(self) -> None:
        task = self.run_task(
            Answer(201, {"batch": ID}),
            Answer(200, batch("running")),
            Answer(200, batch("failed", reason="disk full")),
            triggerer=lambda stored: {"status": "ended", "batch": ID},
        )
        self.assertEqual(task.state, "failed")
        self.assertIn("disk full", str(task.error))

    def test_a_batch_that_was_cancelled_is_followed_by_another(self) -> None:
        other = ID + "-2"
        task = self.run_task(
            Answer(200, {"batch": ID, "repeated": True}),
            Answer(200, batch("cancelled")),
            Answer(200, batch("cancelled")),
            Answer(201, {"batch": other}),
            Answer(200, {**batch("failed", reason="x"), "batch": other}),
        )
        self.assertIn(f"batch {other} is failed", str(task.error))
        keys = [request.headers["idempotency-key"] for request in self.server.requests if request.method == "POST"]
        self.assertEqual(keys[1], key_after(keys[0], ID))

    def test_a_task_that_is_killed_cancels_its_batch(self) -> None:
        self.run_task(Answer(201, {"batch": ID}), Answer(200, batch("failed")))
        self.airflow.operator.on_kill()
        self.assertEqual(self.server.requests[-1].path, f"/v1/batches/{ID}/cancel")
        self.run_task(Answer(201, {"batch": ID}), Answer(200, batch("failed")), cancel_on_kill=False)
        self.airflow.operator.on_kill()
        self.assertNotIn("cancel", self.server.requests[-1].path)

    def test_a_job_file_that_cannot_be_read_fails_the_task(self) -> None:
        self.serve(Answer(201, {"batch": ID}))
        task = Airflow(
            lambda: NightshiftBatchOperator(task_id="score", job="/nosuch.yaml", retries=2), TaskInstance("score", "r")
        ).try_once()
        self.assertEqual(task.state, "failed")
        self.assertIsInstance(task.error, AirflowFailException)
        self.assertIn("/nosuch.yaml can't be read", str(task.error))


class TriggerTest(ProviderTest):
    def trigger(self, **options: Any) -> NightshiftBatchTrigger:
        return NightshiftBatchTrigger(nightshift_conn_id="nightshift_default", **{"batch": ID, "poll_interval": 0.01, **options})

    def test_the_trigger_survives_the_database_and_holds_no_secret(self) -> None:
        with connect(host="https://a.example", password="nst_secret"):
            stored = serialized(self.trigger(cancel_on_kill=True, patience=1.5))
            run = serialized(self.trigger(batch=None, job="churn", parameters={"day": "2026-11-25"}))
        self.assertNotIn("nst_secret", json.dumps([stored, run]))

    def test_the_trigger_fires_when_the_batch_has_ended(self) -> None:
        self.serve(
            Answer(200, batch("running")),
            Answer(503, problem(503, "unavailable", "the journal is unavailable")),
            Answer(200, batch("publishing")),
            Answer(200, batch("published")),
        )
        self.assertEqual(airflow_contract.triggerer(serialized(self.trigger())), {"status": "ended", "batch": ID})

    def test_the_trigger_ends_without_an_answer_or_a_right(self) -> None:
        self.serve(Answer(502, b""))
        event = airflow_contract.triggerer(serialized(self.trigger(patience=0.0)))
        self.assertEqual((event["status"], event["retryable"]), ("error", True))
        self.serve(Answer(401, problem(401, "unauthorized", "The node does not know the token.")))
        event = airflow_contract.triggerer(serialized(self.trigger()))
        self.assertEqual(event, {"status": "error", "message": "The node does not know the token.", "retryable": False})
        with connect(host="http://a.example", password="nst_secret"):
            event = airflow_contract.triggerer(serialized(self.trigger()))
        self.assertFalse(event["retryable"])

    def test_only_a_user_cancels_and_not_the_end_of_a_triggerer(self) -> None:
        server = self.serve(Answer(200, batch("running")))

        async def stop() -> None:
            task = asyncio.ensure_future(airflow_contract.first_event(self.trigger(cancel_on_kill=True)))
            while not server.requests:
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(stop())
        self.assertEqual({request.method for request in server.requests}, {"GET"})
        asyncio.run(self.trigger().on_kill())
        self.assertEqual({request.method for request in server.requests}, {"GET"})
        asyncio.run(self.trigger(cancel_on_kill=True).on_kill())
        self.assertEqual(server.requests[-1].path, f"/v1/batches/{ID}/cancel")

    def test_a_trigger_waits_for_one_thing(self) -> None:
        for options in ({}, {"batch": ID, "job": "churn"}):
            with self.assertRaisesRegex(ValueError, "either a batch or a job"):
                NightshiftBatchTrigger("nightshift_default", **options)
            with self.assertRaisesRegex(ValueError, "either a batch or a job"):
                NightshiftBatchSensor(task_id="wait", **options)


class SensorTest(ProviderTest):
    def sense(self, **options: Any) -> TaskInstance:
        return Airflow(
            lambda: NightshiftBatchSensor(task_id="wait", poke_interval=0.01, **options),
            TaskInstance("wait", "r"),
            ds="2026-11-25",
        ).try_once()

    def test_the_sensor_waits_until_the_run_of_a_job_is_published(self) -> None:
        def page(*batches: Any) -> Answer:
            return Answer(200, {"batches": list(batches), "next": None})

        today, yesterday = {"day": "2026-11-25"}, {"day": "2026-11-24"}
        published = batch("published", parameters=today)
        for deferrable in (True, False):
            with self.subTest(deferrable=deferrable):
                server = self.serve(
                    page(batch("published", parameters=yesterday)),
                    page(batch("cancelled", parameters=today), batch("published", parameters=yesterday)),
                    page(batch("running", parameters=today)),
                    page(batch("published", parameters=yesterday), published),
                    *([Answer(200, published)] if deferrable else []),
                    EVENTS,
                )
                task = self.sense(job="churn", parameters={"day": "{{ ds }}"}, deferrable=deferrable)
                self.assertEqual((task.state, task.xcoms["return_value"]["batch"]), ("success", ID), task.error)
                self.assertEqual(server.requests[0].query, [("job", "churn"), ("limit", "100")])
                self.assertEqual(len(task.deferrals), 1 if deferrable else 0)

    def test_the_sensor_fails_if_the_batch_fails(self) -> None:
        for retryable in (True, False):
            self.serve(Answer(200, batch("running")), Answer(200, batch("failed", reason="x", retryable=retryable)))
            task = self.sense(batch=ID, retries=1)
            self.assertEqual(task.state, "up_for_retry" if retryable else "failed")


if __name__ == "__main__":
    unittest.main()
