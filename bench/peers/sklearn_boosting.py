"""Trains a HistGradientBoostingClassifier, exports it, and scores a matrix with it on two threads:

python3 sklearn_boosting.py MATRIX COLUMNS SCORES LABELS EXPORTER MODEL
"""

import os
import subprocess
import sys

os.environ["OMP_NUM_THREADS"] = "2"

import joblib
import numpy
import turns
from sklearn.ensemble import HistGradientBoostingClassifier

TRAINING_ROWS = 200_000

matrix, columns, scores, labels, exporter, file = sys.argv[1:]
single = turns.read(matrix).reshape(-1, int(columns))
late = turns.read(labels)[:TRAINING_ROWS]
model = HistGradientBoostingClassifier(
    max_iter=100, max_depth=6, max_leaf_nodes=None, early_stopping=False, random_state=1
)
model.fit(single[: len(late)], late)
joblib.dump(model, scores + ".joblib")
subprocess.run([sys.executable, exporter, scores + ".joblib", file], check=True)


def seconds(rows):
    start = turns.clock()
    model.predict_proba(rows)
    return turns.clock() - start


# It takes both precisions, and one of them needs a copy.
double = single.astype(numpy.float64)
model.predict_proba(double)
rows = single if seconds(single) < seconds(double) else double
print("trained", flush=True)
turns.take(lambda: model.predict_proba(rows)[:, 1], scores)
