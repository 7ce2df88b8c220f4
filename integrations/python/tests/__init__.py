# SPDX-License-Identifier: Apache-2.0
"""Tests of the client. Those in test_node need a real node, which PythonIntegrationsIT starts."""

import sys
from pathlib import Path

_tests = Path(__file__).parent
sys.path[:0] = [str(_tests.parent / "src"), str(_tests.parent.parent / "testing")]
