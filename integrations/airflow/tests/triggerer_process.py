# SPDX-License-Identifier: Apache-2.0
"""A triggerer in a process of its own: reads a stored trigger from standard input, and prints the payload of its event."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Mapping

if __name__ == "__main__":
    from tests import AIRFLOW  # noqa: F401  sets the paths

    import airflow_contract

    stored = json.load(sys.stdin)
    print("started", flush=True)
    print(json.dumps(airflow_contract.triggerer(stored)), flush=True)


class TriggererProcess:
    """A triggerer that a test may kill."""

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.triggerer_process"],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(stored))
        self._process.stdin.close()
        assert self._process.stdout.readline() == "started\n"

    def kill(self) -> None:
        self._process.kill()
        self._close()

    def event(self) -> Any:
        assert self._process.stdout is not None
        payload = json.loads(self._process.stdout.readline())
        self._close()
        return payload

    def _close(self) -> None:
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
