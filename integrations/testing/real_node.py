# SPDX-License-Identifier: Apache-2.0
"""The real node that the tests of the integrations use. PythonIntegrationsIT starts it, and kills it when a test asks.

The environment says where it is: NIGHTSHIFT_TEST_SERVER is its URL, NIGHTSHIFT_TEST_TOKEN_FILE the file with its token, and
NIGHTSHIFT_TEST_FOLDER a folder with `job.yaml`, the example job with fewer rows. NIGHTSHIFT_TEST_HOME is the home folder of a
server, in place of URL and token. NIGHTSHIFT_TEST_GATE is the folder of the gate that holds the node's partitions (ScoringGate in
Java). Without them, the tests are skipped.
"""

from __future__ import annotations

import os
import time
import unittest
import uuid
from pathlib import Path
from typing import Callable, Optional, TypeVar

SERVER = os.environ.get("NIGHTSHIFT_TEST_SERVER", "")
TOKEN_FILE = os.environ.get("NIGHTSHIFT_TEST_TOKEN_FILE", "")
FOLDER = Path(os.environ.get("NIGHTSHIFT_TEST_FOLDER", "."))
HOME = os.environ.get("NIGHTSHIFT_TEST_HOME", "")
GATE = Path(os.environ.get("NIGHTSHIFT_TEST_GATE", "."))
ROWS = 60_000

_PATIENCE = 120.0

needs_node = unittest.skipUnless(SERVER, "PythonIntegrationsIT starts the node that these tests need")

T = TypeVar("T")


def token() -> str:
    return Path(TOKEN_FILE).read_text(encoding="ascii").strip()


def job_name(prefix: str) -> str:
    """A name that no other test has."""
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def job(name: str, where: str = "", more: str = "", ending: str = "parquet") -> str:
    """The example job under a name, with its own destination folder.

    Args:
        name: see `job_name`.
        where: a condition on the source's rows.
        more: more lines of the job file, at the top level.
        ending: the kind of the destination's files.
    """
    text = (FOLDER / "job.yaml").read_text(encoding="utf-8")
    text = text.replace("job: flights\n", f"job: {name}\n")
    place = str(destination(name)) if ending == "parquet" else f"{{folder: {destination(name)}}}"
    text = text.replace("parquet: predictions", f"{ending}: {place}")
    text = text.replace("rows: 25000", "rows: 6000")
    if where:
        text = text.replace("source:\n", f"source:\n  where: {where}\n")
    return text + more


def destination(name: str) -> Path:
    return FOLDER / "predictions" / name


def until(look: Callable[[], Optional[T]], what: str) -> T:
    """Looks until there is something, and returns it."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        seen = look()
        if seen:
            return seen
        time.sleep(0.05)
    raise AssertionError(f"in vain waited for {what}")


def hold(name: str, committed: int) -> None:
    """Lets so many partitions of a job's batches through the gate. The others wait for `open_gate`."""
    limit = GATE / "new-limit"
    limit.write_text(f"{len(list((GATE / 'admitted').iterdir())) + committed}\n{name}-", encoding="ascii")
    limit.replace(GATE / "limit")


def open_gate() -> None:
    (GATE / "limit").unlink()


def kill_and_restart() -> None:
    """Has the node killed with SIGKILL. Returns when it is dead; it is then started again."""
    request = FOLDER / "kill"
    request.touch()
    until(lambda: not request.exists(), "the node to be killed")
