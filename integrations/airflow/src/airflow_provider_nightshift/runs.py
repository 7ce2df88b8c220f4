# SPDX-License-Identifier: Apache-2.0
"""Finds the batch of a run: a job with values for its parameters."""

from __future__ import annotations

from itertools import islice
from typing import Mapping, Optional

from nightshift import Batch, Client

# A run that is waited for is a recent one. A larger number would ask the cluster for the whole history at each look.
_NEWEST = 200


def ended_run(client: Client, job: str, parameters: Mapping[str, str]) -> Optional[Batch]:
    """The newest batch of a run if it has ended. None if there is none yet, it has not ended, or it was cancelled, after
    which another may follow."""
    wanted = {name: str(value) for name, value in parameters.items()}
    for batch in islice(client.batches(job=job), _NEWEST):
        if dict(batch.parameters) == wanted:
            return batch if batch.is_settled and batch.state != "cancelled" else None
    return None
