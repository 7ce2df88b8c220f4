"""Trains pipelines of each kind on customers, exports them, and writes what scikit-learn itself predicts for others.

pipelines.py EXPORTER FOLDER [CASE...] writes CASE.json, the exported model, and CASE.expected.json: the features as
columns (NaN is missing; a text is its level's position, -1 for a text that is no level), and the library's results.
pipelines.py --list prints the names of the cases.

The cases kept-* are kept beside this script, for tests where there is no Python:

    python3 pipelines.py ../../../../../tools/export-sklearn.py . kept-pipeline kept-steps kept-median kept-vote \\
        kept-points
    rm kept-*.joblib kept-*.csv

And the customers of the system test, with a model and its predictions:

    python3 pipelines.py ../../../../../tools/export-sklearn.py ../../../../../system-tests/src/test/resources/pipeline --customers
"""

import json
import sys
import warnings
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import point_cases
from cases import exporter_module
from sklearn import (
    cluster,
    ensemble,
    gaussian_process,
    linear_model,
    model_selection,
    naive_bayes,
    neighbors,
    neural_network,
    svm,
    tree,
)
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.decomposition import PCA, IncrementalPCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.feature_selection import RFE, RFECV, SelectFromModel, SelectKBest, SelectPercentile, VarianceThreshold
from sklearn.experimental import enable_iterative_imputer  # noqa: F401, which lets IterativeImputer be imported
from sklearn.impute import IterativeImputer, KNNImputer, MissingIndicator, SimpleImputer
from sklearn.isotonic import IsotonicRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)

try:
    import xgboost
except ImportError:  # Its cases are left out.
    xgboost = None

TRAINED, SCORED = 400, 300
PLANS = ["basic", "plus", "premium", "staff"]


def customers(random, rows, strange=False):
    """Customers: a text, two numbers, an integer with gaps, a boolean, each but the income with missing values."""
    plan = random.choice(PLANS, rows, p=[0.5, 0.3, 0.15, 0.05]).astype(object)
    plan[random.random(rows) < 0.1] = np.nan
    shops = random.integers(1, 6, rows).astype(float)
    if strange:
        plan[random.random(rows) < 0.1] = "gold"
        shops[random.random(rows) < 0.1] = 99
    age = np.round(random.normal(40, 12, rows), 1)
    age[random.random(rows) < 0.1] = np.nan
    shops[random.random(rows) < 0.15] = np.nan
    income = np.round(np.exp(random.normal(10, 1, rows)), 2)
    return pd.DataFrame({"plan": plan, "age": age, "income": income, "shops": shops, "active": random.random(rows) < 0.6})


def target(random, frame, kind):
    value = (frame.plan == "plus") + frame.age.fillna(0) / 40 + np.log(frame.income) / 10 + frame.active / 2
    value = (value + random.normal(0, 0.6, len(frame))).to_numpy()
    if kind == "binary":
        return np.where(value > np.median(value), "yes", "no")
    if kind == "flags":
        return (value > np.median(value)).astype(int)
    if kind == "positions":
        return np.digitize(value, np.quantile(value, [0.3, 0.8]))
    if kind == "classes":
        return np.digitize(value, np.quantile(value, [0.3, 0.8])) * 10
    if kind in ("targets", "labels"):
        other = np.digitize(frame.income, np.quantile(frame.income, [0.5] if kind == "labels" else [0.2, 0.6]))
        return np.array([value > np.median(value), other]).T.astype(int)
    return {"value": value, "positive": value - value.min() + 0.1, "count": random.poisson(np.exp(value / 3))}[kind]


def columns(**options):
    """The usual preparation: numbers imputed and scaled, categories imputed and encoded."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    texts = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    parts = [
        ("numbers", numbers, ["age", "income"]),
        ("texts", texts, ["plan"]),
        ("others", OneHotEncoder(handle_unknown="ignore"), ["shops", "active"]),
    ]
    return ColumnTransformer(parts, **options)


def prepared(estimator, **options):
    return make_pipeline(columns(**options), estimator)


def numbers(*steps):
    """Steps on the two numbers, before a logistic regression."""
    part = make_pipeline(SimpleImputer(), *steps)
    return make_pipeline(ColumnTransformer([("numbers", part, ["age", "income"])]), logistic())


def numbers_before(estimator):
    part = make_pipeline(SimpleImputer(), StandardScaler())
    return make_pipeline(ColumnTransformer([("numbers", part, ["age", "income"])]), estimator)


def encoded(encoder, estimator=None, names=("plan",), remainder=None):
    remainder = SimpleImputer() if remainder is None else remainder
    parts = ColumnTransformer([("texts", encoder, list(names))], remainder=remainder)
    return make_pipeline(parts, logistic() if estimator is None else estimator)


def logistic(**options):
    return linear_model.LogisticRegression(**{"max_iter": 500, **options})


SEED = {"random_state": 1}
TREE = tree.DecisionTreeClassifier(max_depth=3, **SEED)
FOREST = ensemble.RandomForestClassifier(5, max_depth=6, **SEED)

ESTIMATORS = {
    "logistic": (logistic(), "binary"),
    "logistic-classes": (logistic(), "classes"),
    "logistic-rest": (logistic(solver="liblinear"), "classes"),
    "logistic-multinomial": (logistic(multi_class="multinomial"), "binary"),
    "logistic-cv": (linear_model.LogisticRegressionCV(cv=2, max_iter=300), "binary"),
    "ridge-cv": (linear_model.RidgeCV(), "value"),
    "lasso": (linear_model.Lasso(0.01), "value"),
    "elastic-net": (linear_model.ElasticNet(0.01), "value"),
    "bayesian-ridge": (linear_model.BayesianRidge(), "value"),
    "huber": (linear_model.HuberRegressor(), "value"),
    "quantile-regressor": (linear_model.QuantileRegressor(alpha=0.01), "value"),
    "ransac": (linear_model.RANSACRegressor(linear_model.Ridge(), min_samples=50, **SEED), "value"),
    "poisson": (linear_model.PoissonRegressor(), "count"),
    "gamma": (linear_model.GammaRegressor(), "positive"),
    "tweedie": (linear_model.TweedieRegressor(power=1.5), "positive"),
    "tweedie-normal": (linear_model.TweedieRegressor(power=0), "value"),
    "sgd-hinge": (linear_model.SGDClassifier(**SEED), "binary"),
    "sgd-logistic": (linear_model.SGDClassifier(loss="log_loss", **SEED), "classes"),
    "sgd-huber": (linear_model.SGDClassifier(loss="modified_huber", **SEED), "binary"),
    "sgd-huber-classes": (linear_model.SGDClassifier(loss="modified_huber", **SEED), "classes"),
    "sgd-regressor": (linear_model.SGDRegressor(**SEED), "value"),
    "ridge-classifier": (linear_model.RidgeClassifier(), "classes"),
    "perceptron": (linear_model.Perceptron(**SEED), "binary"),
    "passive-aggressive": (linear_model.PassiveAggressiveClassifier(**SEED), "classes"),
    "linear-svc": (svm.LinearSVC(**SEED), "classes"),
    "linear-svr": (svm.LinearSVR(**SEED), "value"),
    "selected": (RFE(logistic(), n_features_to_select=4), "classes"),
    "selected-value": (RFECV(linear_model.Ridge(), cv=2), "value"),
    "clusters": (cluster.KMeans(5, n_init=1, **SEED), "value"),
    "clusters-batch": (cluster.MiniBatchKMeans(3, n_init=1, **SEED), "value"),
    "bernoulli": (naive_bayes.BernoulliNB(), "binary"),
    "forest": (ensemble.RandomForestClassifier(10, **SEED), "binary"),
    "forest-classes": (ensemble.RandomForestClassifier(10, **SEED), "classes"),
    "forest-value": (ensemble.RandomForestRegressor(10, **SEED), "value"),
    "extra-trees": (ensemble.ExtraTreesClassifier(10, **SEED), "classes"),
    "tree": (tree.DecisionTreeRegressor(max_depth=5, **SEED), "value"),
    "boosting": (ensemble.GradientBoostingClassifier(n_estimators=10, **SEED), "binary"),
    "boosting-classes": (ensemble.GradientBoostingClassifier(n_estimators=5, **SEED), "classes"),
    "boosting-value": (ensemble.GradientBoostingRegressor(n_estimators=10, **SEED), "value"),
    "network": (neural_network.MLPClassifier((8, 4), max_iter=100, **SEED), "binary"),
    "network-classes": (neural_network.MLPClassifier((8,), activation="tanh", max_iter=100, **SEED), "classes"),
    "network-value": (neural_network.MLPRegressor((8,), activation="logistic", max_iter=200, **SEED), "value"),
    "calibrated-sigmoid": (CalibratedClassifierCV(svm.LinearSVC(**SEED), cv=3), "binary"),
    "calibrated-isotonic": (CalibratedClassifierCV(FOREST, method="isotonic", cv=3), "classes"),
    "calibrated-once": (CalibratedClassifierCV(logistic(), cv=2, ensemble=False), "classes"),
    "voting-hard": (ensemble.VotingClassifier([("l", logistic()), ("t", TREE), ("s", svm.LinearSVC(**SEED))]), "classes"),
    "voting-soft": (
        ensemble.VotingClassifier([("l", logistic()), ("f", FOREST)], voting="soft", weights=[2, 1]),
        "binary",
    ),
    "voting-value": (
        ensemble.VotingRegressor([("r", linear_model.Ridge()), ("f", ensemble.RandomForestRegressor(5, **SEED))]),
        "value",
    ),
    "stacking": (
        ensemble.StackingClassifier([("l", logistic()), ("f", FOREST), ("s", svm.LinearSVC(**SEED))], cv=2),
        "binary",
    ),
    "stacking-classes": (
        ensemble.StackingClassifier(
            [("l", logistic()), ("f", FOREST)],
            cv=2,
            final_estimator=ensemble.GradientBoostingClassifier(n_estimators=3, **SEED),
        ),
        "classes",
    ),
    "stacking-passthrough": (ensemble.StackingClassifier([("l", logistic())], cv=2, passthrough=True), "binary"),
    "stacking-value": (
        ensemble.StackingRegressor([("r", linear_model.Ridge()), ("t", tree.DecisionTreeRegressor(max_depth=3))], cv=2),
        "value",
    ),
    "adaboost": (ensemble.AdaBoostClassifier(n_estimators=8, algorithm="SAMME", **SEED), "classes"),
    "adaboost-real": (ensemble.AdaBoostClassifier(n_estimators=8, algorithm="SAMME.R", **SEED), "binary"),
    "adaboost-real-classes": (ensemble.AdaBoostClassifier(n_estimators=8, algorithm="SAMME.R", **SEED), "classes"),
    "adaboost-value": (ensemble.AdaBoostRegressor(n_estimators=8, **SEED), "value"),
    "bagging": (ensemble.BaggingClassifier(n_estimators=5, max_features=0.7, **SEED), "classes"),
    "bagging-value": (ensemble.BaggingRegressor(linear_model.Ridge(), n_estimators=5, **SEED), "value"),
    "one-vs-rest": (OneVsRestClassifier(svm.LinearSVC(**SEED)), "classes"),
    "one-vs-rest-shares": (OneVsRestClassifier(logistic()), "classes"),
    "one-vs-rest-binary": (OneVsRestClassifier(logistic()), "binary"),
    "dummy": (
        ensemble.VotingClassifier([("l", logistic()), ("d", DummyClassifier(strategy="prior"))], voting="soft"),
        "classes",
    ),
    "isolation": (ensemble.IsolationForest(n_estimators=20, **SEED), "value"),
    "grid-search": (model_selection.GridSearchCV(logistic(), {"C": [0.1, 1]}, cv=2), "binary"),
}

NUMBERS = {
    "min-max": MinMaxScaler(clip=True),
    "max-abs": MaxAbsScaler(),
    "robust": RobustScaler(),
    "normal-l1": Normalizer("l1"),
    "normal-l2": Normalizer(),
    "normal-max": Normalizer("max"),
    "binary": Binarizer(threshold=40),
    "bins": KBinsDiscretizer(4, encode="ordinal"),
    "bins-one-hot": KBinsDiscretizer(4),
    "polynomial": PolynomialFeatures(3),
    "interactions": PolynomialFeatures(2, interaction_only=True, include_bias=False),
    "yeo-johnson": PowerTransformer(),
    "box-cox": make_pipeline(MinMaxScaler((1, 2), clip=True), PowerTransformer("box-cox")),
    "quantile-uniform": QuantileTransformer(n_quantiles=50),
    "quantile-normal": QuantileTransformer(n_quantiles=50, output_distribution="normal"),
    "pca": make_pipeline(StandardScaler(), PCA(2)),
    "pca-whitened": PCA(1, whiten=True),
    "pca-incremental": IncrementalPCA(1, whiten=True),
    "svd": TruncatedSVD(1, **SEED),
    "square-root": make_pipeline(FunctionTransformer(np.abs), FunctionTransformer(np.sqrt)),
    "log1p": make_pipeline(FunctionTransformer(np.abs), FunctionTransformer(np.log1p)),
    "variance": VarianceThreshold(),
    "k-best": SelectKBest(k=1),
    "percentile": SelectPercentile(percentile=50),
    "spline": SplineTransformer(4),
    "spline-linear": SplineTransformer(5, degree=2, extrapolation="linear", include_bias=False),
    "spline-lines": ColumnTransformer(
        [(str(i), SplineTransformer(3, degree=1, knots="quantile", extrapolation="linear"), [i]) for i in range(2)]
    ),
    "spline-steps": SplineTransformer(5, degree=0, extrapolation="continue"),
    "spline-continued": SplineTransformer(4, extrapolation="continue", knots="quantile"),
    "spline-periodic": SplineTransformer(6, extrapolation="periodic"),
    "recursive": RFE(logistic(), n_features_to_select=1),
    "from-model": SelectFromModel(logistic()),
    "union": FeatureUnion([("s", StandardScaler()), ("p", PCA(1))], transformer_weights={"p": 3}),
}

UNKNOWN = {"handle_unknown": "use_encoded_value", "unknown_value": -1}
HISTOGRAM = ensemble.HistGradientBoostingClassifier(max_iter=10, categorical_features=[0], **SEED)
KEPT = ColumnTransformer(
    [
        ("numbers", make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), ["age", "income"]),
        ("texts", OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=30), ["plan"]),
    ],
    remainder=SimpleImputer(strategy="most_frequent"),
)

# Most kinds of steps in one small model.
STEPS = ColumnTransformer(
    [
        (
            "numbers",
            make_pipeline(
                SimpleImputer(),
                FeatureUnion(
                    [
                        ("bins", make_pipeline(KBinsDiscretizer(3, encode="ordinal"), PolynomialFeatures(2))),
                        ("power", PowerTransformer()),
                        ("quantile", QuantileTransformer(n_quantiles=8, output_distribution="normal")),
                        ("norm", make_pipeline(Normalizer(), Binarizer(threshold=0.5))),
                        ("log", make_pipeline(FunctionTransformer(np.absolute), FunctionTransformer(np.log1p))),
                    ]
                ),
            ),
            ["income", "shops"],
        ),
        ("target", TargetEncoder(**SEED), ["plan"]),
    ]
)
SMALL_FOREST = ensemble.RandomForestClassifier(3, max_depth=3, **SEED)
STACK = ensemble.StackingClassifier(
    [
        ("bayes", naive_bayes.GaussianNB()),
        ("forest", SMALL_FOREST),
        ("isotonic", CalibratedClassifierCV(SMALL_FOREST, method="isotonic", cv=2)),
        ("rest", logistic(solver="liblinear")),
    ],
    cv=2,
)
MEDIAN = ensemble.AdaBoostRegressor(tree.DecisionTreeRegressor(max_depth=2), n_estimators=4, **SEED)
VOTE = ensemble.VotingClassifier([("a", logistic()), ("b", SMALL_FOREST), ("c", svm.LinearSVC(**SEED))])

# The kinds of steps that keep rows of training, in one small model.
POINTS = make_pipeline(
    FeatureUnion([("all", "passthrough"), ("clusters", cluster.KMeans(2, n_init=1, **SEED))]),
    ensemble.VotingClassifier(
        [
            ("neighbours", neighbors.KNeighborsClassifier(3, weights="distance")),
            ("radius", neighbors.RadiusNeighborsClassifier(1.0, p=3, outlier_label="most_frequent")),
            ("machine", svm.SVC(probability=True, **SEED)),
            ("process", gaussian_process.GaussianProcessClassifier(optimizer=None)),
        ],
        voting="soft",
    ),
)
IMPUTERS = {
    "neighbours": KNNImputer(add_indicator=True),
    "neighbours-distance": make_pipeline(StandardScaler(), KNNImputer(n_neighbors=3, weights="distance")),
    "rounds": IterativeImputer(max_iter=4, **SEED),
    "rounds-trees": IterativeImputer(tree.DecisionTreeRegressor(max_depth=4, **SEED), max_iter=3, add_indicator=True, **SEED),
    "rounds-bounded": make_pipeline(
        SimpleImputer(missing_values=np.nan, strategy="constant", fill_value=-9),
        IterativeImputer(missing_values=-9, max_iter=2, min_value=1, max_value=60, initial_strategy="median", **SEED),
    ),
}

COLUMNS = {
    "indicator": (make_pipeline(ColumnTransformer([("n", SimpleImputer(add_indicator=True), ["age", "shops"])]), logistic()), "binary"),
    "missing-indicator": (
        make_pipeline(
            ColumnTransformer(
                [
                    ("m", MissingIndicator(), ["age", "shops"]),
                    ("i", SimpleImputer(strategy="constant", fill_value=-1), ["shops"]),
                ]
            ),
            TREE,
        ),
        "binary",
    ),
    **{
        f"imputed-{name}": (
            make_pipeline(ColumnTransformer([("n", imputer, ["age", "shops", "income"])]), linear_model.Ridge()),
            "value",
        )
        for name, imputer in IMPUTERS.items()
    },
    "infrequent": (
        encoded(
            make_pipeline(
                SimpleImputer(strategy="constant", fill_value="none"),
                OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=30, drop="first"),
            )
        ),
        "binary",
    ),
    "ordinal-histogram": (encoded(OrdinalEncoder(**UNKNOWN), HISTOGRAM, remainder="passthrough"), "binary"),
    "ordinal-apart": (
        encoded(OrdinalEncoder(**UNKNOWN, encoded_missing_value=-2), ensemble.RandomForestClassifier(6, **SEED), remainder="passthrough"),
        "binary",
    ),
    "ordinal-linear": (encoded(OrdinalEncoder(**UNKNOWN, encoded_missing_value=-2), linear_model.Ridge()), "value"),
    "if-binary": (
        make_pipeline(
            ColumnTransformer(
                [("c", OneHotEncoder(drop="if_binary", handle_unknown="ignore", sparse_output=False), ["plan", "active"])]
            ).set_output(transform="pandas"),
            logistic(),
        ),
        "binary",
    ),
    "target": (encoded(TargetEncoder(**SEED), names=("plan", "shops")), "binary"),
    "target-classes": (encoded(TargetEncoder(**SEED), names=("plan", "shops")), "classes"),
    "selector": (
        make_pipeline(
            ColumnTransformer(
                [
                    ("c", OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_include=object)),
                    ("n", make_pipeline(SimpleImputer(), StandardScaler()), make_column_selector(dtype_include=float)),
                    ("d", "drop", ["active"]),
                ]
            ),
            logistic(),
        ),
        "binary",
    ),
    "log-target": (
        TransformedTargetRegressor(prepared(linear_model.Ridge()), func=np.log1p, inverse_func=np.expm1),
        "positive",
    ),
    "scaled-target": (TransformedTargetRegressor(prepared(linear_model.Ridge()), transformer=StandardScaler()), "value"),
    "multinomial": (
        make_pipeline(ColumnTransformer([("n", make_pipeline(SimpleImputer(), MinMaxScaler(clip=True)), ["age", "income"])]), naive_bayes.MultinomialNB()),
        "classes",
    ),
    "complement": (
        make_pipeline(ColumnTransformer([("n", make_pipeline(SimpleImputer(), MinMaxScaler(clip=True)), ["age", "income"])]), naive_bayes.ComplementNB()),
        "classes",
    ),
    "categorical": (
        make_pipeline(
            ColumnTransformer([("n", make_pipeline(SimpleImputer(strategy="constant", fill_value=0)), ["shops"])]),
            naive_bayes.CategoricalNB(min_categories=100),
        ),
        "classes",
    ),
    "gaussian": (prepared(naive_bayes.GaussianNB(), sparse_threshold=0), "classes"),
    "discriminant": (prepared(LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1), sparse_threshold=0), "classes"),
    "quadratic": (numbers_before(QuadraticDiscriminantAnalysis()), "classes"),
    "quadratic-binary": (numbers_before(QuadraticDiscriminantAnalysis(reg_param=0.1)), "binary"),
    "isotonic": (
        make_pipeline(ColumnTransformer([("n", SimpleImputer(), ["age"])]), IsotonicRegression(out_of_bounds="clip")),
        "value",
    ),
    "calibrated-pipeline": (CalibratedClassifierCV(prepared(logistic()), cv=2), "binary"),
    "kept-pipeline": (make_pipeline(KEPT, logistic()), "binary"),
    "kept-steps": (make_pipeline(STEPS, STACK), "classes"),
    "kept-median": (make_pipeline(KEPT, MEDIAN), "value"),
    "kept-vote": (make_pipeline(KEPT, VOTE), "classes"),
    "kept-points": (numbers_before(POINTS), "classes"),
}

# The library finds small distances as differences of large numbers, and XGBoost adds the trees of dart in single precision.
ERRORS = {"imputed-neighbours-distance": 1e-7, "xgboost-count": 1e-6}

if xgboost is not None:
    TREES = {"n_estimators": 12, "max_depth": 4, **SEED}
    ESTIMATORS |= {
        "xgboost": (xgboost.XGBClassifier(**TREES), "positions"),
        "xgboost-binary": (xgboost.XGBClassifier(**TREES), "flags"),
        "xgboost-best": (xgboost.XGBRegressor(**TREES), "value"),
        "xgboost-value": (xgboost.XGBRegressor(**TREES), "value"),
        "xgboost-count": (xgboost.XGBRegressor(objective="count:poisson", booster="dart", rate_drop=0.3, **TREES), "count"),
        "xgboost-random": (xgboost.XGBRFRegressor(**TREES), "value"),
    }
    COLUMNS |= {
        "xgboost-missing": (
            make_pipeline(
                ColumnTransformer([("n", SimpleImputer(strategy="constant", fill_value=-999), ["age", "shops", "income"])]),
                xgboost.XGBRegressor(missing=-999, **TREES),
            ),
            "value",
        ),
        "xgboost-classes": (
            model_selection.GridSearchCV(
                make_pipeline(columns(), xgboost.XGBClassifier(**TREES)), {"xgbclassifier__max_depth": [2, 3]}, cv=2
            ),
            "positions",
        ),
        "xgboost-calibrated": (CalibratedClassifierCV(prepared(xgboost.XGBClassifier(**TREES)), cv=2), "positions"),
    }

CASES = {
    **{name: (prepared(model), kind) for name, (model, kind) in ESTIMATORS.items()},
    **{f"numbers-{name}": (numbers(step), "binary") for name, step in NUMBERS.items()},
    **{name: (prepared(model, sparse_threshold=0), kind) for name, (model, kind) in point_cases.ESTIMATORS.items()},
    **{name: (prepared(model, sparse_threshold=0), kind) for name, (model, kind) in point_cases.TARGETS.items()},
    **{name: (numbers_before(model), kind) for name, (model, kind) in point_cases.OF_NUMBERS.items()},
    **{f"numbers-{name}": (numbers(StandardScaler(), step), "binary") for name, step in point_cases.STEPS.items()},
    **COLUMNS,
}


def shown(frame, exported):
    """The features as a scorer takes them."""
    found = []
    for feature in exported["features"]:
        values = frame[feature["name"]]
        if "levels" in feature:
            known = {level: i for i, level in enumerate(feature["levels"])}
            other = -1 if feature.get("open") else np.nan
            values = [np.nan if value != value else known.get(value, other) for value in values]
        found.append([float(value) for value in values])
    return found


def expected(model, frame, exported, error):
    found = {"rows": len(frame), "features": shown(frame, exported), "averaged": False, "linear": True, "error": error}
    predicted = model.predict(frame)
    if predicted.ndim > 1 and predicted.shape[1] > 1:
        return {**found, **of_target(model, frame, predicted)}
    if hasattr(model, "classes_"):
        found["prediction"] = np.searchsorted(model.classes_, predicted).tolist()
        if hasattr(model, "predict_proba"):
            shares = model.predict_proba(frame)
            found["probabilities"] = (shares[:, 1:] if shares.shape[1] == 2 else shares).T.tolist()
    else:
        found["prediction"] = [float(each) for each in predicted]
        if hasattr(model, "predict_proba"):  # The components of a mixture are its classes.
            shares = model.predict_proba(frame)
            found["probabilities"] = (shares[:, 1:] if shares.shape[1] == 2 else shares).T.tolist()
    if hasattr(model, "decision_function"):
        found["margins"] = np.reshape(model.decision_function(frame), (len(frame), -1)).T.tolist()
    return found


def of_target(model, frame, predicted):
    """The results for one of several targets, whose classes count from 0."""
    found = {"prediction": predicted[:, point_cases.TARGET].tolist()}
    if hasattr(model, "predict_proba"):
        shares = model.predict_proba(frame)
        is_list = isinstance(shares, list)
        found["probabilities"] = shares[point_cases.TARGET].T.tolist() if is_list else [shares[:, point_cases.TARGET].tolist()]
    return found


def run(name, exporter, folder):
    model, kind = CASES[name]
    random = np.random.default_rng(7)
    frame = customers(random, 20 if name == "kept-points" else TRAINED)
    model.fit(frame, target(random, frame, kind))
    if name == "xgboost-best":  # As if training had stopped early.
        model[-1].get_booster().set_attr(best_iteration="4")
    exported = export(model, name, exporter, folder, sample(random, name, folder))
    scored = customers(random, 30 if name.startswith("kept") else SCORED, strange=True)
    (folder / f"{name}.expected.json").write_text(json.dumps(expected(model, scored, exported, {**ERRORS, **point_cases.ERRORS}.get(name, 1e-13))))


def sample(random, name, folder):
    """Arguments for the target, or for a small proof of models that are kept; the first has the rows made for it."""
    if name in point_cases.TARGETS:
        return ["--target", str(point_cases.TARGET)]
    if not name.startswith("kept") or name == "kept-pipeline":
        return []
    file = folder / f"{name}.joblib.csv"
    customers(random, 25, strange=True).to_csv(file, index=False)
    return ["--sample", str(file)]


def export(model, name, exporter, folder, more=()):
    joblib.dump(model, folder / f"{name}.joblib")
    sys.argv = [str(exporter), str(folder / f"{name}.joblib"), str(folder / f"{name}.json"), *more]
    exporter_module(exporter).main()
    return json.loads((folder / f"{name}.json").read_text())


def write_customers(exporter, folder):
    """Two models, customers as a job reads them, and the models' predictions: an empty field is NULL. The model strict
    refuses unknown categories, so its predictions lack these customers."""
    random = np.random.default_rng(11)
    frame = customers(random, TRAINED)
    answer = target(random, frame, "binary")
    churn = prepared(logistic()).fit(frame, answer)
    encoder = ColumnTransformer([("texts", OneHotEncoder(), ["plan", "shops"])])
    strict = make_pipeline(encoder, logistic()).fit(frame, answer)
    export(churn, "churn", exporter, folder)
    export(strict, "strict", exporter, folder)
    scored = customers(random, 500, strange=True)
    given = scored.assign(shops=scored.shops.astype("Int64"), active=np.where(scored.active, "true", "false"))
    given.insert(0, "customer", range(len(given)))
    given.to_csv(folder / "customers.csv", index=False)
    write_predictions(churn, scored, folder / "churn.csv")
    write_predictions(strict, scored[(scored.plan != "gold") & (scored.shops != 99)], folder / "strict.csv")


def write_predictions(model, frame, file):
    predicted = pd.DataFrame({"customer": frame.index, "prediction": model.predict(frame)})
    predicted["probability"] = model.predict_proba(frame)[:, 1]
    predicted.to_csv(file, index=False)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1] == "--list":
        print("\n".join(CASES))
    elif sys.argv[3:] == ["--customers"]:
        write_customers(sys.argv[1], Path(sys.argv[2]))
    else:
        script, target_folder, names = sys.argv[1], Path(sys.argv[2]), sys.argv[3:] or list(CASES)
        for case in names:
            run(case, script, target_folder)
