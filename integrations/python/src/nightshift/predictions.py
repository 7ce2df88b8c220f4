# SPDX-License-Identifier: Apache-2.0
"""Reads the predictions of a published batch with pandas or DuckDB, where one of them is installed."""

from __future__ import annotations

import json
from importlib import import_module, util
from pathlib import Path
from typing import Any, List, Optional, Sequence

from .errors import NoPredictions
from .records import Batch
from .transport import PathLike

_MANIFEST = "_manifest.json"


def read_predictions(
    batch: Batch,
    *,
    columns: Optional[Sequence[str]] = None,
    engine: Optional[str] = None,
    folder: Optional[PathLike] = None,
) -> Any:
    """Reads the predictions of a published batch from its destination folder.

    Args:
        batch: a published batch whose destination is a folder that this machine can read.
        columns: only these columns, in this order.
        engine: `pandas` for a DataFrame, `duckdb` for a relation that is read when it is used. Without one, pandas if it
            is installed and can read the files, and otherwise DuckDB.
        folder: the batch's folder on this machine, if it has another path here.

    Raises:
        BatchFailed: if the batch is not published.
        NoPredictions: if the folder can't be read here, or neither pandas nor DuckDB is installed.
    """
    batch.require_published()
    if engine not in (None, "pandas", "duckdb"):
        raise ValueError(f"engine is pandas or duckdb, not {engine}")
    place = _folder(batch, folder)
    files = _parts(batch, place)
    is_csv = not files[0].name.endswith(".parquet")
    chosen = engine or _installed(is_csv, place)
    if chosen == "pandas":
        return _with_pandas(files, columns, is_csv)
    return _module("duckdb").sql(duckdb_query(files, columns))


def duckdb_query(files: Sequence[Path], columns: Optional[Sequence[str]] = None) -> str:
    """The SQL with which DuckDB reads the parts of a batch."""
    names = ", ".join(_quoted(name, '"') for name in columns) if columns else "*"
    paths = ", ".join(_quoted(str(file), "'") for file in files)
    if files[0].name.endswith(".parquet"):
        return f"SELECT {names} FROM read_parquet([{paths}])"
    # An empty field is NULL, and "" is an empty text.
    return (
        f"SELECT {names} FROM read_csv([{paths}], header = true, delim = ',', quote = '\"', escape = '\"',"
        " nullstr = '', allow_quoted_nulls = false)"
    )


def _quoted(text: str, mark: str) -> str:
    return mark + text.replace(mark, mark + mark) + mark


def _folder(batch: Batch, folder: Optional[PathLike]) -> Path:
    if folder is None and (batch.destination is None or not batch.destination.startswith("/")):
        raise NoPredictions(
            f"the predictions of batch {batch.id} are not in a folder, but in {batch.destination}. Query the database"
        )
    place = Path(str(batch.destination) if folder is None else folder)
    if not place.is_dir():
        raise NoPredictions(
            f"the folder {place} of batch {batch.id} is not on this machine. Mount it, or give its path here as folder"
        )
    return place


def _parts(batch: Batch, place: Path) -> List[Path]:
    """The files that the manifest lists: a folder may hold others."""
    try:
        manifest = json.loads((place / _MANIFEST).read_text(encoding="utf-8"))
        found = str(manifest["batch"])
        files = [place / part["file"] for part in manifest["parts"]]
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise NoPredictions(f"the manifest of batch {batch.id} in {place} can't be read: {e}") from e
    if found != batch.id:
        raise NoPredictions(f"the folder {place} holds batch {found}, not {batch.id}")
    missing = [file.name for file in files if not file.is_file()]
    if missing or not files:
        raise NoPredictions(f"the folder {place} of batch {batch.id} lacks {', '.join(missing) or 'parts'}")
    return files


def _installed(is_csv: bool, place: Path) -> str:
    if _has("pandas") and (is_csv or _has("pyarrow") or _has("fastparquet")):
        return "pandas"
    if _has("duckdb"):
        return "duckdb"
    needed = "pandas" if is_csv else "pandas pyarrow"
    raise NoPredictions(
        f"to read the predictions in {place}, install pandas (pip install {needed}) or DuckDB (pip install duckdb)"
    )


def _has(module: str) -> bool:
    try:
        return util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as e:
        raise NoPredictions(f"{name} is not installed (pip install {name})") from e


def _with_pandas(files: Sequence[Path], columns: Optional[Sequence[str]], is_csv: bool) -> Any:
    pandas = _module("pandas")
    try:
        tables = [
            _csv(pandas, file, columns) if is_csv else pandas.read_parquet(file, columns=columns and list(columns))
            for file in files
        ]
    except ImportError as e:
        raise NoPredictions(f"pandas can't read {files[0].name}: {e}") from e
    table = pandas.concat(tables, ignore_index=True)
    return table if columns is None else table[list(columns)]


def _csv(pandas: Any, file: Path, columns: Optional[Sequence[str]]) -> Any:
    # An empty field is NULL. Texts such as NA are texts, but the columns of the model are numbers, which may be nan.
    # pandas does not tell an empty text, "", from NULL.
    names = pandas.read_csv(file, nrows=0).columns
    nulls = {name: ["", "nan"] if name.startswith(("prediction", "probability", "margin")) else [""] for name in names}
    return pandas.read_csv(
        file, usecols=None if columns is None else list(columns), keep_default_na=False, na_values=nulls
    )
