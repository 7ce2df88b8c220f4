# SPDX-License-Identifier: Apache-2.0
"""The operators and sensors in the documentation can be made."""

from __future__ import annotations

import ast
import re
import unittest
from pathlib import Path

from airflow_provider_nightshift.operators.nightshift import NightshiftBatchOperator
from airflow_provider_nightshift.sensors.nightshift import NightshiftBatchSensor

DOCS = Path(__file__).parents[3] / "docs"
CLASSES = {"NightshiftBatchOperator": NightshiftBatchOperator, "NightshiftBatchSensor": NightshiftBatchSensor}

# Arguments that every operator of Airflow has, and this stub has not.
OF_AIRFLOW = {"retry_delay"}


class DocumentationTest(unittest.TestCase):
    def test_the_operators_of_the_pages_can_be_made(self) -> None:
        made = 0
        for page in ("how-to/airflow.md", "concepts/spark-and-airflow.md"):
            text = (DOCS / page).read_text(encoding="utf-8")
            for program in re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
                for call in (node for node in ast.walk(ast.parse(program, page)) if isinstance(node, ast.Call)):
                    if isinstance(call.func, ast.Name) and call.func.id in CLASSES:
                        arguments = {
                            keyword.arg: eval(compile(ast.Expression(keyword.value), page, "eval"), {})  # noqa: S307
                            for keyword in call.keywords
                            if keyword.arg not in OF_AIRFLOW
                        }
                        CLASSES[call.func.id](**arguments)
                        made += 1
        self.assertGreaterEqual(made, 4)

    def test_every_argument_of_the_operator_is_in_the_table(self) -> None:
        page = (DOCS / "how-to/airflow.md").read_text(encoding="utf-8")
        table = page[page.index("| argument | default |") : page.index("## What a task returns")]
        named = set(re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in table.splitlines() if line.startswith("|"))))
        operator = NightshiftBatchOperator(task_id="t", job="j")
        own = {name for name in vars(operator) if not name.startswith("_")} - {"task_id", "retries", "do_xcom_push"}
        self.assertEqual(own, named)


if __name__ == "__main__":
    unittest.main()
