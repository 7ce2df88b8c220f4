# SPDX-License-Identifier: Apache-2.0
"""The errors of requests, with the problem documents of nodes, and whether a retry can help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional


@dataclass(frozen=True)
class JobMistake:
    """A mistake in a job file.

    Attributes:
        line: line in the file, from 1.
        key: path of the key, such as `errors.max-rate`; empty if the mistake concerns the whole file.
        found: what the file says there.
        expected: what the file should say.
        suggestion: how to correct the mistake, or None.
    """

    line: int
    key: str
    found: str
    expected: str
    suggestion: Optional[str]


@dataclass(frozen=True)
class Problem:
    """Why a node didn't do what a request asked for: a problem document (RFC 9457).

    Attributes:
        type: the kind of problem for programs; begins with `urn:nightshift:problem:`.
        title: the kind of problem in a few words.
        status: the HTTP status.
        detail: what happened and what to do.
        batch: the batch that refuses a control, or None.
        mistakes: the mistakes in a job file; otherwise empty.
    """

    TYPE = "urn:nightshift:problem:"

    type: str
    title: str
    status: int
    detail: str
    batch: Optional[str]
    mistakes: tuple[JobMistake, ...]

    @staticmethod
    def of(json: Any) -> Optional["Problem"]:
        """The problem in an answer, or None if another program sent the answer."""
        if not isinstance(json, dict) or not str(json.get("type")).startswith(Problem.TYPE):
            return None
        mistakes = tuple(
            JobMistake(
                int(one.get("line", 0)),
                one.get("key", ""),
                one.get("found", ""),
                one.get("expected", ""),
                one.get("suggestion"),
            )
            for one in json.get("mistakes") or ()
        )
        return Problem(
            json["type"],
            json.get("title", ""),
            int(json.get("status", 0)),
            json.get("detail", ""),
            json.get("batch"),
            mistakes,
        )


class NightshiftError(Exception):
    """A request failed. The message says what happened and what to do.

    Attributes:
        retryable: whether the same request may succeed later.
        problem: the problem document of the node, or None if no node answered with one.
        retry_after: after how many seconds the node asks for the next request, or None.
    """

    retryable = False

    def __init__(
        self, message: str, problem: Optional[Problem] = None, retry_after: Optional[float] = None
    ) -> None:
        super().__init__(message)
        self.problem = problem
        self.retry_after = retry_after


class Unreachable(NightshiftError):
    """No node could be reached, or the connection broke."""

    retryable = True


class Unavailable(NightshiftError):
    """The cluster can't answer at the moment, or a limit is reached (429, 502, 503, 504)."""

    retryable = True


class NotFound(NightshiftError):
    """No batch has that name, or several have (404)."""


class Refused(NightshiftError):
    """The batch's state doesn't allow the control. Nothing was changed (409)."""


class Rejected(NightshiftError):
    """The cluster didn't accept the job. Nothing was started (422)."""


class NotAllowed(NightshiftError):
    """The token is missing or unknown, or its role doesn't include the request (401, 403)."""


class Unexpected(NightshiftError):
    """The request is invalid, or the server is not a Nightshift node."""


class WaitTimeout(NightshiftError, TimeoutError):
    """The batch has not ended in the time given to `wait`. It continues; waiting again resumes the wait."""

    retryable = True


class NoPredictions(NightshiftError):
    """The predictions of a batch can't be read on this machine. The message says why and what to do."""


def of_status(status: int) -> type[NightshiftError]:
    """The error for a status that is not 2xx."""
    if status in (401, 403):
        return NotAllowed
    if status == 404:
        return NotFound
    if status == 409:
        return Refused
    if status == 422:
        return Rejected
    if status in (429, 502, 503, 504):
        return Unavailable
    return Unexpected
