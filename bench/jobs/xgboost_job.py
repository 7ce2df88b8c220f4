"""A batch job in Python: Parquet by DuckDB, scores by XGBoost, all in memory.

python3 xgboost_job.py train FLIGHTS MODEL
python3 xgboost_job.py score FLIGHTS MODEL OUTPUT
"""

import sys

import flights
import numpy
import xgboost
from duck import Duck

task, file, model = sys.argv[1:4]
duck = Duck()
features = list(flights.FEATURES.values())
rows = duck.matrix(features, flights.source(file))
if task == "train":
    late = duck.matrix(["delay > 15"], flights.source(file))[:, 0]
    data = xgboost.DMatrix(rows, late, feature_names=list(flights.FEATURES))
    parameters = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "max_depth": 6,
        "eta": 0.2,
        "min_child_weight": 20,
        "nthread": 2,
        "seed": 1,
    }
    xgboost.train(parameters, data, 100).save_model(model)
else:
    booster = xgboost.Booster(model_file=model)
    booster.set_param({"nthread": 2})
    booster.feature_names = None
    probabilities = booster.inplace_predict(rows)
    duck.execute("CREATE TABLE scores (prediction INTEGER, probability FLOAT)")
    duck.append("scores", (probabilities > 0.5).astype(numpy.int32), probabilities)
    duck.execute(
        "COPY (SELECT file_row_number AS record_row, prediction, probability, origin, destination, date"
        f" FROM {flights.source(file)} POSITIONAL JOIN scores) TO '{sys.argv[4]}' (FORMAT parquet, COMPRESSION zstd)"
    )
