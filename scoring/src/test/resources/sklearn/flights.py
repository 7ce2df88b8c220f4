"""Trains on some flights, exports, and writes what scikit-learn makes of all of them:

flights.py EXPORTER FOLDER
"""

import sys
from pathlib import Path

import joblib
import numpy as np
from cases import exporter_module
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

TRAINING_ROWS = 20_000
BLOCK = 100_000

exporter, folder = sys.argv[1], Path(sys.argv[2])
delayed = np.fromfile(folder / "delayed.bin")
rows = np.memmap(folder / "rows.bin", float, "r").reshape(len(delayed), -1)


def run(name, model, score):
    model.fit(rows[:TRAINING_ROWS], delayed[:TRAINING_ROWS])
    joblib.dump(model, folder / f"{name}.joblib")
    sys.argv = [exporter, str(folder / f"{name}.joblib"), str(folder / f"{name}.json")]
    exporter_module(exporter).main()
    with open(folder / f"{name}.bin", "wb") as scores:
        for start in range(0, len(rows), BLOCK):
            np.ascontiguousarray(score(model, rows[start : start + BLOCK])).tofile(scores)


run(
    "boosting",
    HistGradientBoostingClassifier(max_iter=60, categorical_features=[0, 2, 3], random_state=3),
    lambda model, block: model.decision_function(block),
)
run(
    "forest",
    RandomForestClassifier(20, max_depth=10, random_state=3),
    lambda model, block: model.predict_proba(block)[:, 1],
)
