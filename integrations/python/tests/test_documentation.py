# SPDX-License-Identifier: Apache-2.0
"""The Python programs of the documentation: each compiles, and calls the packages as they are."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import stat
import subprocess
import sys
import tempfile
import types
import unittest
from pathlib import Path
from typing import Any, Callable
from unittest import mock

import nightshift

DOCS = Path(__file__).parents[3] / "docs"
PAGES = ("how-to/python.md", "how-to/airflow.md", "how-to/orchestrators.md", "concepts/spark-and-airflow.md")


def programs(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


class ProgramsTest(unittest.TestCase):
    def test_every_program_calls_the_client_as_it_is(self) -> None:
        methods = {name: value for name, value in vars(nightshift.Client).items() if not name.startswith("_")}
        checked = 0
        for page in PAGES:
            for program in programs(page):
                tree = ast.parse(program, page)
                for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
                    signature = self._signature(call.func, methods)
                    if signature is not None:
                        arguments = [None] * len(call.args)
                        keywords = {keyword.arg: None for keyword in call.keywords if keyword.arg}
                        with self.subTest(page=page, call=ast.dump(call.func)):
                            signature.bind(None, *arguments, **keywords)
                            checked += 1
        self.assertGreaterEqual(checked, 15)

    @staticmethod
    def _signature(called: ast.expr, methods: "dict[str, Any]") -> "inspect.Signature | None":
        if isinstance(called, ast.Name) and called.id == "Client":
            return inspect.signature(nightshift.Client.__init__)
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "client":
            return inspect.signature(methods[called.attr])
        return None


class RecipesTest(unittest.TestCase):
    """The programs for Prefect and Dagster, with a stub of what they use, and a command that ends as it is told."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        command = self.folder / "nightshift"
        command.write_text('#!/bin/sh\necho "$@" > "$0.arguments"\necho a line\necho \'{"state": "published"}\'\nexit $END\n')
        command.chmod(command.stat().st_mode | stat.S_IXUSR)
        path = mock.patch.dict(os.environ, {"PATH": f"{self.folder}:{os.environ['PATH']}"})
        path.start()
        self.addCleanup(path.stop)

    def program(self, name: str, modules: "dict[str, types.ModuleType]") -> "dict[str, Any]":
        [program] = [one for one in programs("how-to/orchestrators.md") if f"import {name}\n" in one or f"from {name} " in one]
        scope: "dict[str, Any]" = {"__name__": name + "_recipe"}
        with mock.patch.dict(sys.modules, modules):
            exec(compile(program, name, "exec"), scope)
        return scope

    def ends(self, status: int, run: Callable[[], Any]) -> Any:
        with mock.patch.dict(os.environ, {"END": str(status)}):
            return run()

    def test_prefect(self) -> None:
        prefect: Any = types.ModuleType("prefect")
        options: "dict[str, Any]" = {}

        def task(**given: Any) -> Any:
            options.update(given)
            return lambda function: function

        prefect.task = task
        prefect.flow = lambda function: function
        scope = self.program("prefect", {"prefect": prefect})
        result = self.ends(0, lambda: scope["churn"]("2026-11-25"))
        self.assertEqual(result, {"state": "published"})
        self.assertIn("--param day=2026-11-25 --wait -o json", (self.folder / "nightshift.arguments").read_text())
        for status, is_retried in ((1, False), (2, False), (75, True), (130, True)):
            with self.assertRaises(subprocess.CalledProcessError) as caught:
                self.ends(status, lambda: scope["churn"]("2026-11-25"))

            def result_of_state(error: Exception = caught.exception) -> None:
                raise error

            state = types.SimpleNamespace(result=result_of_state)
            self.assertEqual(options["retry_condition_fn"](None, None, state), is_retried, status)

    def test_dagster(self) -> None:
        dagster: Any = types.ModuleType("dagster")

        class Failure(Exception):
            def __init__(self, description: str, *, allow_retries: bool) -> None:
                super().__init__(description)
                self.allow_retries = allow_retries

        class RetryRequested(Exception):
            def __init__(self, *, max_retries: int, seconds_to_wait: float) -> None:
                super().__init__()

        dagster.Failure, dagster.RetryRequested = Failure, RetryRequested
        dagster.DailyPartitionsDefinition = lambda *, start_date: start_date
        dagster.AssetExecutionContext = dagster.MaterializeResult = types.SimpleNamespace
        dagster.asset = lambda **given: lambda function: function
        scope = self.program("dagster", {"dagster": dagster})
        context = types.SimpleNamespace(partition_key="2026-11-25")
        result = self.ends(0, lambda: scope["churn"](context))
        self.assertEqual(result.metadata, json.loads('{"state": "published"}'))
        self.assertIn("--param day=2026-11-25 --wait -o json", (self.folder / "nightshift.arguments").read_text())
        for status in (75, 130):
            with self.assertRaises(RetryRequested):
                self.ends(status, lambda: scope["churn"](context))
        for status in (1, 2):
            with self.assertRaises(Failure) as caught:
                self.ends(status, lambda: scope["churn"](context))
            self.assertFalse(caught.exception.allow_retries)


if __name__ == "__main__":
    unittest.main()
