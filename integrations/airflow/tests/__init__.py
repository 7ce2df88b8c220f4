# SPDX-License-Identifier: Apache-2.0
"""Tests of the provider, against a stub of the few classes of Airflow that it uses.

NIGHTSHIFT_TEST_AIRFLOW chooses the stub: `2` (the default) has the modules of Airflow 2.9, `3` those of Airflow 3.
test_versions runs the tests without a node with the other one.
"""

import os
import sys
from pathlib import Path

AIRFLOW = os.environ.get("NIGHTSHIFT_TEST_AIRFLOW", "2")

_tests = Path(__file__).parent
_integrations = _tests.parent.parent
PATHS = [
    str(folder)
    for folder in (
        _tests.parent / "src",
        _integrations / "python" / "src",
        _integrations / "testing",
        _tests,
        _tests / f"airflow_{AIRFLOW}",
    )
]
sys.path[:0] = PATHS
