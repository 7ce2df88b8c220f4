"""The table of the supported classes, which docs/how-to/model.md has."""

import sklearn.feature_selection

from .estimators import FAMILIES, PROJECTIONS
from .texts import TEXTS
from .transformers import TRANSFORMERS

# What a class must be like.
NOTES = {
    "AdaBoostClassifier": "of trees",
    "CalibratedClassifierCV": "all methods",
    "CountVectorizer": "texts themselves, without functions; see below",
    "HashingVectorizer": "as CountVectorizer, up to 4,194,304 columns",
    "FunctionTransformer": "without a function, or with one of NumPy",
    "GaussianMixture": "the prediction is the number of the component",
    "GradientBoostingClassifier": "with the default `init` or `init=\"zero\"`",
    "GradientBoostingRegressor": "as the classifier",
    "IsolationForest": "the prediction is 1 or -1",
    "IsotonicRegression": "`out_of_bounds=\"clip\"`",
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
    """Two Markdown tables: the estimators, and the steps before them."""
    lines = ["| models | supported |", "|---|---|"]
    lines += [row(family, names) for family, names in FAMILIES.items()]
    lines += ["", "| steps | supported |", "|---|---|", row("containers", CONTAINERS)]
    lines.append(row("columns on their own", [name for name in TRANSFORMERS if name not in (*CONTAINERS, *TEXTS, *projections())]))
    lines.append(row("several columns", projections()))
    lines.append(row("texts", TEXTS))
    lines.append(row("selection", SELECTIONS))
    return "\n".join(lines)


def projections():
    return [*PROJECTIONS, "IncrementalPCA", "IterativeImputer", "KNNImputer", "PCA", "TruncatedSVD"]


def row(called, names):
    shown = sorted({name for name in names if not name.startswith("_")}, key=str.lower)
    return f"| {called} | {', '.join(each(name) for name in shown)} |"


def each(name):
    return f"`{name}` ({NOTES[name]})" if name in NOTES else f"`{name}`"
