# SPDX-License-Identifier: Apache-2.0
"""The records have the fields of the HTTP API's document."""

from __future__ import annotations

import dataclasses
import inspect
import json
import unittest
from pathlib import Path
from typing import Any, Iterator

from nightshift import errors, records

DOCUMENT = Path(__file__).parents[3] / "node/src/main/resources/io/nightshift/node/http/openapi-components.json"

# Where the document has each record: a schema, and the properties below it.
PLACES = {
    "Batch": "BatchDescription",
    "Column": "SchemaReport.columns",
    "ColumnChange": "SchemaReport.changes",
    "ColumnDrift": "DriftReport.columns",
    "ControlResult": "ControlResult",
    "DriftReport": "DriftReport",
    "Event": "Event",
    "Job": "JobList.jobs",
    "JobMistake": "Problem.mistakes",
    "LedgerHead": "BatchDescription.ledger",
    "Node": "NodeList.nodes",
    "NodeFault": "NodeList.nodes.faults",
    "NodeMemory": "NodeList.nodes.work.memory",
    "NodeScoring": "NodeList.nodes.work.scoring",
    "NodeScratch": "NodeList.nodes.work.scratch",
    "NodeWork": "NodeList.nodes.work",
    "Outage": "BatchDescription.outage",
    "Pause": "BatchDescription.pause",
    "Problem": "Problem",
    "Progress": "BatchDescription.progress",
    "PublishedSchema": "SchemaReport.published",
    "QuarantineReason": "QuarantineReasons.reasons",
    "QuarantineReasons": "QuarantineReasons",
    "QuarantinedRow": "QuarantinedRow",
    "SchemaReport": "SchemaReport",
    "Submission": "SubmitResult",
}

# The names of fields that differ from those of the document.
NAMES = {("Batch", "id"): "batch"}


def objects(path: str, schema: Any) -> Iterator[tuple[str, set[str]]]:
    """The names of the properties of each object in a schema, by the object's path."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield path, set(schema["properties"])
            for name, below in schema["properties"].items():
                yield from objects(f"{path}.{name}", below)
        for below in [schema.get("items"), *schema.get("allOf", []), *schema.get("anyOf", []), *schema.get("oneOf", [])]:
            yield from objects(path, below)


class RecordsTest(unittest.TestCase):
    def test_every_record_has_the_fields_of_the_document(self) -> None:
        document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
        found: dict[str, set[str]] = {}
        for name, schema in document["components"]["schemas"].items():
            for path, properties in objects(name, schema):
                found.setdefault(path, set()).update(properties)
        classes = {
            name: value
            for module in (errors, records)
            for name, value in inspect.getmembers(module, dataclasses.is_dataclass)
        }
        self.assertEqual(sorted(PLACES), sorted(classes))
        for name, place in PLACES.items():
            with self.subTest(record=name):
                fields = {NAMES.get((name, field.name), field.name) for field in dataclasses.fields(classes[name])}
                self.assertEqual(found[place], fields - {"json"})
