"""Writes the files of bench/model-load.sh: a forest of 2,000 trees with 255 leaves each, of scikit-learn and of XGBoost, and a pipeline
of 300 steps.

train.py EXPORTER FOLDER
"""

import subprocess
import sys
from pathlib import Path

import joblib
import numpy
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

TREES, LEAVES, ROWS = 2_000, 255, 20_000

exporter, folder = sys.argv[1], Path(sys.argv[2])
random = numpy.random.default_rng(1)
x = random.normal(size=(ROWS, 20))
y = x @ random.normal(size=20) + numpy.sin(x[:, 0] * x[:, 1]) + random.normal(size=ROWS)


def export(name, model):
    joblib.dump(model, folder / f"{name}.joblib")
    command = [sys.executable, exporter, folder / f"{name}.joblib", folder / f"{name}.json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (folder / f"{name}.joblib").unlink()


forest = RandomForestRegressor(TREES, max_leaf_nodes=LEAVES, max_samples=5_000, max_features=5, n_jobs=2, random_state=1)
export("forest", forest.fit(x, y))

parts = [(f"part{i}", make_pipeline(SimpleImputer(), StandardScaler()), [i]) for i in range(149)]
wide = random.normal(size=(500, 149))
export("pipeline", make_pipeline(ColumnTransformer(parts), LogisticRegression()).fit(wide, wide[:, 0] > wide[:, 1]))

try:
    import xgboost
except ImportError:
    print("XGBoost is not installed; its forest is left out")
else:
    parameters = {"max_leaves": LEAVES, "grow_policy": "lossguide", "max_depth": 0, "nthread": 2, "eta": 0.05}
    booster = xgboost.train(parameters, xgboost.DMatrix(x, y), TREES)
    for suffix in ("ubj", "json"):
        booster.save_model(folder / f"xgboost.{suffix}")
