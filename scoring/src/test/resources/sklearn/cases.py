"""Trains small models of each kind, exports them, and writes what scikit-learn itself predicts.

cases.py EXPORTER FOLDER [CASE...] writes CASE.json, the exported model, and CASE.expected.json: the features as columns
(NaN is missing; a text is its level's position), and the library's margins, predicted classes' positions or values, and
probabilities. The cases kept-* are kept beside this script, for tests where there is no Python:

    python3 cases.py ../../../../../tools/export-sklearn.py . kept-codes kept-classes kept-covers kept-logistic && rm kept-*.joblib
"""

import importlib.util
import json
import sys
import zlib
from pathlib import Path

import joblib
import numpy as np
from sklearn import ensemble, linear_model, tree
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

ROWS = 400
FEATURES = 5
COLOURS = ["blue", "green", "mauve", "red", "white"]


def numbers(random, rows, missing):
    data = random.normal(size=(rows, FEATURES)) * [1, 100, 1e-3, 1, 3]
    data[:, 3] = np.rint(data[:, 3])
    if missing:
        data[random.random(data.shape) < 0.15] = np.nan
    return data


def target(random, data, kind):
    filled = np.nan_to_num(data, nan=2.0)
    value = filled[:, 0] + np.sin(filled[:, 1] / 50) + filled[:, 3] * filled[:, 4] / 4 + random.normal(size=len(data)) / 3
    if kind == "count":
        return random.poisson(np.exp(np.clip(value, -3, 3)))
    if kind == "value":
        return value
    if kind == "binary":
        return np.where(value > 0.3, "yes", "no")
    return np.digitize(value, [-1, 0.5, 1.5]) * 10


def thresholds(exported):
    """For each feature, the thresholds of its tests, as numbers of the document."""
    found = [[0.0] for _ in exported["features"]]
    forest = exported.get("forest", {"kinds": []})
    tests = (kind for kind in forest["kinds"] if kind != 0)
    for kind, feature, threshold in zip(tests, forest.get("features", []), forest.get("thresholds", [])):
        if kind != 3:
            found[feature].append(threshold)
    return found


def hostile(random, exported, rows, missing, wide):
    """Rows of values at thresholds and right beside them, in single and double precision."""
    columns = []
    for own in thresholds(exported):
        value = random.choice(own, rows)
        single = value.astype(np.float32)
        options = [
            value,
            np.nextafter(value, np.inf),
            np.nextafter(value, -np.inf),
            single.astype(float),
            np.nextafter(single, np.float32(np.inf)).astype(float),
            np.nextafter(single, np.float32(-np.inf)).astype(float),
            np.full(rows, -0.0),
            np.full(rows, 1e-40),
            np.full(rows, 1e30),
        ]
        if missing:
            options.append(np.full(rows, np.nan))
        if wide:
            options += [np.full(rows, np.inf), np.full(rows, -np.inf), np.full(rows, 1e300), np.full(rows, 5e-324)]
        columns.append(np.choose(random.integers(len(options), size=rows), options))
    data = np.stack(columns, axis=1)
    return data if wide else np.where(np.abs(data) > 1e38, 0, data)


def expected(model, data, features):
    found = {"features": [[float(x) for x in column] for column in features.T]}
    margins = None
    last = model[-1] if hasattr(model, "steps") else model
    if hasattr(model, "classes_"):
        probabilities = model.predict_proba(data)
        found["probabilities"] = (probabilities[:, 1:] if probabilities.shape[1] == 2 else probabilities).T.tolist()
        found["prediction"] = np.searchsorted(model.classes_, model.predict(data)).tolist()
        if hasattr(model, "decision_function"):
            margins = model.decision_function(data)
            if getattr(model, "multi_class", "") == "multinomial" and margins.ndim == 1:
                margins = np.stack([-margins, margins], axis=1)
    else:
        found["prediction"] = model.predict(data).ravel().tolist()
        if hasattr(model, "_baseline_prediction"):
            margins = model._raw_predict(data)
        elif hasattr(last, "coef_") or hasattr(last, "init_"):
            margins = model.predict(data)
    if margins is not None:
        found["margins"] = margins.reshape(len(data), -1).T.tolist()
    found["averaged"] = hasattr(last, "tree_") or (hasattr(last, "estimators_") and margins is None)
    found["linear"] = hasattr(last, "coef_")
    return found


def expectation(model):
    """What the trees of a model give on average over their training, by sums: None for models without trees."""
    last = model[-1] if hasattr(model, "steps") else model
    if hasattr(last, "_predictors"):
        sums = np.array(last._baseline_prediction, dtype=float).ravel()
        for iteration in last._predictors:
            for group, predictor in enumerate(iteration):
                leaves = predictor.nodes[predictor.nodes["is_leaf"].astype(bool)]
                sums[group] += (leaves["value"] * leaves["count"]).sum() / leaves["count"].sum()
        return sums.tolist()
    if hasattr(last, "init_"):
        sums = last._raw_predict_init(np.zeros((1, last.n_features_in_), dtype=np.float32))[0].astype(float)
        for stage in last.estimators_:
            for group, each in enumerate(stage):
                leaves = each.tree_.children_left == -1
                weights = each.tree_.weighted_n_node_samples[leaves]
                sums[group] += last.learning_rate * (each.tree_.value[leaves, 0, 0] * weights).sum() / weights.sum()
        return sums.tolist()
    trees = [last] if hasattr(last, "tree_") else getattr(last, "estimators_", [])
    if not len(trees):
        return None
    roots = np.array([each.tree_.value[0, 0] for each in trees])  # The library's own mean over the training.
    return (roots / roots.sum(axis=1, keepdims=True) if hasattr(last, "classes_") else roots).sum(axis=0).tolist()


def run(name, model, kind, exporter, folder, missing=False, wide=False, categories=None, rows=ROWS // 2, encoded=False):
    random = np.random.default_rng(zlib.crc32(name.encode()))
    data = numbers(random, ROWS, missing)
    score = numbers(random, rows, missing)
    levels = {}
    if categories is not None:
        train_codes, score_codes = random.integers(len(categories), size=ROWS), random.integers(len(categories), size=rows)
        data[:, 3] = train_codes if encoded else np.where(random.random(ROWS) < 0.1, np.nan, train_codes)
        score[:, 3] = np.where(random.random(rows) < 0.1, np.nan, score_codes)
    answer = target(random, data, kind)
    features = data if categories is None else given(data, categories)
    model.fit(features, answer)
    joblib.dump(model, folder / f"{name}.joblib")
    sys.argv = [str(exporter), str(folder / f"{name}.joblib"), str(folder / f"{name}.json")]
    exporter_module(exporter).main()
    exported = json.loads((folder / f"{name}.json").read_text())
    rough = hostile(random, exported, rows, missing, wide)
    if categories is not None:
        rough[:, 3] = random.choice([0, 1, len(categories) - 1, np.nan], rows)
        if encoded == "error":
            rough[:, 3] = score[:, 3] = random.integers(len(categories), size=rows)
    score = np.concatenate([score, rough])
    if categories is None:
        found = expected(model, score, score)
    elif encoded:
        features = given(score, categories)
        strange = (random.random(len(score)) < 0.5) & np.isnan(score[:, 3])
        features[strange, 3] = "unseen" if isinstance(categories[0], str) else 5
        shown = score.copy()
        if not isinstance(categories[0], str):
            shown[:, 3] = features[:, 3]
        found = expected(model, features, shown)
    elif isinstance(categories[0], str):
        found = expected(model, given(score, categories), score)
    else:
        numeric = given(score, categories).astype(float)
        strange = random.random(len(numeric)) < 0.2
        numeric[strange, 3] = random.choice([5.5, -1, 1e6, -0.0, 2**31, 3.0000001], strange.sum())
        found = expected(model, numeric, numeric)
    sums = expectation(model)
    if sums is not None:
        found["expectation"] = sums
    (folder / f"{name}.expected.json").write_text(json.dumps(found))


def given(data, categories):
    """The data as the library is given it, with categories in the place of their positions."""
    if isinstance(categories[0], str):
        features = data.astype(object)
        features[:, 3] = [np.nan if np.isnan(code) else categories[int(code)] for code in data[:, 3]]
        return features
    features = data.copy()
    features[:, 3] = [np.nan if np.isnan(code) else categories[int(code)] for code in data[:, 3]]
    return features


def exporter_module(path):
    spec = importlib.util.spec_from_file_location("exporter", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SEED = {"random_state": 1}
SMALL = {"rows": 30}
FOREST = {"n_estimators": 12, "max_depth": 7, **SEED}
BOOST = {"n_estimators": 12, "max_depth": 3, **SEED}
HISTOGRAM = {"max_iter": 12, "max_leaf_nodes": 12, "min_samples_leaf": 5, **SEED}
CODED = {"categorical_features": [3], **HISTOGRAM}
CODES = [0, 1, 3, 7, 40, 41, 900, 70000]
TEXTS = {"categories": COLOURS, "encoded": True}


def encoding(model, unknown=None, **options):
    """A pipeline that encodes the column with the categories."""
    handling = {} if unknown is None else {"handle_unknown": "use_encoded_value", "unknown_value": unknown}
    columns = [("numbers", "passthrough", [0, 1, 2]), ("texts", OrdinalEncoder(**handling, **options), [3])]
    return make_pipeline(ColumnTransformer(columns, remainder="passthrough"), model)


CASES = {
    "forest-binary": (ensemble.RandomForestClassifier(**FOREST), "binary", {}),
    "forest-classes": (ensemble.RandomForestClassifier(**FOREST), "classes", {}),
    "forest-missing": (ensemble.RandomForestClassifier(**FOREST), "classes", {"missing": True}),
    "forest-value": (ensemble.RandomForestRegressor(**FOREST), "value", {}),
    "forest-value-missing": (ensemble.RandomForestRegressor(**FOREST), "value", {"missing": True}),
    "extra-binary": (ensemble.ExtraTreesClassifier(**FOREST), "binary", {}),
    "extra-classes": (ensemble.ExtraTreesClassifier(**FOREST), "classes", {}),
    "extra-value": (ensemble.ExtraTreesRegressor(**FOREST), "value", {}),
    "tree-binary": (tree.DecisionTreeClassifier(min_samples_leaf=3, **SEED), "binary", {}),
    "tree-classes": (tree.DecisionTreeClassifier(min_samples_leaf=3, **SEED), "classes", {"missing": True}),
    "tree-value": (tree.DecisionTreeRegressor(min_samples_leaf=3, **SEED), "value", {"missing": True}),
    "boosting-binary": (ensemble.GradientBoostingClassifier(**BOOST), "binary", {}),
    "boosting-exponential": (ensemble.GradientBoostingClassifier(loss="exponential", **BOOST), "binary", {}),
    "boosting-classes": (ensemble.GradientBoostingClassifier(**BOOST), "classes", {}),
    "boosting-zero": (ensemble.GradientBoostingClassifier(init="zero", **BOOST), "binary", {}),
    "boosting-value": (ensemble.GradientBoostingRegressor(**BOOST), "value", {}),
    "boosting-huber": (ensemble.GradientBoostingRegressor(loss="huber", **BOOST), "value", {}),
    "histogram-binary": (ensemble.HistGradientBoostingClassifier(**HISTOGRAM), "binary", {"missing": True, "wide": True}),
    "histogram-classes": (ensemble.HistGradientBoostingClassifier(**HISTOGRAM), "classes", {"missing": True, "wide": True}),
    "histogram-value": (ensemble.HistGradientBoostingRegressor(**HISTOGRAM), "value", {"missing": True, "wide": True}),
    "histogram-poisson": (ensemble.HistGradientBoostingRegressor(loss="poisson", **HISTOGRAM), "count", {"wide": True}),
    "histogram-codes": (
        ensemble.HistGradientBoostingClassifier(**CODED),
        "binary",
        {"missing": True, "wide": True, "categories": CODES},
    ),
    "histogram-texts": (ensemble.HistGradientBoostingRegressor(**CODED), "value", {"missing": True, "categories": COLOURS}),
    "encoded-forest": (encoding(ensemble.RandomForestClassifier(**FOREST), -1), "classes", TEXTS),
    "encoded-tree": (
        encoding(tree.DecisionTreeRegressor(min_samples_leaf=3, **SEED)),
        "value",
        {"categories": COLOURS, "encoded": "error"},
    ),
    "encoded-grouped": (encoding(ensemble.ExtraTreesRegressor(**FOREST), 9, max_categories=3), "value", TEXTS),
    "encoded-boosting": (encoding(ensemble.GradientBoostingRegressor(**BOOST), -1), "value", TEXTS),
    "encoded-histogram": (
        encoding(ensemble.HistGradientBoostingClassifier(**HISTOGRAM), np.nan),
        "binary",
        {"missing": True, **TEXTS},
    ),
    "encoded-categorical": (
        encoding(ensemble.HistGradientBoostingClassifier(**CODED), -1),
        "classes",
        {"missing": True, **TEXTS},
    ),
    "encoded-numbers": (
        encoding(ensemble.RandomForestClassifier(**FOREST), -1),
        "binary",
        {"categories": CODES, "encoded": True},
    ),
    "linear-value": (linear_model.LinearRegression(), "value", {}),
    "ridge-value": (linear_model.Ridge(), "value", {}),
    "logistic-binary": (linear_model.LogisticRegression(max_iter=2000), "binary", {}),
    "logistic-classes": (linear_model.LogisticRegression(max_iter=2000), "classes", {}),
    "kept-codes": (
        ensemble.HistGradientBoostingClassifier(**{**CODED, "max_iter": 4}),
        "binary",
        {"missing": True, "wide": True, "categories": CODES, **SMALL},
    ),
    "kept-classes": (ensemble.RandomForestClassifier(3, max_depth=4, **SEED), "classes", {"missing": True, **SMALL}),
    "kept-covers": (ensemble.RandomForestRegressor(3, max_depth=4, **SEED), "value", SMALL),
    "kept-logistic": (linear_model.LogisticRegression(max_iter=2000), "binary", SMALL),
}

if __name__ == "__main__":
    script, target_folder = Path(sys.argv[1]), Path(sys.argv[2])
    for case in sys.argv[3:] or CASES:
        its_model, its_kind, its_options = CASES[case]
        run(case, its_model, its_kind, script, target_folder, **its_options)
