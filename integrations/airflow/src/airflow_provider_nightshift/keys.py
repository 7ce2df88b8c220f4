# SPDX-License-Identifier: Apache-2.0
"""Idempotency keys. A key never has the number of a try, so a task that is retried or cleared finds its batch again."""

from __future__ import annotations

import hashlib
import re

_VALID = re.compile(r"[!-~]{1,255}")


def name_of_task(dag_id: str, run_id: str, task_id: str, map_index: int) -> str:
    """The name of a task instance: `dag_id/run_id/task_id/map_index`. `map_index` is -1 for a task that is not mapped."""
    return f"{dag_id}/{run_id}/{task_id}/{map_index}"


def key_of(name: str, rerun: str = "") -> str:
    """The key with a name, or the hash of the name if that is no valid key.

    Args:
        name: the name of a task instance, or the name that the DAG gives.
        rerun: a text that makes another key, for a forced rerun; empty for none.
    """
    key = f"{name}/rerun={rerun}" if rerun else name
    return key if _VALID.fullmatch(key) else _hashed(key)


def key_after(key: str, cancelled: str) -> str:
    """The key of the batch that follows a cancelled one: the same for every try.

    Args:
        key: the key of the cancelled batch.
        cancelled: the ID of the cancelled batch.
    """
    return _hashed(f"{key}\n{cancelled}")


def _hashed(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode("utf-8")).hexdigest()
