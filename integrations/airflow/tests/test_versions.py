# SPDX-License-Identifier: Apache-2.0
"""Runs the tests without a node with the modules of the other version of Airflow."""

from __future__ import annotations

import os
import subprocess
import sys
import unittest
from pathlib import Path


@unittest.skipIf("NIGHTSHIFT_TEST_AIRFLOW" in os.environ, "the version is given")
class VersionsTest(unittest.TestCase):
    def test_airflow_3(self) -> None:
        end = subprocess.run(
            [sys.executable, "-W", "error", "-m", "unittest", "tests.test_provider", "tests.test_documentation"],
            cwd=Path(__file__).parent.parent,
            env={**os.environ, "NIGHTSHIFT_TEST_AIRFLOW": "3"},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.assertEqual(end.returncode, 0, end.stderr)


if __name__ == "__main__":
    unittest.main()
