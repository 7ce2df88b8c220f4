#!/usr/bin/env python3
"""Trains a pipeline of scikit-learn on a CSV file: numbers are imputed and scaled, texts and booleans are encoded.

    python3 examples/pipeline/train.py customers.csv --target churned --id customer

Writes next to the CSV file

    model.joblib    the fitted pipeline
    expected.csv    the ID and the prediction of up to 1,000 rows, for `nightshift model check`

A target of texts, booleans or at most 20 whole numbers is a class, any other a number. Needs scikit-learn and pandas.
"""

import argparse
from pathlib import Path

import joblib
import pandas
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

MOST_CLASSES, MOST_ROWS = 20, 1_000


def is_class(target):
    return target.dtype.kind not in "f" and (target.dtype.kind != "i" or target.nunique() <= MOST_CLASSES)


def pipeline(classifies):
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    categories = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=10)
    columns = ColumnTransformer(
        [
            ("numbers", numbers, make_column_selector(dtype_include="number")),
            ("categories", categories, make_column_selector(dtype_include=["object", "bool"])),
        ]
    )
    return make_pipeline(columns, LogisticRegression(max_iter=1_000) if classifies else Ridge())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the CSV file")
    parser.add_argument("--target", required=True, help="the column to predict")
    parser.add_argument("--id", required=True, help="the column that identifies a row")
    arguments = parser.parse_args()
    data = pandas.read_csv(arguments.data)
    for name in (arguments.target, arguments.id):
        if name not in data.columns:
            parser.error(f"{arguments.data} has no column {name}; it has {', '.join(data.columns)}")
    data = data[data[arguments.target].notna()]
    target, rows = data[arguments.target], data.drop(columns=[arguments.target, arguments.id])
    classifies = is_class(target)
    model = pipeline(classifies).fit(rows, target)
    folder = arguments.data.parent
    joblib.dump(model, folder / "model.joblib")

    shown = rows.head(MOST_ROWS)
    expected = pandas.DataFrame({arguments.id: data[arguments.id].head(MOST_ROWS)})
    if classifies and len(model.classes_) == 2:
        expected["probability"] = model.predict_proba(shown)[:, 1]
    else:
        expected["prediction"] = model.predict(shown)
    expected.to_csv(folder / "expected.csv", index=False)
    kind = f"{len(model.classes_)} classes" if classifies else "a number"
    print(f"{folder / 'model.joblib'}: {len(rows):,} rows, {rows.shape[1]} columns, predicts {kind}")
    print(f"{folder / 'expected.csv'}: {len(expected):,} rows, the column {expected.columns[-1]}")


if __name__ == "__main__":
    main()
