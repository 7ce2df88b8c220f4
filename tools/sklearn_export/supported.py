"""The table of the supported classes, which docs/how-to/model.md has."""

import sklearn.feature_selection

from .estimators import FAMILIES, PROJECTIONS
from .texts import TEXTS
from .tolerances import BITS, INSIDE, LEGEND, WORDS, tolerance
from .transformers import TRANSFORMERS

# What a class must be like.
NOTES = {
    "AdaBoostClassifier": "of trees",
    "CalibratedClassifierCV": "all methods",
    "CatBoostClassifier": "of numbers",
    "CatBoostRegressor": "of numbers",
    "CountVectorizer": "texts themselves, without functions; see below",
    "HashingVectorizer": "as CountVectorizer, up to 4,194,304 columns",
    "FunctionTransformer": "without a function, or with one of NumPy",
    "GaussianMixture": "the prediction is the number of the component",
    "GradientBoostingClassifier": "with the default `init` or `init=\"zero\"`",
    "GradientBoostingRegressor": "as the classifier",
    "IsolationForest": "the prediction is 1 or -1",
    "IsotonicRegression": "`out_of_bounds=\"clip\"`",
    "LGBMClassifier": "categories as numbers",
    "LGBMRegressor": "as the classifier",
    "LocalOutlierFactor": "`novelty=True`",
    "IterativeImputer": "with a supported estimator",
    "TransformedTargetRegressor": "functions of NumPy and scalers",
    "TfidfTransformer": "after counts of texts",
    "TfidfVectorizer": "as CountVectorizer",
    "XGBClassifier": "without categorical splits",
    "XGBRegressor": "as the classifier",
}
CONTAINERS = ("ColumnTransformer", "FeatureUnion", "Pipeline")
SELECTIONS = [name for name in sklearn.feature_selection.__all__ if name[0].isupper() and name != "SelectorMixin"]


def supported():
    """Markdown tables: the estimators, the steps before them, and what their tolerances mean."""
    lines = ["| models | largest difference | supported |", "|---|---|---|"]
    for family, functions in FAMILIES.items():
        lines += rows(family, functions)
    chosen = {name: function for name, function in TRANSFORMERS.items() if name not in CONTAINERS}
    several = {name: {**TRANSFORMERS, **PROJECTIONS}[name] for name in projections()}
    lines += ["", "| steps | largest difference | supported |", "|---|---|---|", row("containers", INSIDE, CONTAINERS)]
    lines += rows("columns on their own", {name: each for name, each in chosen.items() if name not in (*several, *TEXTS)})
    lines += rows("several columns", several)
    lines += rows("texts", TEXTS)
    lines.append(row("selection", BITS, SELECTIONS))
    return "\n".join([*lines, "", LEGEND])


def projections():
    return [*PROJECTIONS, "IncrementalPCA", "IterativeImputer", "KNNImputer", "PCA", "TruncatedSVD"]


def rows(called, functions):
    """The rows of a family: one for each tolerance."""
    shown = {name: tolerance(function) for name, function in functions.items() if not name.startswith("_")}
    return [row(called, level, [name for name in shown if shown[name] == level]) for level in sorted(set(shown.values()))]


def row(called, level, names):
    shown = sorted(names, key=str.lower)
    return f"| {called} | {WORDS[level]} | {', '.join(each(name) for name in shown)} |"


def each(name):
    return f"`{name}` ({NOTES[name]})" if name in NOTES else f"`{name}`"
