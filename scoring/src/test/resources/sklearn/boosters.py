"""Pipelines that end with estimators of LightGBM or CatBoost: exports them, and writes their own results for other rows.

boosters.py EXPORTER FOLDER [CASE...] writes what pipelines.py writes, and boosters.py --list prints the names of the
cases. boosters.py EXPORTER FOLDER --refusals prints what the exporter says about models that it refuses.

The packages in the folder libraries stand in for LightGBM and CatBoost; the trees are those of files that the libraries
have written. The cases kept-* are kept beside this script, for tests where there is no Python:

    python3 boosters.py ../../../../../tools/export-sklearn.py . kept-lightgbm kept-catboost && rm kept-*.joblib kept-*.csv
"""

import json
import re
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "libraries"))

import numpy as np
import pandas as pd
from catboost import CatBoostClassifier, CatBoostRegressor
from lightgbm import LGBMClassifier, LGBMRanker, LGBMRegressor
from pipelines import expected, export
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

STORMS = next(file for each in HERE.parents if (file := each / "examples/storms/storms.lightgbm").exists()).read_text()
STATUS = ["depression", "disturbance", "extratropical", "hurricane", "low", "other", "storm", "subtropical", "wave"]
CATBOOST = HERE.parent / "catboost"


def with_objective(line, groups=1):
    """The trees of the file under another objective, and for several classes in turn."""
    text = re.sub("objective=.*", f"objective={line}", STORMS)
    text = re.sub("num_class=.*", f"num_class={groups}", text)
    return re.sub("num_tree_per_iteration=.*", f"num_tree_per_iteration={groups}", text)


THREE = with_objective("multiclass num_class:3", 3)
COUNTS = with_objective("poisson")
RANKS = with_objective("lambdarank")


def storms(random, rows):
    """Rows with the features of the file, within the ranges of its training, some values missing."""
    names = re.search("feature_names=(.*)", STORMS).group(1).split()
    ranges = re.findall(r"\[(\S+):(\S+)\]", re.search("feature_infos=(.*)", STORMS).group(1))
    frame = {names[0]: random.choice(STATUS, rows)}
    for name, (lowest, highest) in zip(names[1:], ranges):
        frame[name] = np.round(random.uniform(float(lowest), float(highest), rows), 1)
        frame[name][random.random(rows) < 0.1] = np.nan
    return pd.DataFrame(frame)


def points(random, rows, file):
    """Rows for a file of CatBoost: numbers at and around its borders, some missing."""
    trees = CatBoostRegressor(file).fit(np.zeros((1, 1)), None)._trees
    found = {}
    for at, _, _, borders in trees.numbers:
        values = random.choice([0.0, *borders], rows) + random.choice([0, 0, 0.01, -0.01, 1], rows)
        values[random.random(rows) < 0.1] = np.nan
        found[f"number_{at}"] = values
    return pd.DataFrame(found)


def of_storms(estimator):
    encoder = OrdinalEncoder(categories=[STATUS])
    parts = ColumnTransformer([("status", encoder, ["status"])], remainder=SimpleImputer(strategy="median"))
    return make_pipeline(parts, estimator)


def of_points(estimator):
    """The first column is imputed, and the others keep their missing values."""
    parts = ColumnTransformer([("first", SimpleImputer(), ["number_0"])], remainder="passthrough")
    return make_pipeline(parts, estimator)


SYMMETRIC, NODES, DEEP = (str(CATBOOST / f"{name}.cbm") for name in ("symmetric", "nodes", "deep"))
LINEAR = LogisticRegression(max_iter=10000)
OF_STORMS = {
    "kept-lightgbm": (LGBMClassifier(STORMS, best=3), 2),
    "lightgbm": (LGBMClassifier(STORMS), 2),
    "lightgbm-classes": (GridSearchCV(LGBMClassifier(THREE), {"best": [2, 7]}, cv=2), 3),
    "lightgbm-calibrated": (CalibratedClassifierCV(LGBMClassifier(STORMS, best=9), cv=2), 2),
    "lightgbm-vote": (VotingClassifier([("a", LGBMClassifier(STORMS, best=9)), ("b", LINEAR)], voting="soft"), 2),
    "lightgbm-stack": (StackingClassifier([("a", LGBMClassifier(STORMS, best=9)), ("b", LINEAR)], cv=2), 2),
    "lightgbm-count": (LGBMRegressor(COUNTS), 0),
    "lightgbm-rank": (LGBMRanker(RANKS), 0),
    "lightgbm-target": (
        TransformedTargetRegressor(LGBMRegressor(with_objective("regression")), func=np.log1p, inverse_func=np.expm1),
        0,
    ),
}
OF_POINTS = {
    "kept-catboost": (CatBoostClassifier(SYMMETRIC), 2),
    "catboost-classes": (CatBoostClassifier(NODES), 3),
    "catboost-value": (CatBoostRegressor(DEEP), 0),
    "catboost-calibrated": (CalibratedClassifierCV(CatBoostClassifier(SYMMETRIC), cv=2), 2),
    "catboost-target": (TransformedTargetRegressor(CatBoostRegressor(DEEP), func=np.log1p, inverse_func=np.expm1), 0),
}


def answers(random, rows, classes):
    return random.permutation(np.arange(rows) % classes).astype(str) if classes else random.uniform(1, 9, rows)


def case(name):
    """A fitted model, and the function that makes rows for it."""
    random = np.random.default_rng(5)
    if name in OF_STORMS:
        estimator, classes = OF_STORMS[name]
        model, rows = of_storms(estimator), storms
    else:
        estimator, classes = OF_POINTS[name]
        file = getattr(estimator, "file", None) or next(
            each.file for each in vars(estimator).values() if hasattr(each, "file")
        )
        model, rows = of_points(estimator), lambda random, count: points(random, count, file)
    frame = rows(random, 90)
    return model.fit(frame, answers(random, len(frame), classes)), rows


def run(name, exporter, folder):
    model, rows = case(name)
    random = np.random.default_rng(9)
    more = []
    if name.startswith("kept"):
        rows(random, 25).to_csv(folder / f"{name}.joblib.csv", index=False)
        more = ["--sample", str(folder / f"{name}.joblib.csv")]
    exported = export(model, name, exporter, folder, more)
    scored = rows(random, 30 if name.startswith("kept") else 200)
    found = expected(model, scored, exported, 1e-12)
    # CatBoost's classes are a column, and its regressions have an empty list of classes.
    predicted = np.ravel(model.predict(scored))
    found["prediction"] = (np.searchsorted(model.classes_, predicted) if exported["classes"] else predicted).tolist()
    if hasattr(model[-1], "raw") or hasattr(model[-1], "booster_"):
        raw = {"raw_score": True} if hasattr(model[-1], "booster_") else {"prediction_type": "RawFormulaVal"}
        margins = model[-1].predict(model[:-1].transform(scored), **raw)
        found["margins"] = np.reshape(margins, (len(scored), -1)).T.tolist()
    (folder / f"{name}.expected.json").write_text(json.dumps(found))


def refused():
    """Models that the exporter refuses."""
    random = np.random.default_rng(5)
    frame, two = storms(random, 90), answers(random, 90, 2)
    pandas = of_storms(LGBMClassifier(STORMS)).fit(frame, two)
    pandas[-1].booster_.pandas_categorical = [["a", "b"]]
    linear = of_storms(LGBMClassifier(STORMS.replace("is_linear=0", "is_linear=1"))).fit(frame, two)
    scaled = CatBoostRegressor(DEEP).fit(np.zeros((1, 4)), None)
    scaled._trees.scale = 2.0
    many = np.zeros((6, 9))
    return [
        pandas,
        linear,
        of_storms(LGBMClassifier(with_objective("cross_entropy"))).fit(frame, two),
        of_storms(LGBMClassifier(STORMS.replace("objective=binary sigmoid:1\n", ""))).fit(frame, two),
        of_storms(LGBMClassifier(STORMS)).fit(frame, answers(random, 90, 3)),
        CatBoostRegressor(str(CATBOOST / "categories.cbm")).fit(many, None),
        CatBoostRegressor(str(CATBOOST / "labels.cbm")).fit(many, None),
        scaled,
    ]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1] == "--list":
        print("\n".join([*OF_STORMS, *OF_POINTS]))
    elif sys.argv[3:] == ["--refusals"]:
        script, target_folder = sys.argv[1:3]
        for model in refused():
            try:
                export(model, "refused", script, Path(target_folder))
            except SystemExit as words:
                print(words)
    else:
        script, target_folder, names = sys.argv[1], Path(sys.argv[2]), sys.argv[3:] or [*OF_STORMS, *OF_POINTS]
        for each in names:
            run(each, script, target_folder)
