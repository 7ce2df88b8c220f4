# SPDX-License-Identifier: Apache-2.0
"""The client with a real node, which is killed midway."""

from __future__ import annotations

import importlib.util
import json
import os
import unittest
from pathlib import Path

import nightshift
from nightshift import Client, read_predictions
from nightshift.predictions import duckdb_query
import real_node

HAS_PANDAS = importlib.util.find_spec("pandas") is not None


@unittest.skipUnless(real_node.HOME, "PythonIntegrationsIT starts the server that this test needs")
class ServeTest(unittest.TestCase):
    def test_a_wait_survives_a_server_that_starts_again_at_another_port(self) -> None:
        client = Client(home=real_node.HOME)
        name = real_node.job_name("served")
        real_node.hold(name, 2)
        submission = client.submit(real_node.job(name))
        killed = False
        for batch in client.watch(submission.batch):
            if batch.committed == 2 and not killed:
                self.assertEqual(batch.state, "running")
                killed = True
                real_node.kill_and_restart()
                real_node.open_gate()
        self.assertTrue(killed)
        self.assertEqual(batch.state, "published", batch.reason)
        self.assertEqual(batch.predictions + batch.quarantined, real_node.ROWS)
        self.assertGreaterEqual(batch.incarnation, 2)


@real_node.needs_node
class NodeTest(unittest.TestCase):
    def setUp(self) -> None:
        self.client = Client(real_node.SERVER, token_file=real_node.TOKEN_FILE)

    def test_a_wait_survives_a_node_that_is_killed_and_started_again(self) -> None:
        name = real_node.job_name("killed")
        real_node.hold(name, 2)
        submission = self.client.submit(real_node.job(name), key="the-night")
        killed = False

        def kill_midway(batch: nightshift.Batch) -> None:
            nonlocal killed
            if batch.committed == 2 and not killed:
                self.assertEqual(batch.state, "running")
                killed = True
                real_node.kill_and_restart()
                real_node.open_gate()

        batch = self.client.wait(submission.batch, progress=kill_midway)

        self.assertTrue(killed)
        self.assertEqual(batch.state, "published", batch.reason)
        self.assertEqual(batch.predictions + batch.quarantined, real_node.ROWS)
        self.assertGreaterEqual(batch.incarnation, 2, "another node process has taken over")
        again = self.client.submit(real_node.job(name), key="the-night")
        self.assertEqual(again, nightshift.Submission(batch.id, repeated=True))
        other = self.client.submit(real_node.job(name), key="another-night")
        self.assertEqual(other, nightshift.Submission(batch.id, already_published=True))
        fresh = self.client.submit(real_node.job(name, "distance > 1000"), key="third-night", fresh=True)
        self.assertNotEqual(fresh.batch, batch.id)
        self.assertEqual(self.client.wait(fresh.batch).state, "published")
        with self.assertRaisesRegex(nightshift.Rejected, "was used for batch .*, with another job file"):
            self.client.submit(real_node.job(name, "distance > 1"), key="the-night")

    def test_a_job_that_is_submitted_while_no_node_runs_is_accepted_by_the_next(self) -> None:
        job = real_node.job(real_node.job_name("early"))
        real_node.kill_and_restart()
        patient = Client(real_node.SERVER, token_file=real_node.TOKEN_FILE, attempts=12)
        submission = patient.submit(job)
        self.assertEqual(patient.wait(submission.batch).state, "published")
        self.assertTrue(patient.submit(job).already_published)

    def test_a_batch_is_controlled(self) -> None:
        name = real_node.job_name("controlled")
        real_node.hold(name, 0)
        batch = self.client.submit(real_node.job(name)).batch
        self.assertEqual(self.client.pause(batch, "for a test").state, "paused")
        paused = self.client.get(batch)
        self.assertEqual((paused.state, paused.pause and paused.pause.reason), ("paused", "for a test"))
        with self.assertRaisesRegex(nightshift.WaitTimeout, "has not ended in 1 s"):
            self.client.wait(batch, timeout=1)
        self.assertIn(self.client.resume(batch).state, ("submitted", "running"))
        self.assertEqual([one.id for one in self.client.list(job=name)], [batch])
        self.assertEqual(self.client.cancel(batch, "enough").state, "cancelled")
        end = self.client.wait(batch)
        self.assertEqual((end.state, end.reason), ("cancelled", "enough"))
        with self.assertRaises(nightshift.BatchFailed):
            end.require_published()
        with self.assertRaisesRegex(nightshift.Refused, "it is cancelled"):
            self.client.retry(batch)
        events = [event.event for event in self.client.events(batch)]
        self.assertEqual((events[0], events[-1]), ("submitted", "cancelled"))
        self.assertIn("paused", events)
        self.assertRegex(self.client.model_digest(batch) or "", "^[0-9a-f]{64}$")

    def test_a_batch_that_fails_says_why_and_shows_its_rows(self) -> None:
        name = real_node.job_name("failing")
        wrong = real_node.job(name).replace("select:\n", "select:\n    distance: if(distance = 733, 'inf'::DOUBLE, distance)\n")
        batch = self.client.wait(self.client.submit(wrong.replace("max-rows: 100", "max-rows: 1")).batch)
        self.assertEqual(batch.state, "failed")
        self.assertFalse(batch.retryable)
        reasons = self.client.quarantine_reasons(batch.id)
        self.assertGreater(reasons.reasons[0].rows, 0)
        row = next(self.client.quarantined_rows(batch.id))
        self.assertEqual(row.reason, reasons.reasons[0].reason)
        self.assertIn("origin", json.loads(row.values))

    def test_the_schema_of_a_job_is_compared_with_what_is_published(self) -> None:
        job = real_node.job(real_node.job_name("columns"))
        first = self.client.compare_schema(job)
        self.assertEqual((first.version, first.published, first.compatible), (1, None, True))
        self.assertIn(nightshift.Column("prediction", "INTEGER"), first.columns)
        batch = self.client.wait(self.client.submit(job).batch)
        renamed = self.client.compare_schema(job.replace("output:\n", "output:\n  rename: {prediction: late}\n"))
        self.assertEqual((renamed.version, renamed.published), (2, nightshift.PublishedSchema(batch.id, 1)))
        self.assertFalse(renamed.compatible)
        self.assertEqual([(one.column, one.change) for one in renamed.changes], [("prediction", "removed"), ("late", "added")])

    def test_what_is_wrong_is_named(self) -> None:
        with self.assertRaises(nightshift.Rejected) as caught:
            self.client.submit("job: wrong\nmodel: nosuch\nsource: {parquet: /nosuch, wher: true}\ndestination: {parquet: /tmp/p}\n")
        self.assertIn("wher", str(caught.exception))
        self.assertTrue(caught.exception.problem and caught.exception.problem.mistakes)
        with self.assertRaisesRegex(nightshift.NotFound, "there is no batch nosuch"):
            self.client.get("nosuch")
        with self.assertRaises(nightshift.NotAllowed):
            Client(real_node.SERVER, token="nst_wrong").get("latest")

    def test_the_node_and_the_jobs_are_listed(self) -> None:
        [node] = self.client.nodes()
        self.assertEqual((node.state, node.faults), ("up", ()))
        self.assertTrue(node.work and node.work.threads >= 1)
        batch = self.client.submit(real_node.job(real_node.job_name("listed"))).batch
        self.client.wait(batch)
        self.assertIn(batch, [job.latest for job in self.client.jobs()])

    @unittest.skipUnless(HAS_PANDAS, "pandas is not installed")
    def test_pandas_reads_the_predictions(self) -> None:
        name = real_node.job_name("tables")
        batch = self.client.wait(self.client.submit(real_node.job(name, ending="csv")).batch)
        table = read_predictions(batch, columns=["origin", "prediction", "probability"], engine="pandas")
        self.assertEqual(len(table), batch.predictions)
        self.assertEqual(set(table["prediction"]) - {0, 1}, set())
        self.assertTrue(table["probability"].between(0, 1).all())

    def test_the_query_for_duckdb_is_left_for_the_test_that_has_duckdb(self) -> None:
        """PythonIntegrationsIT runs it: it has DuckDB in Java."""
        queries = {}
        for ending in ("parquet", "csv"):
            name = real_node.job_name("queried")
            batch = self.client.wait(self.client.submit(real_node.job(name, ending=ending)).batch)
            folder = Path(str(batch.destination))
            parts = json.loads((folder / "_manifest.json").read_text())["parts"]
            query = duckdb_query([folder / part["file"] for part in parts], ["origin", "probability"])
            queries[query] = batch.predictions
        (real_node.FOLDER / "queries.json").write_text(json.dumps(queries))


if __name__ == "__main__":
    unittest.main()
