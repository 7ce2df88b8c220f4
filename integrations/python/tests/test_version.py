# SPDX-License-Identifier: Apache-2.0
"""All packages have the version of Nightshift."""

from __future__ import annotations

import re
import unittest
from pathlib import Path

import nightshift

ROOT = Path(__file__).parents[3]


def found(file: str, pattern: str) -> str:
    match = re.search(pattern, (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    assert match is not None, file
    return match.group(1)


class VersionTest(unittest.TestCase):
    def test_the_packages_have_the_version_of_the_program(self) -> None:
        program = found("pom.xml", r"<version>(.*?)(?:-SNAPSHOT)?</version>")
        self.assertEqual(nightshift.__version__, program)
        for project in ("python", "airflow"):
            self.assertEqual(found(f"integrations/{project}/pyproject.toml", '^version = "(.*)"'), program)
        self.assertEqual(found("integrations/airflow/pyproject.toml", '"nightshift-scoring==(.*)"'), program)
        provider = "integrations/airflow/src/airflow_provider_nightshift/__init__.py"
        self.assertEqual(found(provider, '^__version__ = "(.*)"'), program)


if __name__ == "__main__":
    unittest.main()
