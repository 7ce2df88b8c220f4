# SPDX-License-Identifier: Apache-2.0
"""Client for Nightshift over HTTP.

`Client` starts, follows and controls batches. `read_predictions` reads the predictions of a published batch.
"""

from .client import Client
from .errors import (
    BatchFailed,
    NightshiftError,
    NoPredictions,
    NotAllowed,
    NotFound,
    Refused,
    Rejected,
    Unavailable,
    Unexpected,
    Unreachable,
    WaitTimeout,
)
from .predictions import read_predictions
from .records import (
    Batch,
    Column,
    ColumnChange,
    ControlResult,
    Event,
    Job,
    JobMistake,
    LedgerHead,
    Node,
    NodeFault,
    NodeWork,
    Outage,
    Pause,
    Problem,
    Progress,
    PublishedSchema,
    QuarantinedRow,
    QuarantineReason,
    QuarantineReasons,
    SchemaReport,
    Submission,
)
from .version import __version__

__all__ = [
    "Batch",
    "BatchFailed",
    "Client",
    "Column",
    "ColumnChange",
    "ControlResult",
    "Event",
    "Job",
    "JobMistake",
    "LedgerHead",
    "NightshiftError",
    "NoPredictions",
    "Node",
    "NodeFault",
    "NodeWork",
    "NotAllowed",
    "NotFound",
    "Outage",
    "Pause",
    "Problem",
    "Progress",
    "PublishedSchema",
    "QuarantineReason",
    "QuarantineReasons",
    "QuarantinedRow",
    "Refused",
    "Rejected",
    "SchemaReport",
    "Submission",
    "Unavailable",
    "Unexpected",
    "Unreachable",
    "WaitTimeout",
    "__version__",
    "read_predictions",
]
