# SPDX-License-Identifier: Apache-2.0
"""How the client handles answers, without a node. test_node has the same promises with a real node."""

from __future__ import annotations

import datetime
import io
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

import nightshift
from nightshift import Client
from nightshift.server_sent_events import events_of

from scripted_server import Answer, ScriptedServer, batch, problem, stream

ID = "flights-20261124t231425-3f9a"
JOB = "job: flights\nmodel: flights\n"


class ClientTest(unittest.TestCase):
    def serve(self, *answers: Answer, **options: Any) -> ScriptedServer:
        server = ScriptedServer(*answers, **options)
        self.addCleanup(server.close)
        return server

    def client(self, server: ScriptedServer, **options: Any) -> Client:
        client = Client(server.url, **{"token": "nst_secret", **options})
        # Waits take no time, so that the tests don't sleep.
        client._transport.sleep = self.waits.append  # type: ignore[attr-defined]
        return client

    def setUp(self) -> None:
        self.waits: list[float] = []


class SubmitTest(ClientTest):
    def test_a_submission_sends_the_job_its_parameters_and_the_key(self) -> None:
        server = self.serve(Answer(201, {"batch": ID, "resumed": False, "already_published": False, "repeated": False}))
        submission = self.client(server).submit(
            JOB, parameters={"day": datetime.date(2026, 11, 25), "region": "a&b=c +ü"}, key="dag/run/task/-1", fresh=True
        )
        self.assertEqual(submission, nightshift.Submission(ID))
        [request] = server.requests
        self.assertEqual((request.method, request.path), ("POST", "/v1/batches"))
        self.assertEqual(
            request.query, [("new", "true"), ("param", "day=2026-11-25"), ("param", "region=a&b=c +ü")]
        )
        self.assertEqual(request.headers["idempotency-key"], "dag/run/task/-1")
        self.assertEqual(request.headers["authorization"], "Bearer nst_secret")
        self.assertEqual(request.body, JOB.encode())

    def test_the_schema_of_a_job_is_compared(self) -> None:
        server = self.serve(
            Answer(
                200,
                {
                    "job": "flights",
                    "version": 2,
                    "published": {"batch": ID, "version": 1},
                    "columns": [{"name": "risk", "type": "DOUBLE"}],
                    "compatible": True,
                    "changes": [{"column": "risk", "change": "added", "before": None, "after": "DOUBLE"}],
                },
            ),
            Answer(
                200, {"job": "flights", "version": 1, "published": None, "columns": [], "compatible": True, "changes": []}
            ),
        )
        client = self.client(server)
        report = client.compare_schema(JOB, parameters={"day": datetime.date(2026, 11, 25)})
        self.assertEqual(
            report,
            nightshift.SchemaReport(
                "flights",
                2,
                nightshift.PublishedSchema(ID, 1),
                (nightshift.Column("risk", "DOUBLE"),),
                True,
                (nightshift.ColumnChange("risk", "added", None, "DOUBLE"),),
            ),
        )
        self.assertIsNone(client.compare_schema(JOB).published)
        [request, _] = server.requests
        self.assertEqual((request.method, request.path), ("POST", "/v1/schema"))
        self.assertEqual(request.query, [("param", "day=2026-11-25")])
        self.assertEqual(request.body, JOB.encode())

    def test_a_submission_that_is_sent_again_has_the_same_key(self) -> None:
        server = self.serve(
            Answer(503, problem(503, "unavailable", "Nothing was started: the register did not answer"), {"Retry-After": "2"}),
            Answer(201, b'{"batch": ', cut=True),
            Answer(200, {"batch": ID, "repeated": True}),
        )
        submission = self.client(server).submit(JOB)
        self.assertTrue(submission.repeated)
        self.assertEqual(len({request.headers["idempotency-key"] for request in server.requests}), 1)
        self.assertEqual(self.waits[0], 2)

    def test_a_path_is_read_and_a_missing_file_is_named(self) -> None:
        server = self.serve(Answer(201, {"batch": ID}))
        client = self.client(server)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "job.yaml")
            file.write_text(JOB)
            client.submit(file)
            client.submit(str(file))
            self.assertEqual([request.body for request in server.requests], [JOB.encode()] * 2)
            with self.assertRaisesRegex(FileNotFoundError, "nosuch.yaml can't be read: No such file"):
                client.submit(Path(folder, "nosuch.yaml"))

    def test_a_job_is_applied_under_its_name(self) -> None:
        server = self.serve(Answer(200, {"job": "flights", "changed": True}))
        for text in (JOB, "# a\njob: 'flights' # b\nmodel: m\n", '{"model": "m",\n"job": "flights"}'):
            self.assertTrue(self.client(server).apply(text, folder="/jobs")["changed"])
            request = server.requests[-1]
            self.assertEqual((request.method, request.path), ("PUT", "/v1/jobs/flights"))
            self.assertEqual(request.query, [("folder", "/jobs")])
            self.assertEqual(request.body, text.encode())
        with self.assertRaisesRegex(ValueError, "has no line `job: NAME`"):
            self.client(server).apply("model: m\n")

    def test_a_backfill_sends_its_range_and_a_key(self) -> None:
        server = self.serve(Answer(201, {"id": "b1"}), Answer(200, {"runs": []}), Answer(200, {"state": "running"}))
        client = self.client(server)
        days = (datetime.date(2026, 11, 1), "2026-11-25")
        self.assertEqual(client.backfill("flights", *days, parallel=3, key="k"), {"id": "b1"})
        client.backfill("flights", *days, dry_run=True)
        client.backfill_status("flights", "b1")
        started, tried, asked = server.requests
        self.assertEqual((started.method, started.path), ("POST", "/v1/jobs/flights/backfills"))
        self.assertEqual(
            json.loads(started.body), {"from": "2026-11-01", "to": "2026-11-25", "parallel": 3, "all": False}
        )
        self.assertEqual(started.headers["idempotency-key"], "k")
        self.assertEqual(tried.query, [("dry-run", "true")])
        self.assertEqual(asked.path, "/v1/jobs/flights/backfills/b1")
        with self.assertRaisesRegex(ValueError, "parallel must be 1 to 100"):
            client.backfill("flights", *days, parallel=101)

    def test_alerts_come_from_all_pages(self) -> None:
        server = self.serve(Answer(200, {"alerts": [{"cause": "failed"}], "next": "c"}), Answer(200, {"alerts": [{}]}))
        self.assertEqual(list(self.client(server).alerts(open_only=True)), [{"cause": "failed"}, {}])
        self.assertEqual(
            [request.query for request in server.requests],
            [[("state", "open"), ("limit", "100")], [("state", "open"), ("limit", "100"), ("cursor", "c")]],
        )

    def test_the_timing_of_a_batch_is_that_of_the_answer(self) -> None:
        timing = {"priority": 5, "deadline": "2026-11-25T05:00:00Z"}
        server = self.serve(Answer(200, batch(timing=timing)), Answer(200, batch()))
        self.assertEqual(self.client(server).get(ID).timing, timing)
        self.assertIsNone(self.client(server).get(ID).timing)

    def test_an_invalid_key_is_refused_before_it_is_sent(self) -> None:
        server = self.serve(Answer(201, {"batch": ID}))
        for key in ("", "a b", "ü", "x" * 256):
            with self.assertRaisesRegex(ValueError, "1 to 255 printable ASCII characters"):
                self.client(server).submit(JOB, key=key)
        self.assertEqual(server.requests, [])

    def test_the_mistakes_of_a_job_file_are_in_the_message(self) -> None:
        mistake = {"line": 3, "key": "errors.max-rat", "found": "an unknown key", "expected": "max-rate", "suggestion": None}
        server = self.serve(
            Answer(422, problem(422, "job-file", "job:3: errors.max-rat: an unknown key; expected max-rate", mistakes=[mistake]))
        )
        with self.assertRaises(nightshift.Rejected) as caught:
            self.client(server).submit(JOB)
        self.assertEqual(str(caught.exception), "job:3: errors.max-rat: an unknown key; expected max-rate")
        self.assertFalse(caught.exception.retryable)
        self.assertEqual(caught.exception.problem.mistakes[0].line, 3)
        self.assertEqual(len(server.requests), 1, "a mistake is not sent again")

    def test_a_failed_batch_of_the_same_key_is_continued_by_a_submission_without_the_key(self) -> None:
        server = self.serve(
            Answer(200, {"batch": ID, "repeated": True}),
            Answer(200, batch("failed", reason="no space left", retryable=True)),
            Answer(200, {"batch": ID, "resumed": True}),
            Answer(200, batch("failed", reason="no space left", retryable=True)),
            Answer(200, batch("running", ledger={"entries": 7, "head": ""})),
        )
        submission = self.client(server).submit(JOB, key="k", parameters={"day": "2026-11-25"}, retry_failed=True)
        self.assertEqual(submission, nightshift.Submission(ID, resumed=True, repeated=True))
        again = server.requests[2]
        self.assertNotEqual(again.headers["idempotency-key"], "k")
        self.assertEqual(again.query, [("param", "day=2026-11-25")])
        self.assertEqual(len(server.requests), 5, "the client waits until the batch is resumed")

    def test_a_batch_that_fails_again_at_once_is_not_waited_for(self) -> None:
        server = self.serve(
            Answer(200, {"batch": ID, "repeated": True}),
            Answer(200, batch("failed")),
            Answer(200, {"batch": ID, "resumed": True}),
            Answer(200, batch("failed", ledger={"entries": 7, "head": ""})),
        )
        self.client(server).submit(JOB, key="k", retry_failed=True)
        self.assertEqual(len(server.requests), 4)

    def test_a_running_batch_of_the_same_key_is_left_alone(self) -> None:
        server = self.serve(Answer(200, {"batch": ID, "repeated": True}), Answer(200, batch("running")))
        self.client(server).submit(JOB, key="k", retry_failed=True)
        self.assertEqual([request.method for request in server.requests], ["POST", "GET"])


class ErrorTest(ClientTest):
    def test_every_status_is_an_error_that_says_whether_a_retry_helps(self) -> None:
        for status, kind, error in (
            (400, "bad-request", nightshift.Unexpected),
            (401, "unauthorized", nightshift.NotAllowed),
            (403, "forbidden", nightshift.NotAllowed),
            (404, "unknown-batch", nightshift.NotFound),
            (409, "refused", nightshift.Refused),
            (429, "too-many", nightshift.Unavailable),
            (500, "unexpected", nightshift.Unexpected),
            (503, "unavailable", nightshift.Unavailable),
        ):
            with self.subTest(status=status):
                server = self.serve(Answer(status, problem(status, kind, "what to do")))
                with self.assertRaises(error) as caught:
                    self.client(server).get("latest")
                self.assertEqual(str(caught.exception), "what to do")
                self.assertEqual(caught.exception.problem.status, status)
                self.assertEqual(caught.exception.retryable, status in (429, 503))
                self.assertEqual(len(server.requests), 4 if caught.exception.retryable else 1)

    def test_an_answer_of_another_program_is_recognised(self) -> None:
        for answer, error, words in (
            (Answer(502, b"<html>Bad Gateway</html>"), nightshift.Unavailable, "status 502 and no problem document"),
            (Answer(404, b"not here"), nightshift.Unexpected, "status 404 and no problem document"),
            (Answer(404, {"type": "about:blank"}), nightshift.Unexpected, "no problem document"),
            (Answer(302, b"", {"Location": "http://elsewhere/"}), nightshift.Unexpected, "status 302"),
            (Answer(200, b"<html></html>"), nightshift.Unexpected, "not one of Nightshift"),
            (Answer(200, b"[]"), nightshift.Unexpected, "not one of Nightshift"),
            (Answer(200, {"batch": ID}), nightshift.Unexpected, "not one of Nightshift"),
        ):
            with self.subTest(answer=answer):
                server = self.serve(answer)
                with self.assertRaisesRegex(error, words):
                    self.client(server).get("latest")

    def test_the_next_server_is_asked_when_one_does_not_answer(self) -> None:
        server = self.serve(Answer(200, batch()))
        client = Client(f"http://127.0.0.1:{free_port()}", server.url, token="t")
        client._transport.sleep = self.waits.append  # type: ignore[attr-defined]
        self.assertEqual(client.get(ID).id, ID)
        self.assertEqual(client.get(ID).id, ID)
        self.assertEqual(len(self.waits), 1, "the client keeps to the server that answers")

    def test_a_server_that_does_not_listen_is_named(self) -> None:
        client = Client(f"http://127.0.0.1:{free_port()}", attempts=1, token="t")
        with self.assertRaisesRegex(nightshift.Unreachable, "cannot reach http://127.0.0.1:.*: nothing listens there"):
            client.get("latest")

    def test_a_server_that_does_not_answer_in_time_is_unreachable(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            client = Client(f"http://127.0.0.1:{silent.getsockname()[1]}", attempts=1, timeout=0.1, token="t")
            with self.assertRaisesRegex(nightshift.Unreachable, "no answer in time"):
                client.get("latest")


class TokenTest(ClientTest):
    def test_the_token_comes_from_the_argument_the_file_the_environment_or_the_home_folder(self) -> None:
        server = self.serve(Answer(200, batch()))
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            file = home / "secret"
            file.write_text("nst_file\n")
            (home / "token").write_text("nst_home\n")
            environment = mock.patch.dict(os.environ, {"NIGHTSHIFT_TOKEN": "nst_variable"})
            none = mock.patch.dict(os.environ)
            with environment:
                Client(server.url, token="nst_argument", home=home).get(ID)
                replaced = Client(server.url, token_file=file, home=home)
                replaced.get(ID)
                file.write_text("nst_replaced")
                replaced.get(ID)
                Client(server.url, home=home).get(ID)
            with none:
                os.environ.pop("NIGHTSHIFT_TOKEN", None)
                Client(server.url, home=home).get(ID)
                Client(server.url, home=home / "nosuch").get(ID)
        self.assertEqual(
            [request.headers.get("authorization") for request in server.requests],
            ["Bearer nst_argument", "Bearer nst_file", "Bearer nst_replaced", "Bearer nst_variable", "Bearer nst_home", None],
        )

    def test_the_server_of_the_home_folder_is_found_while_it_runs(self) -> None:
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ):
            os.environ.pop("NIGHTSHIFT_SERVER", None)
            file = Path(folder, "server")
            ended = subprocess.Popen([sys.executable, "-c", ""])
            ended.wait()
            for text, url in (
                (f"http://127.0.0.1:1234\n{os.getpid()} 1\n", "http://127.0.0.1:1234"),
                (f"http://127.0.0.1:1234\n{ended.pid} 1\n", "http://127.0.0.1:7380"),
                ("http://127.0.0.1:1234\n", "http://127.0.0.1:7380"),
                (f"nonsense\n{os.getpid()} 1\n", "http://127.0.0.1:7380"),
            ):
                file.write_text(text)
                self.assertEqual(Client(home=folder)._transport._servers()[0].url, url, text)
            file.write_text(f"starting\n{os.getpid()} 1\n")
            client = Client(home=folder)
            waits: list[float] = []

            def started(seconds: float) -> None:
                waits.append(seconds)
                file.write_text(f"http://127.0.0.1:{free_port()}\n{os.getpid()} 1\n")

            with self.assertRaisesRegex(nightshift.Unreachable, "the server of .* is starting"):
                client._transport._servers()
            client._transport.sleep = started  # type: ignore[attr-defined]
            with self.assertRaisesRegex(nightshift.Unreachable, "cannot reach http://127.0.0.1:[0-9]+"):
                client.get(ID)
            self.assertTrue(waits, "the client waited for the server that starts")
            file.unlink()
            self.assertEqual(Client(home=folder)._transport._servers()[0].url, "http://127.0.0.1:7380")

    def test_a_token_is_not_sent_to_another_machine_without_tls(self) -> None:
        with self.assertRaisesRegex(ValueError, "over https only, not to http://192.0.2.1:7380"):
            Client("http://192.0.2.1:7380", token="nst_secret")

    def test_no_other_secret_is_sent_as_a_token(self) -> None:
        server = self.serve(Answer(200, batch()))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "secret")
            file.write_text("eyJhbGciOiJSUzI1NiJ9.e30.c2VjcmV0")
            with self.assertRaisesRegex(nightshift.Unexpected, "does not contain a token, which begins with nst_") as caught:
                Client(server.url, token_file=file).get(ID)
            self.assertNotIn("eyJ", str(caught.exception))
        self.assertEqual(server.requests, [])

    def test_no_message_has_the_token(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "token")
            file.write_text("nst_sec\nret")
            with self.assertRaises(nightshift.Unexpected) as caught:
                Client("http://127.0.0.1:1", token_file=file).get(ID)
            self.assertNotIn("nst_sec", str(caught.exception))
            with self.assertRaises(ValueError) as refused:
                Client("http://127.0.0.1:1", token="nst_sec\nret")
            self.assertNotIn("nst_sec", str(refused.exception))

    def test_wrong_arguments_are_refused(self) -> None:
        for words, arguments, options in (
            ("a server is a URL", ("ftp://host",), {}),
            ("a server is a URL", ("localhost:7380",), {}),
            ("a server is a URL", ("http://host:port",), {}),
            ("either token or token_file", (), {"token": "a", "token_file": "b"}),
            ("at least one attempt", (), {"attempts": 0}),
            ("need each other", ("https://localhost:1",), {"certificate": "a"}),
        ):
            with self.subTest(words=words), self.assertRaisesRegex(ValueError, words):
                Client(*arguments, **options)


class WaitTest(ClientTest):
    def test_the_wait_follows_the_stream_to_the_end(self) -> None:
        seen: list[int] = []
        server = self.serve(
            Answer(200, batch("submitted", committed=0)),
            stream(batch(committed=3), ": still here\n\n", batch(committed=7), batch("published", committed=12)),
        )
        end = self.client(server).wait("latest", progress=lambda one: seen.append(one.committed))
        self.assertEqual((end.state, seen), ("published", [0, 3, 7, 12]))
        self.assertEqual(server.requests[1].path, f"/v1/batches/{ID}/watch", "latest may be another batch later")

    def test_the_wait_survives_streams_that_break_and_nodes_that_are_away(self) -> None:
        unavailable = Answer(503, problem(503, "unavailable", "the journal is unavailable"), {"Retry-After": "1"})
        server = self.serve(
            Answer(200, batch(committed=1)),
            Answer(200, b"event: progress\ndata: {", {"Content-Type": "text/event-stream"}, cut=True),
            unavailable,
            Answer(502, b""),
            Answer(200, batch(committed=2)),
            Answer(429, problem(429, "too-many", "too many watches"), {"Retry-After": "5"}),
            Answer(200, batch("failed", reason="disk full", retryable=True)),
        )
        end = self.client(server).wait(ID)
        self.assertEqual((end.state, end.retryable), ("failed", True))
        self.assertIn(1.0, self.waits)
        self.assertIn(5.0, self.waits)
        with self.assertRaisesRegex(nightshift.BatchFailed, "is failed: disk full") as caught:
            end.require_published()
        self.assertTrue(caught.exception.retryable)

    def test_the_wait_ends_without_patience_or_time(self) -> None:
        client = Client(f"http://127.0.0.1:{free_port()}", token="t")
        client._transport.sleep = self.waits.append  # type: ignore[attr-defined]
        with self.assertRaises(nightshift.Unreachable):
            client.wait(ID, patience=0)
        server = self.serve(Answer(200, batch()))
        with self.assertRaisesRegex(nightshift.WaitTimeout, "has not ended in 0 s. It continues") as caught:
            self.client(server).wait(ID, timeout=0)
        self.assertTrue(caught.exception.retryable)
        self.assertIsInstance(caught.exception, TimeoutError)

    def test_a_wait_that_ends_during_a_silent_stream_names_no_failure(self) -> None:
        silent = Answer(200, b": alive\n\n", {"Content-Type": "text/event-stream"}, silent=True)
        server = self.serve(Answer(200, batch()), silent)
        with self.assertRaisesRegex(nightshift.WaitTimeout, "It continues; wait again to resume$"):
            self.client(server).wait(ID, timeout=0.1)

    def test_a_wait_for_an_unknown_batch_fails_at_once(self) -> None:
        server = self.serve(Answer(404, problem(404, "unknown-batch", "there is no batch nosuch")))
        with self.assertRaisesRegex(nightshift.NotFound, "there is no batch nosuch"):
            self.client(server).wait("nosuch")

    def test_events_are_read_as_the_standard_defines_them(self) -> None:
        text = b'retry: 1\r\n\r\nid: 3\nevent: planned\ndata: a\ndata:  b\n\n:comment\n\ndata:x\n\nevent: empty\n\ndata: cut'
        events = list(events_of(io.BytesIO(text)))
        self.assertEqual(
            [event and (event.name, event.data, event.id) for event in events],
            [("planned", "a\n b", "3"), None, ("message", "x", "3")],
        )


class PagesTest(ClientTest):
    def test_pages_are_followed(self) -> None:
        server = self.serve(
            Answer(200, {"batches": [batch(), batch()], "next": "2"}),
            Answer(200, {"batches": [batch("failed")], "next": None}),
        )
        states = [one.state for one in self.client(server).list(job="a b", limit=10)]
        self.assertEqual(states, ["running", "running", "failed"])
        self.assertEqual(server.requests[0].query, [("job", "a b"), ("limit", "10")])
        self.assertEqual(server.requests[1].query, [("job", "a b"), ("limit", "10"), ("cursor", "2")])

    def test_no_page_is_asked_for_that_is_not_needed(self) -> None:
        server = self.serve(Answer(200, {"batches": [batch(), batch()], "next": "2"}))
        self.assertEqual(len(self.client(server).list(limit=2)), 2)
        self.assertEqual(len(server.requests), 1)

    def test_unknown_keys_are_kept_and_times_have_a_zone(self) -> None:
        server = self.serve(Answer(200, batch(forecast={"p95": "06:00"}, pause={"at": "2026-11-24T23:14:25Z", "reason": ""})))
        one = self.client(server).get(ID)
        self.assertEqual(one.json["forecast"], {"p95": "06:00"})
        self.assertEqual(
            one.submitted_at, datetime.datetime(2026, 11, 24, 23, 14, 25, 123456, tzinfo=datetime.timezone.utc)
        )
        self.assertIsNone(one.pause.by)


class ControlTest(ClientTest):
    def test_a_control_sends_its_reason(self) -> None:
        server = self.serve(Answer(200, {"batch": ID, "state": "paused"}))
        client = self.client(server)
        self.assertEqual(client.pause(ID, "later").state, "paused")
        client.rescore(ID, [0, 7])
        self.assertEqual(
            [(request.path, request.body) for request in server.requests],
            [
                (f"/v1/batches/{ID}/pause", b'{"reason": "later"}'),
                (f"/v1/batches/{ID}/rescore", b'{"partitions": [0, 7]}'),
            ],
        )


class ModelTest(ClientTest):
    def test_a_published_batch_is_scored_again_with_another_model(self) -> None:
        server = self.serve(Answer(202, {"batch": "flights-20261125t071500-77b0"}))
        client = self.client(server)
        opened = client.rescore_with(ID, "churn@3", where_model="sha256:" + "ab" * 32)
        self.assertEqual(opened.batch, "flights-20261125t071500-77b0")
        request = server.requests[0]
        self.assertEqual(request.path, f"/v1/batches/{ID}/successors")
        self.assertEqual(
            json.loads(request.body), {"model": "churn@3", "partitions": [], "where_model": "sha256:" + "ab" * 32}
        )

    def test_the_drift_of_a_batch_has_its_columns(self) -> None:
        columns = [
            {"psi": 0.25, "jensen_shannon": 0.1, "missing": 0.0, "unseen": 0.0, "mean": 0.5, "mean_before": 0.4},
            {"column": "tenure", "missing": 0.125, "unseen": 0.0},
        ]
        server = self.serve(
            Answer(200, {"batch": ID, "baseline": "other", "rows": 7, "baseline_rows": 8, "columns": columns})
        )
        report = self.client(server).drift(ID, against="other")
        self.assertEqual(server.requests[0].path, f"/v1/batches/{ID}/drift")
        self.assertEqual(server.requests[0].query, [("against", "other")])
        self.assertEqual((report.baseline, report.rows, report.baseline_rows), ("other", 7, 8))
        predictions, tenure = report.columns
        self.assertEqual((predictions.column, predictions.psi, predictions.mean_before), (None, 0.25, 0.4))
        self.assertEqual((tenure.column, tenure.psi, tenure.missing), ("tenure", None, 0.125))

    def test_a_batch_has_its_shadow(self) -> None:
        server = self.serve(Answer(200, batch(shadow={"state": "completed", "psi": 0.01})))
        one = self.client(server).get(ID)
        self.assertEqual(one.shadow, {"state": "completed", "psi": 0.01})
        self.assertIsNone(one.reuse)

    def test_a_node_says_what_it_does(self) -> None:
        work = {
            "threads": 4,
            "slots": 6,
            "busy": 3,
            "stuck": 1,
            "memory": {"process": 7, "heap": 3, "most_heap": 5, "total": 9},
            "scratch": {"folder": "/tmp", "used": 1, "free": 2, "total": 3},
            "scoring": [{"batch": ID, "partitions": 3, "rows": 70, "since": "2026-11-24T23:14:25Z"}],
        }
        server = self.serve(Answer(200, {"nodes": [{"node": "a:1", "work": work}, {"node": "b:1"}]}))
        first, second = self.client(server).nodes()
        self.assertEqual((first.work.stuck, first.work.memory.most_heap, first.work.scratch.free), (1, 5, 2))
        self.assertEqual((first.work.scoring[0].batch, first.work.scoring[0].rows), (ID, 70))
        self.assertIsNone(second.work)


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class TlsTest(ClientTest):
    def test_only_a_certificate_of_the_given_authority_is_trusted(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        folder = Path(temporary.name)
        certificate, key = folder / "node.pem", folder / "node.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)],
            check=True,
            capture_output=True,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server = self.serve(Answer(200, batch()), context=context)
        self.assertEqual(self.client(server, ca=certificate).get(ID).id, ID)
        with self.assertRaisesRegex(nightshift.Unexpected, "is not trusted: .* give its certificate as ca"):
            self.client(server).get(ID)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


if __name__ == "__main__":
    unittest.main()
