"""Trains on some flights, exports, and writes what scikit-learn makes of all of them: flights.py EXPORTER FOLDER."""

import sys
from pathlib import Path

import joblib
import numpy as np
from cases import exporter_module
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

TRAINING_ROWS = 20_000

exporter, folder = sys.argv[1], Path(sys.argv[2])
delayed = np.fromfile(folder / "delayed.bin")
rows = np.fromfile(folder / "rows.bin").reshape(len(delayed), -1)


def run(name, model, score):
    model.fit(rows[:TRAINING_ROWS], delayed[:TRAINING_ROWS])
    joblib.dump(model, folder / f"{name}.joblib")
    sys.argv = [exporter, str(folder / f"{name}.joblib"), str(folder / f"{name}.json")]
    exporter_module(exporter).main()
    np.ascontiguousarray(score(model)).tofile(folder / f"{name}.bin")


run(
    "boosting",
    HistGradientBoostingClassifier(max_iter=60, categorical_features=[0, 2, 3], random_state=3),
    lambda model: model.decision_function(rows),
)
run(
    "forest",
    RandomForestClassifier(20, max_depth=10, random_state=3),
    lambda model: model.predict_proba(rows)[:, 1],
)
