# SPDX-License-Identifier: Apache-2.0
"""How predictions are read. test_node reads those of a real batch."""

from __future__ import annotations

import gzip
import importlib.util
import json
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

from nightshift import Batch, BatchFailed, NoPredictions, read_predictions
from nightshift.predictions import duckdb_query

from scripted_server import batch as description

HAS_PANDAS = importlib.util.find_spec("pandas") is not None


class PredictionsTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def batch(self, state: str = "published", **more: Any) -> Batch:
        return Batch.of(description(state, **{"destination": str(self.folder), **more}))

    def write(self, *parts: str, batch: str = "flights-20261124t231425-3f9a", ending: str = "csv") -> None:
        files = []
        for number, text in enumerate(parts):
            name = f"part-{number:06}.{ending}"
            opened = gzip.open if ending.endswith("gz") else open
            with opened(self.folder / name, "wt") as file:
                file.write(text)
            files.append({"file": name, "rows": 1})
        (self.folder / "_manifest.json").write_text(json.dumps({"batch": batch, "parts": files}))

    def test_a_batch_that_is_not_published_has_none(self) -> None:
        with self.assertRaises(BatchFailed):
            read_predictions(self.batch("failed"))

    def test_what_is_missing_is_named(self) -> None:
        with self.assertRaisesRegex(NoPredictions, "not in a folder, but in scores.delays of warehouse. Query the database"):
            read_predictions(self.batch(destination="scores.delays of warehouse"))
        with self.assertRaisesRegex(NoPredictions, "is not on this machine. Mount it"):
            read_predictions(self.batch(destination="/nosuch/folder"))
        with self.assertRaisesRegex(NoPredictions, "the manifest of batch .* can't be read"):
            read_predictions(self.batch())
        self.write("a\n1\n", batch="another")
        with self.assertRaisesRegex(NoPredictions, "holds batch another"):
            read_predictions(self.batch())
        self.write("a\n1\n")
        (self.folder / "part-000000.csv").unlink()
        with self.assertRaisesRegex(NoPredictions, "lacks part-000000.csv"):
            read_predictions(self.batch())
        with self.assertRaisesRegex(ValueError, "engine is pandas or duckdb, not polars"):
            read_predictions(self.batch(), engine="polars")

    def test_without_pandas_and_duckdb_the_message_says_what_to_install(self) -> None:
        absent = {name: None for name in ("pandas", "pyarrow", "fastparquet", "duckdb")}
        with mock.patch.dict(sys.modules, absent):
            self.write("", ending="parquet")
            with self.assertRaisesRegex(NoPredictions, r"install pandas \(pip install pandas pyarrow\) or DuckDB \(pip install duckdb\)"):
                read_predictions(self.batch())
            with self.assertRaisesRegex(NoPredictions, r"duckdb is not installed"):
                read_predictions(self.batch(), engine="duckdb")

    def test_names_and_paths_are_quoted(self) -> None:
        self.assertEqual(
            duckdb_query([Path("/a'b/part-000000.parquet")], ['x"y', "z"]),
            """SELECT "x""y", "z" FROM read_parquet(['/a''b/part-000000.parquet'])""",
        )

    @unittest.skipUnless(HAS_PANDAS, "pandas is not installed")
    def test_pandas_reads_all_parts_with_their_types(self) -> None:
        self.write(
            'record_id,prediction,probability,note\nNA,1,0.25,"a, ""b"""\n',
            "record_id,prediction,probability,note\nx,0,nan,\n",
            ending="csv.gz",
        )
        table = read_predictions(self.batch())
        self.assertEqual(list(table["record_id"]), ["NA", "x"])
        self.assertEqual(list(table["prediction"]), [1, 0])
        self.assertEqual(table["probability"].dtype.kind, "f")
        self.assertEqual(table["probability"].isna().tolist(), [False, True])
        self.assertEqual(table["note"][0], 'a, "b"')
        self.assertTrue(table["note"].isna()[1])
        self.assertEqual(list(read_predictions(self.batch(), columns=["note", "record_id"]).columns), ["note", "record_id"])


if __name__ == "__main__":
    unittest.main()
