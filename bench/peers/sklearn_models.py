"""Trains a HistGradientBoostingClassifier, or a pipeline of an encoder, a scaler and a LogisticRegression, exports it, and scores a
matrix with it on two threads:

python3 sklearn_models.py MATRIX COLUMNS SCORES LABELS EXPORTER MODEL boosting|pipeline
"""

import os
import subprocess
import sys

os.environ["OMP_NUM_THREADS"] = "2"

import joblib
import numpy
import turns
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

TRAINING_ROWS = 200_000
CATEGORIES, NUMBERS = [0, 2], [1, 3, 4, 5, 6, 7, 8, 9]  # the month and the day of the week; the others

matrix, columns, scores, labels, exporter, file, kind = sys.argv[1:]
single = turns.read(matrix).reshape(-1, int(columns))
late = turns.read(labels)[:TRAINING_ROWS]
if kind == "boosting":
    model = HistGradientBoostingClassifier(
        max_iter=100, max_depth=6, max_leaf_nodes=None, early_stopping=False, random_state=1
    )
else:
    steps = [("categories", OneHotEncoder(handle_unknown="ignore"), CATEGORIES), ("numbers", StandardScaler(), NUMBERS)]
    model = make_pipeline(ColumnTransformer(steps, sparse_threshold=0), LogisticRegression())
model.fit(single[: len(late)], late)
joblib.dump(model, scores + ".joblib")
subprocess.run([sys.executable, exporter, scores + ".joblib", file], check=True, stdout=subprocess.DEVNULL)


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
