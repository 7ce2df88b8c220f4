"""Scores a matrix with XGBoost's in-place prediction, on two threads: python3 xgboost_inplace.py MATRIX COLUMNS SCORES MODEL"""

import sys

import turns
import xgboost

matrix, columns, scores, model = sys.argv[1:]
booster = xgboost.Booster(model_file=model)
booster.set_param({"nthread": 2})
rows = turns.read(matrix).reshape(-1, int(columns))
turns.take(lambda: booster.inplace_predict(rows), scores)
