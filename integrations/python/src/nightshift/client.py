# SPDX-License-Identifier: Apache-2.0
"""The client."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import time
import uuid
from itertools import islice
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, TypeVar, Union
from urllib.parse import quote

from .errors import NightshiftError, Unexpected, Unreachable, WaitTimeout
from .records import (
    Batch,
    ControlResult,
    DriftReport,
    Event,
    Job,
    Node,
    QuarantinedRow,
    QuarantineReasons,
    SchemaReport,
    Submission,
)
from .server_sent_events import events_of
from .transport import (
    SERVER_VARIABLE,
    PathLike,
    Request,
    Server,
    Token,
    Transport,
    backoff,
    local_server,
    problem_of,
    tls_context,
)
from .version import __version__

_KEY = re.compile(r"[!-~]{1,255}")
_NAME = re.compile(rb"""^(?:\{\s*)?["']?job["']?\s*:\s*["']?([a-z0-9][a-z0-9._-]{0,62})["']?\s*(?:#.*|,.*|\})?$""", re.MULTILINE)
_SUBMIT_FACTOR = 5
_PAGE = 100
_MOST = 1000

# A node sends a comment every 15 s on a silent stream. Without any, the connection is broken, or a proxy holds the
# stream back.
_SILENCE = 40.0

# A batch that may not be resumed, because too many rows are quarantined, stays as it is.
_RESUMPTION_LOOKS = 50
_RESUMPTION_INTERVAL = 0.2

T = TypeVar("T")


class Client:
    """Starts, follows and controls batches over HTTP. Threads may share a client.

    Each method but `watch` and `wait` sends a request up to `attempts` times if no node answers, or if the answer says
    that trying again may help. All methods raise `NightshiftError`.
    """

    def __init__(
        self,
        *servers: str,
        token: Optional[str] = None,
        token_file: Optional[PathLike] = None,
        home: Optional[PathLike] = None,
        ca: Optional[PathLike] = None,
        certificate: Optional[PathLike] = None,
        private_key: Optional[PathLike] = None,
        timeout: float = 30.0,
        attempts: int = 4,
    ) -> None:
        """Configures the client. It connects to no server yet.

        Args:
            servers: URLs of nodes, such as https://nightshift.example.org:7380. If a node does not answer, the client
                asks the next one. Without any, the environment variable NIGHTSHIFT_SERVER, or the server that runs on the
                home folder (`nightshift serve`), or http://127.0.0.1:7380.
            token: the token. Without token and token_file, the environment variable NIGHTSHIFT_TOKEN, or else the token
                of the home folder, if all servers are this machine.
            token_file: the file that holds the token. It is read for each request.
            home: the home folder of a server or node on this machine; by default ~/.nightshift.
            ca: the PEM file with the certificate authorities to trust; by default those of the platform.
            certificate: the client certificate in PEM, if the servers ask for one.
            private_key: the private key of the client certificate in PEM.
            timeout: seconds to wait for an answer. A submission may take five times as long.
            attempts: how often a request is sent at most.

        Raises:
            ValueError: if an argument is wrong, or if the token would be sent to another machine without TLS.
            OSError: if a certificate file can't be read.
        """
        if attempts < 1:
            raise ValueError(f"at least one attempt, not {attempts}")
        if not timeout > 0:
            raise ValueError(f"timeout must be more than 0 seconds, not {timeout}")
        variable = os.environ.get(SERVER_VARIABLE)
        urls = servers or ((variable,) if variable else ())
        parsed = [Server.of(url) for url in urls]
        # A server of the home folder is looked up for each request: it may have another port when it starts again.
        find = (lambda: parsed) if parsed else (lambda: [local_server(home)])
        is_tls = not parsed or any(server.is_tls for server in parsed)
        context = tls_context(ca, certificate, private_key) if is_tls else None
        self._timeout = timeout
        self._transport = Transport(
            find, Token(token, token_file, home, parsed), context, attempts, "nightshift-python/" + __version__
        )

    # Submissions

    def submit(
        self,
        job: Union[str, "os.PathLike[str]"],
        *,
        parameters: Optional[Mapping[str, object]] = None,
        key: Optional[str] = None,
        fresh: bool = False,
        retry_failed: bool = False,
    ) -> Submission:
        """Submits a job. When it returns, the batch is durable.

        Args:
            job: the job file: a path, or its text. A str with a line break, or that begins with a brace, is text. Paths
                in the job file must be absolute, because the nodes resolve them.
            parameters: values of the job's parameters by name. Dates and times may be objects of `datetime`.
            key: the idempotency key, 1 to 255 printable ASCII characters without spaces. The same key of the same job
                always means the same batch. Without one, the client generates a key for this call.
            fresh: opens another batch in any case, and cancels the run's open batch.
            retry_failed: if the key was used before and its batch has failed, continues the batch from what is
                committed. Without a key, a submission always does that.

        Raises:
            OSError: if the job file can't be read.
            Rejected: if the job file has mistakes, or nothing was started for another reason.
        """
        if key is not None and not _KEY.fullmatch(key):
            raise ValueError("key must be 1 to 255 printable ASCII characters without spaces")
        text = _text(job)
        submission = self._submit(text, parameters, key, fresh)
        failed: Optional[Batch] = None
        if retry_failed and submission.repeated:
            known = self.get(submission.batch)
            if known.state == "failed":
                # A failed batch is its run's open batch, so a submission without the key resumes it. Unlike the control
                # `retry`, that needs only the role submit.
                failed = known
                resumed = self._submit(text, parameters, None, False)
                submission = Submission(resumed.batch, resumed.resumed, resumed.already_published, True)
        if submission.resumed:
            self._await_resumption(submission.batch, failed)
        return submission

    def rescore_with(
        self,
        batch: str,
        model: str,
        *,
        partitions: Sequence[int] = (),
        where_model: Optional[str] = None,
    ) -> Submission:
        """Opens a batch that scores partitions of a published batch again, and reuses its other parts.

        The published batch stays as it is. If the call is repeated, it returns the same batch. Needs the role `submit`.

        Args:
            batch: as in `get`.
            model: the registered model that scores: `name`, `name@3`, `name@alias` or `name@sha256:digest`.
            partitions: positions in the plan, from 0. Without them and `where_model`, all are scored again.
            where_model: scores those partitions again that this model has scored: the SHA-256 of its file, or the model
                as in `model`.

        Raises:
            Rejected: if the batch can't be scored again, or nothing was started for another reason.
        """
        body: Dict[str, Any] = {"model": model, "partitions": list(partitions)}
        if where_model is not None:
            body["where_model"] = where_model
        request = Request(
            "POST",
            _path(batch) + "/successors",
            self._timeout * _SUBMIT_FACTOR,
            json.dumps(body).encode("utf-8"),
            {"Content-Type": "application/json"},
        )
        return self._send(request, Submission.of)

    def _await_resumption(self, batch: str, failed: Optional[Batch]) -> None:
        """Waits until a failed batch has been resumed. The answer to a submission may come shortly before that.

        Args:
            batch: the ID of the batch.
            failed: the batch before it was resumed, or None if it isn't known.
        """
        for _ in range(_RESUMPTION_LOOKS):
            now = self.get(batch)
            if now.state != "failed" or (failed is not None and now.ledger.entries > failed.ledger.entries):
                return
            failed = failed or now
            self._transport.sleep(_RESUMPTION_INTERVAL)

    def _submit(
        self, text: bytes, parameters: Optional[Mapping[str, object]], key: Optional[str], fresh: bool
    ) -> Submission:
        query = ["new=true"] if fresh else []
        query += _parameter_query(parameters)
        headers = {"Content-Type": "application/yaml", "Idempotency-Key": key or str(uuid.uuid4())}
        path = "/v1/batches" + ("?" + "&".join(query) if query else "")
        return self._send(
            Request("POST", path, self._timeout * _SUBMIT_FACTOR, text, headers),
            Submission.of,
        )

    def compare_schema(
        self, job: Union[str, "os.PathLike[str]"], *, parameters: Optional[Mapping[str, object]] = None
    ) -> SchemaReport:
        """Compares the columns that the next batch of a job writes with those of its newest published batch. Starts
        nothing. Needs the role submit.

        Args:
            job: the job file, as in `submit`.
            parameters: values of the job's parameters by name, as in `submit`.

        Raises:
            Rejected: if the job file has mistakes, or the job can't run for another reason.
        """
        query = _parameter_query(parameters)
        path = "/v1/schema" + ("?" + "&".join(query) if query else "")
        headers = {"Content-Type": "application/yaml"}
        return self._send(
            Request("POST", path, self._timeout * _SUBMIT_FACTOR, _text(job), headers),
            SchemaReport.of,
        )

    # Batches

    def get(self, batch: str) -> Batch:
        """The status of a batch.

        Args:
            batch: the batch's ID, the beginning of one if no other ID begins with it, or `latest`.
        """
        return self._send(self._get(_path(batch)), Batch.of)

    def list(self, *, job: Optional[str] = None, state: Optional[str] = None, limit: int = 20) -> List[Batch]:
        """Batches, newest first.

        Args:
            job: only batches of this job.
            state: only batches in this state.
            limit: the most batches to return; the client asks for as many pages as it needs.
        """
        return [*islice(self.batches(job=job, state=state, page=min(limit, _PAGE)), limit)]

    def batches(
        self, *, job: Optional[str] = None, state: Optional[str] = None, page: int = _PAGE
    ) -> Iterator[Batch]:
        """All batches, newest first. The client asks for a page when the iteration needs it.

        Args:
            job: only batches of this job.
            state: only batches in this state.
            page: number of batches in a page, 1 to 100.
        """
        cursor: Optional[str] = None
        while True:
            query = _query({"job": job, "state": state, "limit": max(page, 1), "cursor": cursor})
            answer = self._send(self._get("/v1/batches" + query), dict)
            yield from _all(Batch.of, answer.get("batches"))
            cursor = answer.get("next")
            if cursor is None:
                return

    def events(self, batch: str, *, after: int = 0) -> Iterator[Event]:
        """The entries of a batch's ledger, oldest first.

        Args:
            batch: as in `get`.
            after: begins with the entry that follows this number.
        """
        number: Optional[int] = after
        while number is not None:
            query = _query({"after": number, "limit": _MOST})
            answer = self._send(self._get(_path(batch) + "/events" + query), dict)
            yield from _all(Event.of, answer.get("events"))
            number = answer.get("next")

    def model_digest(self, batch: str) -> Optional[str]:
        """The SHA-256 of the model version that scores a batch, or None until the batch's first event is recorded.

        Args:
            batch: as in `get`.
        """
        answer = self._send(self._get(_path(batch) + "/events" + _query({"after": 0, "limit": 1})), dict)
        for event in answer.get("events") or ():
            digest = (event.get("model") or {}).get("sha256")
            return None if digest is None else str(digest)
        return None

    def drift(self, batch: str, *, against: Optional[str] = None) -> DriftReport:
        """How much the predictions and features of a batch differ from those of an earlier one.

        Args:
            batch: as in `get`.
            against: the batch to compare with; without it, the one that the checks of the job compare with.
        """
        query = "" if against is None else "?against=" + quote(against, safe="")
        return self._send(self._get(_path(batch) + "/drift" + query), DriftReport.of)

    def quarantine_reasons(self, batch: str) -> QuarantineReasons:
        """Why rows of a batch are quarantined. Needs the role submit."""
        return self._send(self._get(_path(batch) + "/quarantine/reasons"), QuarantineReasons.of)

    def quarantined_rows(self, batch: str, *, reason: Optional[str] = None) -> Iterator[QuarantinedRow]:
        """The quarantined rows of a batch. Needs the role submit.

        Args:
            batch: as in `get`.
            reason: only rows whose reason contains this text, in any case.
        """
        cursor: Optional[str] = None
        while True:
            query = _query({"reason": reason, "limit": _PAGE, "cursor": cursor})
            answer = self._send(self._get(_path(batch) + "/quarantine/rows" + query), dict)
            yield from _all(QuarantinedRow.of, answer.get("rows"))
            cursor = answer.get("next")
            if cursor is None:
                return

    # Applied jobs. The answers are those of the HTTP API.

    def apply(self, job: Union[str, "os.PathLike[str]"], *, folder: Optional[str] = None) -> Mapping[str, Any]:
        """Applies a job: from now on it runs by its schedule and its trigger. The same job again changes nothing. Needs
        the role submit.

        Args:
            job: the job file: a path, or its text, as in `submit`.
            folder: the folder on the nodes from which relative paths in the file start. Without it, they must be absolute.

        Raises:
            OSError: if the job file can't be read.
            ValueError: if it has no name.
            Rejected: if it has mistakes.
        """
        text = _text(job)
        name = _NAME.search(text)
        if name is None:
            raise ValueError("the job file has no line `job: NAME`")
        path = "/v1/jobs/" + name.group(1).decode("ascii") + _query({"folder": folder})
        headers = {"Content-Type": "application/yaml"}
        return self._send(Request("PUT", path, self._timeout * _SUBMIT_FACTOR, text, headers), dict)

    def backfill(
        self,
        job: str,
        start: object,
        end: object,
        *,
        parallel: int = 1,
        all: bool = False,
        key: Optional[str] = None,
        dry_run: bool = False,
    ) -> Mapping[str, Any]:
        """Runs an applied job for each tick of its schedule in a range. `backfill_status` says how far it is. Needs the
        role submit.

        Args:
            job: the job's name.
            start: the first local date, as a text or a date.
            end: the last local date.
            parallel: how many runs there are at a time, 1 to 100.
            all: also runs that are published already.
            key: 1 to 100 letters, digits, - and _. The same key always means the same backfill.
            dry_run: starts nothing, and returns each run of the range.
        """
        if not 1 <= parallel <= 100:
            raise ValueError(f"parallel must be 1 to 100, not {parallel}")
        body = {"from": _value(start), "to": _value(end), "parallel": parallel, "all": all}
        headers = {"Content-Type": "application/json", "Idempotency-Key": key or uuid.uuid4().hex}
        path = _job_path(job) + "/backfills" + ("?dry-run=true" if dry_run else "")
        content = json.dumps(body).encode("utf-8")
        return self._send(Request("POST", path, self._timeout * _SUBMIT_FACTOR, content, headers), dict)

    def backfill_status(self, job: str, backfill: str) -> Mapping[str, Any]:
        """The progress of a backfill."""
        return self._send(self._get(_job_path(job) + "/backfills/" + quote(backfill, safe="")), dict)

    def alerts(self, *, open_only: bool = False) -> Iterator[Mapping[str, Any]]:
        """The alerts, newest first, with the keys of `nightshift alert list -o json`.

        Args:
            open_only: only alerts whose cause has not ended.
        """
        cursor: Optional[str] = None
        while True:
            query = _query({"state": "open" if open_only else None, "limit": _PAGE, "cursor": cursor})
            answer = self._send(self._get("/v1/alerts" + query), dict)
            yield from _all(dict, answer.get("alerts"))
            cursor = answer.get("next")
            if cursor is None:
                return

    # Jobs and nodes

    def jobs(self) -> Sequence[Job]:
        """All submitted jobs, by name."""
        return _all(Job.of, self._send(self._get("/v1/jobs"), dict).get("jobs"))

    def nodes(self) -> Sequence[Node]:
        """The nodes, by name, and the faults that keep them from work."""
        return _all(Node.of, self._send(self._get("/v1/nodes"), dict).get("nodes"))

    # Controls. Repeating one changes nothing more. They need the role admin.

    def pause(self, batch: str, reason: str = "") -> ControlResult:
        """Stops leasing partitions until the batch is resumed."""
        return self._control(batch, "pause", {"reason": reason})

    def resume(self, batch: str) -> ControlResult:
        """Resumes a paused batch."""
        return self._control(batch, "resume", {})

    def cancel(self, batch: str, reason: str = "") -> ControlResult:
        """Cancels a batch, which cannot be resumed. Refused once readers see the batch."""
        return self._control(batch, "cancel", {"reason": reason})

    def approve(self, batch: str, reason: str = "") -> ControlResult:
        """Publishes a batch that is held because a check of its job has failed."""
        return self._control(batch, "approve", {"reason": reason})

    def delete(self, batch: str, reason: str = "", *, force: bool = False, dry_run: bool = False) -> ControlResult:
        """Deletes the output of a published batch. Its ledger stays."""
        return self._control(batch, "delete", {"reason": reason, "force": force, "dry_run": dry_run})

    def redrive(
        self, batch: str, *, job: Optional[str] = None, where: Optional[str] = None, reason: str = ""
    ) -> ControlResult:
        """Scores quarantined rows of a published batch again, and adds those that have a prediction now.

        The answer comes when the redrive has begun. `get` says how far it is.

        Args:
            batch: as in `get`.
            job: the text of the corrected job file, with absolute paths; without it, the job of the batch.
            where: an SQL expression over the columns of the quarantine that selects rows.
            reason: kept in the batch's history.
        """
        body: Dict[str, Any] = {"reason": reason}
        if job is not None:
            body["job"] = job
        if where is not None:
            body["where"] = where
        return self._control(batch, "redrive", body)

    def retry(self, batch: str) -> ControlResult:
        """Continues a failed batch from what is committed."""
        return self._control(batch, "retry", {})

    def rescore(self, batch: str, partitions: Sequence[int]) -> ControlResult:
        """Scores committed partitions again. Refused once the batch is being published; then see `rescore_with`.

        Args:
            batch: as in `get`.
            partitions: positions in the plan, from 0.
        """
        return self._control(batch, "rescore", {"partitions": list(partitions)})

    def _control(self, batch: str, verb: str, body: Mapping[str, Any]) -> ControlResult:
        request = Request(
            "POST",
            _path(batch) + "/" + verb,
            self._timeout,
            json.dumps(body).encode("utf-8"),
            {"Content-Type": "application/json"},
        )
        return self._send(request, lambda answer: ControlResult(answer["batch"], answer["state"]))

    # Waiting

    def wait(
        self,
        batch: str,
        *,
        timeout: Optional[float] = None,
        patience: Optional[float] = 900.0,
        progress: Optional[Callable[[Batch], None]] = None,
    ) -> Batch:
        """Waits until a batch is published, failed, cancelled or damaged, and returns it. The wait survives nodes that
        are restarted and connections that break.

        Args:
            batch: the batch's ID.
            timeout: seconds to wait at most; None for as long as it takes.
            patience: seconds without any answer of a node after which the wait ends; None to never end it.
            progress: called with the batch whenever it has changed, at most once a second.

        Raises:
            WaitTimeout: if the batch has not ended in time. It continues.
            Unreachable: if no node has answered for the time of `patience`.
        """
        for seen in self.watch(batch, timeout=timeout, patience=patience):
            if progress is not None:
                progress(seen)
            if seen.is_settled:
                return seen
        raise Unexpected(f"the watch of batch {batch} ended before the batch")

    def watch(
        self, batch: str, *, timeout: Optional[float] = None, patience: Optional[float] = 900.0
    ) -> Iterator[Batch]:
        """Yields a batch whenever it has changed, and ends when it is published, failed, cancelled or damaged. The
        arguments and errors are those of `wait`.

        The client follows the server-sent events of a node. When the stream breaks, it asks for the batch's status, and
        opens the stream again at another node if it knows one.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        answered = time.monotonic()
        failures = 0
        full_id: Optional[str] = None
        shown: Optional[Batch] = None
        while True:
            failure: Optional[NightshiftError] = None
            try:
                # `latest` must not mean another batch later.
                now = self.get_once(full_id or batch)
                answered = time.monotonic()
                full_id = now.id
                if now != shown:
                    shown = now
                    yield now
                if now.is_settled:
                    return
                for seen in self._stream(full_id, deadline):
                    answered = time.monotonic()
                    failures = 0
                    if seen is None:
                        continue
                    if seen != shown:
                        shown = seen
                        yield seen
                    if seen.is_settled:
                        return
            except NightshiftError as e:
                if not e.retryable:
                    raise
                failure = e
            failures += 1
            now_time = time.monotonic()
            if deadline is not None and now_time >= deadline:
                raise WaitTimeout(
                    f"batch {full_id or batch} has not ended in {timeout:g} s. It continues; wait again to resume"
                    + (f". The last failure: {failure}" if failure else "")
                )
            if failure is not None and patience is not None and now_time - answered >= patience:
                raise failure
            self._transport.use_next_server()
            pause = backoff(failures)
            if failure is not None and failure.retry_after is not None:
                pause = min(failure.retry_after, 30.0)
            if deadline is not None:
                pause = min(pause, max(deadline - now_time, 0.0))
            self._transport.sleep(pause)

    def get_once(self, batch: str) -> Batch:
        """Like `get`, but sends the request once only, for callers that repeat it themselves."""
        return _parsed(Batch.of, self._transport.once(self._get(_path(batch))))

    def _stream(self, batch: str, deadline: Optional[float]) -> Iterator[Optional[Batch]]:
        """The batch whenever it changes, from one stream of server-sent events; None for other signs of life."""
        silence = _SILENCE if deadline is None else max(min(_SILENCE, deadline - time.monotonic()), 0.05)
        # Entries of the ledger are not needed, only the descriptions in `progress` events: begin after the end.
        request = Request(
            "GET",
            _path(batch) + "/watch" + _query({"after": 10**17}),
            silence,
            None,
            {"Accept": "text/event-stream"},
        )
        connection, response = self._transport.open_any(request)
        try:
            if response.status == 204:
                return
            if response.status != 200:
                raise problem_of(response, response.read())
            for event in events_of(response):
                if event is not None and event.name == "progress":
                    yield _parsed(Batch.of, json.loads(event.data))
                else:
                    yield None
                if deadline is not None and time.monotonic() >= deadline:
                    return
        except (OSError, http.client.HTTPException) as e:
            if isinstance(e, socket.timeout) and deadline is not None and time.monotonic() >= deadline:
                # Nothing has failed: the caller does not wait any longer.
                return
            raise Unreachable(f"the stream of batch {batch} broke: {e or type(e).__name__}") from e
        except ValueError as e:
            raise Unexpected(f"the server's events are not those of Nightshift: {e}") from e
        finally:
            connection.close()

    def _get(self, path: str) -> Request:
        return Request("GET", path, self._timeout)

    def _send(self, request: Request, read: Callable[[Any], T]) -> T:
        return _parsed(read, self._transport.send(request))


def _parsed(read: Callable[[Any], T], answer: Any) -> T:
    try:
        if not isinstance(answer, dict):
            raise ValueError(f"expected an object, not {type(answer).__name__}")
        return read(answer)
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        raise Unexpected(f"the server's answer is not one of Nightshift: {e!r}") from e


def _all(read: Callable[[Any], T], answers: Any) -> List[T]:
    return [_parsed(read, answer) for answer in answers or ()]


def _text(job: Union[str, "os.PathLike[str]"]) -> bytes:
    if isinstance(job, str) and ("\n" in job or job.lstrip().startswith("{")):
        return job.encode("utf-8")
    try:
        return Path(job).read_bytes()
    except OSError as e:
        # Of the same class: FileNotFoundError stays one.
        raise type(e)(e.errno, f"the job file {os.fspath(job)} can't be read: {e.strerror or e}") from e


def _parameter_query(parameters: Optional[Mapping[str, object]]) -> List[str]:
    return ["param=" + quote(f"{name}={_value(value)}", safe="") for name, value in (parameters or {}).items()]


def _value(value: object) -> str:
    """A parameter's value as text. `str` of a date is ISO 8601, that of a datetime is not."""
    isoformat = getattr(value, "isoformat", None)
    return isoformat() if callable(isoformat) else str(value)


def _job_path(job: str) -> str:
    if not job or job in (".", ".."):
        raise ValueError("a job is named by its name")
    return "/v1/jobs/" + quote(job, safe="")


def _path(batch: str) -> str:
    if not batch or batch in (".", ".."):
        raise ValueError("a batch is named by its ID, the beginning of an ID, or latest")
    return "/v1/batches/" + quote(batch, safe="")


def _query(parameters: Mapping[str, object]) -> str:
    pairs = [f"{name}={quote(str(value), safe='')}" for name, value in parameters.items() if value is not None]
    return "?" + "&".join(pairs) if pairs else ""
