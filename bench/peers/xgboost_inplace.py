"""Scores a matrix with XGBoost's in-place prediction: python3 xgboost_inplace.py MODEL MATRIX FEATURES SCORES

For each line on standard input, scores all rows on two threads, writes the scores, and prints the seconds it took.
"""

import os
import sys
import time

import numpy
import xgboost

clock = (lambda: time.process_time() / 2) if os.environ.get("CLOCK") == "cpu" else time.perf_counter
model, matrix, features, scores = sys.argv[1:]
booster = xgboost.Booster(model_file=model)
booster.set_param({"nthread": 2})
rows = numpy.fromfile(matrix, dtype=">f4").astype(numpy.float32).reshape(-1, int(features))
for _ in sys.stdin:
    start = clock()
    probabilities = booster.inplace_predict(rows)
    seconds = clock() - start
    probabilities.astype(">f4").tofile(scores)
    print(seconds, flush=True)
