"""Trains every estimator of scikit-learn that predicts or transforms on small data and exports it: see bench/sklearn-kinds.sh.

kinds.py FOLDER writes VARIANT.json, an exported model; VARIANT.rows, other rows with the library's own results; and kinds.tsv,
a line for each variant with its class, its name, whether it is exported, refused or not trained, and the reason.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import sklearn
from sklearn.base import is_classifier, is_regressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import all_estimators
from sklearn_export.document import document
from sklearn_export.estimators import ESTIMATORS, TRANSFORMERS
from sklearn_export.tolerances import BITS, KINDS, WORDS, tolerance
from sklearn_export.unsupported import StepFailed, Unsupported

TRAINED, SCORED = 150, 100
CLASSIFIER, REGRESSOR = LogisticRegression(), Ridge()
NAMED = [("a", CLASSIFIER), ("b", DecisionTreeClassifier(max_depth=3))]
ARGUMENTS = {
    "AdaBoostClassifier": {"n_estimators": 5},
    "ClassifierChain": {"base_estimator": CLASSIFIER},
    "ColumnTransformer": {"transformers": [("n", StandardScaler(), ["a", "b"]), ("c", OneHotEncoder(), ["d"])]},
    "FeatureUnion": {"transformer_list": [("n", StandardScaler()), ("c", OneHotEncoder(handle_unknown="ignore"))]},
    "FunctionTransformer": {"func": np.log1p},
    "GridSearchCV": {"estimator": CLASSIFIER, "param_grid": {"C": [0.1, 1]}},
    "HalvingGridSearchCV": {"estimator": CLASSIFIER, "param_grid": {"C": [0.1, 1]}},
    "HalvingRandomSearchCV": {"estimator": CLASSIFIER, "param_distributions": {"C": [0.1, 1]}},
    "OneHotEncoder": {"handle_unknown": "ignore"},
    "OrdinalEncoder": {"handle_unknown": "use_encoded_value", "unknown_value": -1},
    "RadiusNeighborsClassifier": {"outlier_label": "most_frequent"},
    "RANSACRegressor": {"estimator": REGRESSOR, "min_samples": 20},
    "SelfTrainingClassifier": {"base_estimator": CLASSIFIER},
    "CCA": {"n_components": 1},
    "PLSCanonical": {"n_components": 1},
    "PLSRegression": {"n_components": 1},
    "PLSSVD": {"n_components": 1},
    "BayesianGaussianMixture": {"n_components": 3},
    "GaussianMixture": {"n_components": 3},
    "GaussianRandomProjection": {"n_components": 2},
    "SparseRandomProjection": {"n_components": 2},
    "MissingIndicator": {"features": "all"},
    "IsotonicRegression": {"out_of_bounds": "clip"},
    "Pipeline": {"steps": [("s", StandardScaler()), ("m", CLASSIFIER)]},
    "RandomizedSearchCV": {"estimator": CLASSIFIER, "param_distributions": {"C": [0.1, 1]}, "n_iter": 2},
    "RegressorChain": {"base_estimator": REGRESSOR},
    "SelectKBest": {"k": 2},
    "SparseCoder": {"dictionary": np.eye(4)},
    "StackingClassifier": {"estimators": NAMED},
    "StackingRegressor": {"estimators": [("a", REGRESSOR), ("b", Ridge(10))]},
    "TransformedTargetRegressor": {"regressor": REGRESSOR, "func": np.log1p, "inverse_func": np.expm1},
    "VotingClassifier": {"estimators": NAMED, "voting": "soft"},
    "VotingRegressor": {"estimators": [("a", REGRESSOR), ("b", Ridge(10))]},
}
REGRESSORS = ("MultiOutputRegressor", "RegressorChain")
MULTI_TASK = ("MultiTaskElasticNet", "MultiTaskElasticNetCV", "MultiTaskLasso", "MultiTaskLassoCV")
SEVERAL = (*REGRESSORS, *MULTI_TASK, "ClassifierChain", "MultiOutputClassifier")  # They predict two targets; one is compared.
TARGET = 1


def numbers(random, rows):
    return pd.DataFrame({
        "a": random.normal(2, 1, rows),
        "b": random.gamma(2, 1, rows),
        "c": random.random(rows),
        "d": random.integers(0, 4, rows).astype(float),
    })  # fmt: skip


def positive(random, rows):
    return numbers(random, rows).abs()


def counts(random, rows):
    return pd.DataFrame({name: random.integers(0, 4, rows).astype(float) for name in "abcd"})


def single(random, rows):
    return numbers(random, rows)[["a"]]


def texts(random, rows):
    return random.choice(np.array(["one two", "two three", "three four one"], dtype=object), rows)


FRAMES = [numbers, positive, counts, single, texts]


def targets(random, given, count):
    """Several targets: of one kind is what an estimator can be trained on."""
    value = given["a"] + 0.5 * given.get("b", 0) if hasattr(given, "columns") else np.arange(len(given)) % 7 / 7
    value = np.asarray(value) + random.normal(0, 0.3, len(given))
    if count == 0:
        return np.maximum(value - value.min(), 0) + 0.1
    return np.digitize(value, np.quantile(value, np.arange(1, count) / count))


def construct(name, kind, estimator):
    arguments = dict(ARGUMENTS.get(name, {}))
    parameters = kind._get_param_names() if hasattr(kind, "_get_param_names") else []
    required = getattr(kind, "_required_parameters", [])
    if "estimator" in required and "estimator" in parameters and "estimator" not in arguments and "base_estimator" not in arguments:
        arguments["estimator"] = estimator
    if "base_estimator" in required and "base_estimator" not in arguments:
        arguments["base_estimator"] = estimator
    if "random_state" in parameters:
        arguments["random_state"] = 1
    if name == "SelectFromModel":
        arguments["estimator"] = CLASSIFIER
    if name == "LocalOutlierFactor":
        arguments["novelty"] = True
    return kind(**arguments)


def trained(name, kind, count, as_step):
    """A fitted model, and the kind of the data on which it could be trained."""
    reason = None
    for frame in FRAMES:
        random = np.random.default_rng(1)
        given = frame(random, TRAINED)
        target = targets(random, given, count)
        if name in SEVERAL:
            target = np.array([target, targets(random, given, count)]).T
        try:
            made = construct(name, kind, REGRESSOR if count == 0 else CLASSIFIER)
            model = make_pipeline(made, LogisticRegression()) if as_step else made
            model.fit(given, target)
            model.predict(given)
            return model, frame
        except Exception as error:
            reason = reason or f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"
    raise ValueError(reason)


def results(model, given):
    predicted = model.predict(given)
    if type(model).__name__ in SEVERAL:
        found = [predicted[:, TARGET]]
        if hasattr(model, "predict_proba"):
            shares = model.predict_proba(given)
            found.append(shares[TARGET][:, 1] if isinstance(shares, list) else shares[:, TARGET])
        return len(found), np.array(found, dtype=float).T
    if not hasattr(model, "classes_"):
        found = [predicted]
        if hasattr(model, "predict_proba"):  # The components of a mixture are its classes.
            found += list(model.predict_proba(given).T)
    else:
        found = [np.searchsorted(model.classes_, predicted)]
        if hasattr(model, "predict_proba"):
            shares = model.predict_proba(given)
            found += list((shares[:, 1:] if shares.shape[1] == 2 else shares).T)
        else:
            count = len(model.classes_)
            found += [found[0] == i for i in ([1] if count == 2 else range(count))]
    outputs = len(found)
    if hasattr(model, "decision_function"):
        found += list(np.reshape(model.decision_function(given), (len(given), -1)).T)
    return outputs, np.array([np.ravel(each).astype(float) for each in found]).T


def write(folder, variant, exported, model, frame):
    given = frame(np.random.default_rng(2), SCORED)
    outputs, found = results(model, given)
    if hasattr(given, "columns"):
        columns = enumerate(exported["features"])
        features = [[float(value) for value in given[each.get("name", given.columns[i])]] for i, each in columns]
    else:
        features = [given.tolist()]  # The one column is of texts.
    (folder / f"{variant}.json").write_text(json.dumps(exported))
    with open(folder / f"{variant}.rows", "w") as file:
        print(len(features), outputs, file=file)
        for row in zip(*features, *found.T.tolist(), strict=True):
            print(*map(written, row), sep="\t", file=file)


def written(value):
    return value if isinstance(value, str) else repr(value).replace("nan", "NaN").replace("inf", "Infinity")


def variants(name, kind):
    """The ways of use: (suffix, number of classes or 0 for values, whether before a LogisticRegression)."""
    if hasattr(kind, "predict"):
        if is_regressor(kind) or getattr(kind, "_estimator_type", None) == "regressor" or name in (*REGRESSORS, *MULTI_TASK):
            yield "", 0, False
        else:
            yield "-binary", 2, False
            is_classifier_kind = getattr(kind, "_estimator_type", None) == "classifier" or hasattr(kind, "predict_proba")
            if name not in SEVERAL and is_classifier_kind:
                yield "-classes", 3, False
    if hasattr(kind, "transform") and name not in ("Pipeline",):
        yield "-step", 2, True


def require_tolerance(name, exported, as_step):
    """Compares what the table of the supported classes says with the bounds of a proof."""
    kinds = {each["kind"] for each in exported.get("steps", []) if not as_step or each["name"].startswith(name.lower())}
    unknown = kinds - set(KINDS)
    if unknown:
        raise StepFailed("", ValueError(f"the table of tolerances has no {', '.join(sorted(unknown))}"))
    function = (TRANSFORMERS if as_step else ESTIMATORS).get(name)
    if function is None or tolerance(function) != BITS:
        return
    inexact = {kind for kind in kinds if KINDS[kind] != BITS}
    bound = 0 if as_step else max(max(column) for column in exported["proof"]["tolerances"])
    if inexact or bound > 0:
        raise StepFailed("", ValueError(f"the table says «{WORDS[BITS]}», and the bound is {bound} ({', '.join(inexact)})"))


def main(folder):
    with open(folder / "kinds.tsv", "w") as kinds:
        print("scikit-learn", sklearn.__version__, sep="\t", file=kinds)
        for name, kind in all_estimators():
            for suffix, count, as_step in variants(name, kind):
                variant, reason = name + suffix, ""
                try:
                    model, frame = trained(name, kind, count, as_step)
                except Exception as error:
                    print(name, variant, "untrained", error, sep="\t", file=kinds)
                    continue
                try:
                    target = TARGET if name in SEVERAL else None
                    exported = document(model, None, target)
                    require_tolerance(name, exported, as_step)
                    write(folder, variant, exported, model, frame)
                    outcome = "exported"
                except Unsupported as refused:
                    outcome, reason = "refused", str(refused)
                except StepFailed as failed:
                    outcome, reason = "failed", str(failed)
                except Exception as error:
                    outcome, reason = "failed", f"{type(error).__name__}: {' '.join(str(error).split())}"
                print(name, variant, outcome, reason, sep="\t", file=kinds, flush=True)


warnings.simplefilter("ignore")
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: E402, F401

main(Path(sys.argv[1]))
