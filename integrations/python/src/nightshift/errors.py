# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, and whether a retry can help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from .records import Batch, Problem


class NightshiftError(Exception):
    """A request failed. The message says what happened and what to do.

    Attributes:
        retryable: whether the same request may succeed later.
        problem: the problem document of the node, or None if no node answered with one.
        retry_after: after how many seconds the node asks for the next request, or None.
    """

    retryable = False

    def __init__(
        self, message: str, problem: Optional["Problem"] = None, retry_after: Optional[float] = None
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


class BatchFailed(NightshiftError):
    """The batch is not published: it failed, was cancelled, or its ledger is damaged.

    Attributes:
        batch: the batch as it ended.
        retryable: whether the cause may be gone when the batch is retried.
    """

    def __init__(self, message: str, batch: "Batch") -> None:
        super().__init__(message)
        self.batch = batch
        self.retryable = batch.retryable


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
