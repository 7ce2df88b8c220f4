# SPDX-License-Identifier: Apache-2.0
"""The records that a cluster answers with. Their names are those of docs/reference/http.md.

A record ignores keys that it doesn't know, so an older client works with a newer cluster. `json` has the whole answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Mapping, Optional, Sequence

from .errors import NightshiftError

SETTLED = frozenset({"published", "failed", "cancelled", "damaged"})


def _time(text: Optional[str]) -> Optional[datetime]:
    """Parses ISO 8601 in UTC. Java writes up to nine digits of a second, Python keeps six."""
    if not text:
        return None
    head, _, fraction = text.rstrip("Z").partition(".")
    moment = datetime.strptime(head, "%Y-%m-%dT%H:%M:%S")
    return moment.replace(microsecond=int((fraction + "000000")[:6]), tzinfo=timezone.utc)


def _required_time(text: Optional[str]) -> datetime:
    moment = _time(text)
    if moment is None:
        raise ValueError("a time is missing")
    return moment


@dataclass(frozen=True)
class Submission:
    """The result of a submission. The batch is durable. If no flag is set, the submission opened the batch.

    Attributes:
        batch: the batch's ID.
        resumed: whether the batch was open already; it continues.
        already_published: whether the same job file, input and model were published before, as this batch.
        repeated: whether an earlier submission with the same key means this batch.
    """

    batch: str
    resumed: bool = False
    already_published: bool = False
    repeated: bool = False

    @staticmethod
    def of(json: Mapping[str, Any]) -> "Submission":
        return Submission(
            json["batch"],
            bool(json.get("resumed")),
            bool(json.get("already_published")),
            bool(json.get("repeated")),
        )


@dataclass(frozen=True)
class Column:
    """A column of the predictions.

    Attributes:
        name: its name.
        type: DuckDB's name for its type, such as `DOUBLE`.
    """

    name: str
    type: str


@dataclass(frozen=True)
class ColumnChange:
    """A difference between two schemas.

    Attributes:
        column: the name of the column that differs.
        change: `added`, `removed` or `retyped`.
        before: the type that the column had, or None if it is added.
        after: the type that it has, or None if it is removed.
    """

    column: str
    change: str
    before: Optional[str]
    after: Optional[str]


@dataclass(frozen=True)
class PublishedSchema:
    """A published batch, and the version of its schema.

    Attributes:
        batch: the batch's full ID.
        version: from 1.
    """

    batch: str
    version: int


@dataclass(frozen=True)
class SchemaReport:
    """The columns that the next batch of a job writes, compared with those of the job's newest published batch.

    Attributes:
        job: the job's name.
        version: of the schema of the next batch, from 1.
        published: the newest published batch that has a schema, or None.
        columns: of the next batch, in the order in which they are written.
        compatible: whether readers of the published batch find all its columns with their types. If not, the job needs
            `destination.schema: new`.
        changes: from the published batch to the next one, first those that break readers.
    """

    job: str
    version: int
    published: Optional[PublishedSchema]
    columns: tuple[Column, ...]
    compatible: bool
    changes: tuple[ColumnChange, ...]

    @staticmethod
    def of(json: Mapping[str, Any]) -> "SchemaReport":
        published = json.get("published")
        return SchemaReport(
            json["job"],
            int(json["version"]),
            published and PublishedSchema(published["batch"], int(published["version"])),
            tuple(Column(one["name"], one["type"]) for one in json["columns"]),
            bool(json["compatible"]),
            tuple(
                ColumnChange(one["column"], one["change"], one.get("before"), one.get("after"))
                for one in json["changes"]
            ),
        )


@dataclass(frozen=True)
class ControlResult:
    """The result of a control that took effect. The change is durable.

    Attributes:
        batch: the batch's full ID.
        state: the batch's state after the change.
    """

    batch: str
    state: str


@dataclass(frozen=True)
class LedgerHead:
    """The end of a batch's ledger.

    Attributes:
        entries: number of entries.
        head: hash of the last entry.
    """

    entries: int
    head: str


@dataclass(frozen=True)
class Progress:
    """The progress of a batch that hasn't ended.

    Attributes:
        rows_done: rows of the committed partitions, plus rows that running attempts have reported.
        in_flight: number of partitions that are leased to workers.
        attempts_failed: failed attempts since the batch was opened or last retried.
        waits_for_worker: whether the batch has partitions to score, and no worker has one of them.
    """

    rows_done: int
    in_flight: int
    attempts_failed: int
    waits_for_worker: bool


@dataclass(frozen=True)
class Pause:
    """The pause of a batch.

    Attributes:
        at: when the batch was paused.
        reason: the reason that the caller gave; may be empty.
        by: the name of the caller's token, or None if it is not known.
    """

    at: datetime
    reason: str
    by: Optional[str]


@dataclass(frozen=True)
class Outage:
    """A resource that the batch needs does not work. The batch tries it again and again.

    Attributes:
        reason: the last failure.
        since: when the first failure was recorded.
        until: when the batch fails, if the resource does not work before.
    """

    reason: str
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Batch:
    """The status of a batch.

    Attributes:
        id: the batch's ID, such as `flights-20261124t231425-3f9a`.
        job: the job's name.
        model: the model version that scores the batch, as `name@version`.
        state: `submitted`, `running`, `paused`, `publishing`, `held`, `published`, `failed` or `cancelled`; `opened`
            while the ledger is empty; `damaged` if the ledger can't be read.
        submitted_at: when the batch was opened.
        rows: input rows of the whole batch; 0 until it is planned.
        read: input rows of the committed partitions that the job's `where` lets through.
        predictions: rows of the committed partitions that have a prediction.
        quarantined: rows of the committed partitions that couldn't be scored.
        bytes: size of the committed partitions' output.
        partitions: number of partitions; 0 until the batch is planned.
        committed: number of committed partitions.
        incarnation: how many times a node has taken over the batch's coordination.
        reason: why the batch failed or was cancelled; otherwise None.
        destination: where readers find the published batch: a folder or a table; None until it is published.
        ledger: the end of the batch's ledger.
        progress: progress that isn't in the ledger; None once the batch has ended.
        waits_for: what keeps the cluster from continuing the batch, or None.
        unseen_categories: rows with a category that the model does not know, by feature.
        pause: when, why and by whom the batch was paused; None if it is not paused.
        outage: the failure of a resource that the batch waits for, or None.
        parameters: the values of the job's parameters in this run, by name.
        retryable: whether the batch has failed of something that may be gone when it is retried.
        rollout: how far the canary of another model version is, as the HTTP API says; None if the batch has none.
        shadow: how another model version compares that scores in addition, as the HTTP API says; None if none does.
        reuse: what the batch reuses of another one, as the HTTP API says; None if it reuses nothing.
        timing: priority, window, deadline and forecast, as the HTTP API says; None if the answer has none.
        other_destinations: where readers find the published batch besides `destination`, in the order of the job.
        use: what the batch has used of the nodes, and what that cost, as the HTTP API says; None if it is not known.
        checks: the results of the job's checks, as the HTTP API says; empty before they are known.
        approval: who has approved the publication in spite of failed checks, as the HTTP API says; None if nobody has.
        removal: how far the removal of the batch is, as the HTTP API says; None if it is not removed.
        redrive: how far the last redrive of quarantined rows is, as the HTTP API says; None if there was none.
        model_origin: the file of an MLflow server from which the model came, as the HTTP API says; None for other models.
        json: the whole answer, with keys that this version of the client does not know.
    """

    id: str
    job: str
    model: str
    state: str
    submitted_at: datetime
    rows: int
    read: int
    predictions: int
    quarantined: int
    bytes: int
    partitions: int
    committed: int
    incarnation: int
    reason: Optional[str]
    destination: Optional[str]
    ledger: LedgerHead
    progress: Optional[Progress]
    waits_for: Optional[str]
    unseen_categories: Mapping[str, int]
    pause: Optional[Pause]
    outage: Optional[Outage]
    parameters: Mapping[str, str]
    retryable: bool
    rollout: Optional[Mapping[str, Any]]
    shadow: Optional[Mapping[str, Any]]
    reuse: Optional[Mapping[str, Any]]
    timing: Optional[Mapping[str, Any]]
    other_destinations: Sequence[str]
    use: Optional[Mapping[str, Any]]
    checks: Sequence[Mapping[str, Any]]
    approval: Optional[Mapping[str, Any]]
    removal: Optional[Mapping[str, Any]]
    redrive: Optional[Mapping[str, Any]]
    model_origin: Optional[Mapping[str, Any]]
    json: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def is_settled(self) -> bool:
        """Whether the state changes only at someone's request: published, failed, cancelled or damaged."""
        return self.state in SETTLED

    def require_published(self) -> "Batch":
        """Returns this batch if it is published.

        Raises:
            BatchFailed: if it is not.
        """
        if self.state == "published":
            return self
        because = f": {self.reason}" if self.reason else ""
        raise BatchFailed(f"batch {self.id} is {self.state}{because}", self)

    @staticmethod
    def of(json: Mapping[str, Any]) -> "Batch":
        progress = json.get("progress")
        pause = json.get("pause")
        outage = json.get("outage")
        ledger = json.get("ledger") or {}
        return Batch(
            json["batch"],
            json["job"],
            json.get("model") or "",
            json["state"],
            _required_time(json.get("submitted_at")),
            int(json.get("rows") or 0),
            int(json.get("read") or 0),
            int(json.get("predictions") or 0),
            int(json.get("quarantined") or 0),
            int(json.get("bytes") or 0),
            int(json.get("partitions") or 0),
            int(json.get("committed") or 0),
            int(json.get("incarnation") or 0),
            json.get("reason"),
            json.get("destination"),
            LedgerHead(int(ledger.get("entries") or 0), ledger.get("head") or ""),
            progress
            and Progress(
                int(progress.get("rows_done") or 0),
                int(progress.get("in_flight") or 0),
                int(progress.get("attempts_failed") or 0),
                bool(progress.get("waits_for_worker")),
            ),
            json.get("waits_for"),
            dict(json.get("unseen_categories") or {}),
            pause and Pause(_required_time(pause.get("at")), pause.get("reason") or "", pause.get("by")),
            outage
            and Outage(
                outage.get("reason") or "", _required_time(outage.get("since")), _required_time(outage.get("until"))
            ),
            dict(json.get("parameters") or {}),
            bool(json.get("retryable")),
            json.get("rollout"),
            json.get("shadow"),
            json.get("reuse"),
            json.get("timing"),
            list(json.get("other_destinations") or []),
            json.get("use"),
            list(json.get("checks") or []),
            json.get("approval"),
            json.get("removal"),
            json.get("redrive"),
            json.get("model_origin"),
            dict(json),
        )


class BatchFailed(NightshiftError):
    """The batch is not published: it failed, was cancelled, or its ledger is damaged.

    Attributes:
        batch: the batch as it ended.
        retryable: whether the cause may be gone when the batch is retried.
    """

    def __init__(self, message: str, batch: Batch) -> None:
        super().__init__(message)
        self.batch = batch
        self.retryable = batch.retryable


@dataclass(frozen=True)
class Event:
    """An entry of a batch's ledger.

    Attributes:
        number: the entry's number, from 1.
        hash: the hash that links the entry to the one before.
        event: the kind of event, such as `committed`.
        at: when the coordinator decided it.
        json: the whole event with its own fields.
    """

    number: int
    hash: str
    event: str
    at: datetime
    json: Mapping[str, Any] = field(repr=False, compare=False)

    @staticmethod
    def of(json: Mapping[str, Any]) -> "Event":
        return Event(
            int(json["number"]), json.get("hash") or "", json["event"], _required_time(json.get("at")), dict(json)
        )


@dataclass(frozen=True)
class Job:
    """A submitted job and its latest batch.

    Attributes:
        job: the job's name.
        batches: number of batches of the job.
        latest: ID of the batch that was opened last.
        submitted_at: when that batch was opened.
        applied: the applied job, as the HTTP API says; None if the job was only submitted.
    """

    job: str
    batches: int
    latest: Optional[str]
    submitted_at: Optional[datetime]
    applied: Optional[Mapping[str, Any]]
    json: Mapping[str, Any] = field(repr=False, compare=False)

    @staticmethod
    def of(json: Mapping[str, Any]) -> "Job":
        return Job(
            json["job"],
            int(json.get("batches") or 0),
            json.get("latest"),
            _time(json.get("submitted_at")),
            json.get("applied"),
            dict(json),
        )


@dataclass(frozen=True)
class ColumnDrift:
    """How much a column differs. What compares is None without a baseline, or if that has not measured the column.

    Attributes:
        column: the column or feature; None for the predictions.
        psi: the population stability index.
        jensen_shannon: the Jensen-Shannon divergence in bits, 0 to 1.
        missing: the share of rows in which the value is NULL, NaN or infinite, 0 to 1.
        missing_before: the same of the baseline.
        unseen: the share of rows with a category that the model does not know, 0 to 1.
        unseen_before: the same of the baseline.
        mean: of the predictions; None for other columns.
        mean_before: the same of the baseline.
    """

    column: Optional[str]
    psi: Optional[float]
    jensen_shannon: Optional[float]
    missing: float
    missing_before: Optional[float]
    unseen: float
    unseen_before: Optional[float]
    mean: Optional[float]
    mean_before: Optional[float]


@dataclass(frozen=True)
class DriftReport:
    """How much the predictions and features of a batch differ from those of an earlier one.

    Attributes:
        batch: the batch's ID.
        baseline: the batch that it is compared with; None if there is none.
        rows: the batch's rows with a prediction.
        baseline_rows: those of the baseline; None if there is none.
        columns: the predictions first, if they were compared, and then the columns and features.
    """

    batch: str
    baseline: Optional[str]
    rows: int
    baseline_rows: Optional[int]
    columns: tuple[ColumnDrift, ...]
    json: Mapping[str, Any] = field(repr=False, compare=False)

    @staticmethod
    def of(json: Mapping[str, Any]) -> "DriftReport":
        return DriftReport(
            json["batch"],
            json.get("baseline"),
            int(json.get("rows") or 0),
            json.get("baseline_rows"),
            tuple(
                ColumnDrift(
                    column.get("column"),
                    column.get("psi"),
                    column.get("jensen_shannon"),
                    float(column.get("missing") or 0),
                    column.get("missing_before"),
                    float(column.get("unseen") or 0),
                    column.get("unseen_before"),
                    column.get("mean"),
                    column.get("mean_before"),
                )
                for column in json.get("columns") or ()
            ),
            dict(json),
        )


@dataclass(frozen=True)
class NodeMemory:
    """The memory of a node's process, in bytes.

    Attributes:
        process: memory that the process occupies; 0 if the operating system does not say.
        heap: the used part of the Java heap.
        most_heap: how large the Java heap may become.
        total: the memory of the machine, or the limit of the container.
    """

    process: int
    heap: int
    most_heap: int
    total: int


@dataclass(frozen=True)
class NodeScratch:
    """The disk space of a node's scratch folder, in bytes.

    Attributes:
        folder: the folder.
        used: the size of the files in it.
        free: what is left on its file system.
        total: the size of its file system.
    """

    folder: str
    used: int
    free: int
    total: int


@dataclass(frozen=True)
class NodeScoring:
    """The work of a node's threads for one batch.

    Attributes:
        batch: the batch's ID.
        partitions: how many of its partitions are scored now.
        rows: the rows of these partitions that are scored so far.
        since: when the oldest of these attempts began.
    """

    batch: str
    partitions: int
    rows: int
    since: datetime


@dataclass(frozen=True)
class NodeWork:
    """The work of a node.

    Attributes:
        threads: scoring threads.
        slots: partitions that the node leases at a time.
        busy: threads that score now.
        stuck: threads that hang in a read or a write, and are replaced by others.
        memory: the memory of the node's process; None if the node is of an older version.
        scratch: the disk space for what does not fit into memory; None if it is not known.
        scoring: the batches that the threads score now, those with most threads first.
    """

    threads: int
    slots: int
    busy: int
    stuck: int
    memory: Optional[NodeMemory]
    scratch: Optional[NodeScratch]
    scoring: tuple[NodeScoring, ...]

    @staticmethod
    def of(json: Mapping[str, Any]) -> "NodeWork":
        memory = json.get("memory")
        scratch = json.get("scratch")
        return NodeWork(
            int(json.get("threads") or 0),
            int(json.get("slots") or 0),
            int(json.get("busy") or 0),
            int(json.get("stuck") or 0),
            memory
            and NodeMemory(
                int(memory.get("process") or 0),
                int(memory.get("heap") or 0),
                int(memory.get("most_heap") or 0),
                int(memory.get("total") or 0),
            ),
            scratch
            and NodeScratch(
                scratch.get("folder") or "",
                int(scratch.get("used") or 0),
                int(scratch.get("free") or 0),
                int(scratch.get("total") or 0),
            ),
            tuple(
                NodeScoring(
                    one["batch"],
                    int(one.get("partitions") or 0),
                    int(one.get("rows") or 0),
                    _required_time(one.get("since")),
                )
                for one in json.get("scoring") or ()
            ),
        )


@dataclass(frozen=True)
class NodeFault:
    """A resource of a node that has failed, and has not worked since.

    Attributes:
        resource: `input`, `registry`, `scratch`, `library` or `mount`.
        name: the file, folder, model or library.
        reason: the last failure.
        since: when it failed first.
        last: when it failed last.
        all_work: whether the node takes no partition of any batch.
        next_try: when the node tries the resource again; None if it tries with its next partition.
    """

    resource: str
    name: str
    reason: str
    since: datetime
    last: datetime
    all_work: bool
    next_try: Optional[datetime]


@dataclass(frozen=True)
class Node:
    """A node, as the node that answers sees it.

    Attributes:
        node: its name, `host:port`.
        state: `joining`, `up`, `leaving`, `exiting`, `down` or `unreachable`.
        roles: `coordinator`, `worker` or both.
        version: the node's version of Nightshift.
        work: how many partitions the node takes; None if it does not answer.
        faults: the node's resources that fail.
    """

    node: str
    state: str
    roles: tuple[str, ...]
    version: str
    work: Optional[NodeWork]
    faults: tuple[NodeFault, ...]
    json: Mapping[str, Any] = field(repr=False, compare=False)

    @staticmethod
    def of(json: Mapping[str, Any]) -> "Node":
        work = json.get("work")
        return Node(
            json["node"],
            json.get("state") or "",
            tuple(json.get("roles") or ()),
            json.get("version") or "",
            work and NodeWork.of(work),
            tuple(
                NodeFault(
                    fault.get("resource") or "",
                    fault.get("name") or "",
                    fault.get("reason") or "",
                    _required_time(fault.get("since")),
                    _required_time(fault.get("last")),
                    bool(fault.get("all_work")),
                    _time(fault.get("next_try")),
                )
                for fault in json.get("faults") or ()
            ),
            dict(json),
        )


@dataclass(frozen=True)
class QuarantinedRow:
    """A row of the input that has no prediction.

    Attributes:
        file: file of the source.
        row: position in that file, from 0.
        id: the record ID, or None.
        reason: the same text for all rows of one reason.
        value: the wrong value as text, or None if the reason says everything.
        message: the database's error message for an expression that failed, or None.
        values: the row's own values, as JSON text.
    """

    file: str
    row: int
    id: Optional[str]
    reason: str
    value: Optional[str]
    message: Optional[str]
    values: str

    @staticmethod
    def of(json: Mapping[str, Any]) -> "QuarantinedRow":
        return QuarantinedRow(
            json.get("file") or "",
            int(json.get("row") or 0),
            json.get("id"),
            json.get("reason") or "",
            json.get("value"),
            json.get("message"),
            json.get("values") or "",
        )


@dataclass(frozen=True)
class QuarantineReason:
    """The rows of one reason.

    Attributes:
        reason: the same text for all these rows.
        rows: number of counted rows.
        example: one of them.
    """

    reason: str
    rows: int
    example: QuarantinedRow


@dataclass(frozen=True)
class QuarantineReasons:
    """Why rows of a batch are quarantined.

    Attributes:
        batch: the batch's ID.
        state: the batch's state.
        quarantined: number of quarantined rows in all committed partitions.
        counted: number of these rows that were read and counted by reason.
        places: the files or the table that hold the rows.
        reasons: the reasons, the most frequent first.
    """

    batch: str
    state: str
    quarantined: int
    counted: int
    places: tuple[str, ...]
    reasons: tuple[QuarantineReason, ...]

    @staticmethod
    def of(json: Mapping[str, Any]) -> "QuarantineReasons":
        return QuarantineReasons(
            json["batch"],
            json.get("state") or "",
            int(json.get("quarantined") or 0),
            int(json.get("counted") or 0),
            tuple(json.get("places") or ()),
            tuple(
                QuarantineReason(one["reason"], int(one.get("rows") or 0), QuarantinedRow.of(one["example"]))
                for one in json.get("reasons") or ()
            ),
        )
