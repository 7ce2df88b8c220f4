"""The estimators of XGBoost, LightGBM and CatBoost. The exported step has the trees in the library's own format, which
Nightshift reads itself."""

import base64
import re
import tempfile
from pathlib import Path

import numpy

from .graph import NAN
from .outcome import Outcome, both, classes_of
from .unsupported import Unsupported

EPSILON = float(numpy.finfo(float).eps)
FLOAT32 = float(numpy.finfo(numpy.float32).eps)
FAST = 1e-12  # How far CatBoost's own exponential may be from another library's.
OBJECTIVES = {True: ("binary",), False: ("multiclass", "multiclassova")}


def booster_of(model):
    """The booster with the trees that `predict` uses: up to the best iteration, if training stopped early."""
    booster = model.get_booster()
    try:
        best = model.best_iteration
    except AttributeError:  # Training did not stop early.
        return booster
    return booster[: best + 1]


def xgboost(graph, model, columns, path):
    for column in columns:
        column.require_number(path)
    booster = booster_of(model)
    if any(each == "c" for each in booster.feature_types or []):
        raise Unsupported(f"the {type(model).__name__} was trained on categories; save it with save_model, and import that file")
    if numpy.ndim(model.missing) == 0 and model.missing == model.missing:
        numbers = {"values": [NAN] * len(columns), "missing": [float(model.missing)]}
        columns = graph.each("impute", path, columns, numbers, missing=True)
    booster.feature_names = None  # The columns of a pipeline have numbers.
    classes = getattr(model, "classes_", None) if hasattr(model, "predict_proba") else None
    shares = 0 if classes is None else 1 if len(classes) == 2 else len(classes)
    evaluate = evaluation(model, booster, classes, shares)
    return embedded(graph, path, columns, bytes(booster.save_raw("ubj")), classes, max(1, shares), evaluate)


def embedded(graph, path, columns, content, classes, margins, evaluate):
    """A step with a library's file: its prediction, the probabilities if there are classes, and the margins."""
    file = base64.b64encode(content).decode("ascii")
    shares = 0 if classes is None else 1 if len(classes) == 2 else len(classes)
    found = graph.add("forest", path, columns, 1 + shares + margins, forest={"file": file}, evaluate=evaluate)
    probabilities = None if classes is None else both(graph, path, found[1]) if shares == 1 else found[1 : 1 + shares]
    return Outcome(found[0], classes, probabilities, found[1 + shares :])


def evaluation(model, booster, classes, shares):
    """XGBoost's own results, and how far its exponentials, in single precision, may be from another library's."""

    # The wrapper adds the trees of dart in another way than the booster.
    slack = 4 * booster.num_boosted_rounds() if model.booster == "dart" else 0

    def evaluate(x):
        rows = len(x)
        label = numpy.reshape(model.predict(x), (rows, -1))
        values = [label, numpy.reshape(model.predict(x, output_margin=True), (rows, -1))]
        if shares:
            probabilities = model.predict_proba(x)
            values = [numpy.searchsorted(classes, label), probabilities[:, 1:] if shares == 1 else probabilities, values[1]]
        values = numpy.hstack(values).astype(float)
        errors = 8 * FLOAT32 * numpy.abs(values)
        margins = values[:, 1 + shares :]
        errors[:, 1 + shares :] = slack * FLOAT32 * numpy.maximum(1, numpy.abs(margins))
        if shares:
            errors[:, 0] = 0
        return values, errors

    return evaluate


def lightgbm(graph, model, columns, path):
    for column in columns:
        column.require_number(path)
    name, booster, classes = type(model).__name__, model.booster_, classes_of(model)
    if getattr(booster, "pandas_categorical", None):
        raise Unsupported(
            f"the {name} was trained on columns of the type category; encode them in the pipeline by OrdinalEncoder, and give"
            " their positions as categorical_feature"
        )
    content = booster.model_to_string()  # Without the trees behind the best iteration, as predict.
    if re.search("^is_linear=1", content, re.MULTILINE):
        raise Unsupported(f"the {name} has linear models in its leaves (linear_tree)")
    objective = re.search("^objective=([^ \\n]+)", content, re.MULTILINE)
    objective = "a function of the user" if objective is None else objective.group(1)
    if classes is not None and objective not in OBJECTIVES[len(classes) == 2]:
        supported = " and ".join(OBJECTIVES[len(classes) == 2])
        raise Unsupported(f"the {name} has the objective {objective}; supported for {len(classes)} classes: {supported}")
    raw = {"raw_score": True}
    margins = 1 if classes is None or len(classes) == 2 else len(classes)
    return embedded(graph, path, columns, content.encode(), classes, margins, results(model, classes, raw, 16 * EPSILON))


def catboost(graph, model, columns, path):
    for column in columns:
        column.require_number(path)
    name, classes = type(model).__name__, classes_of(model)
    for what, find in CATBOOST_FEATURES.items():
        positions = getattr(model, find, list)()
        if len(positions):
            listed = ", ".join(str(each) for each in positions)
            raise Unsupported(
                f"the {name} was trained on {what} features (positions {listed}), which it can only read outside of a pipeline;"
                " save it with save_model, and import that file"
            )
    scale = model.get_scale_and_bias()[0]
    if scale != 1:
        raise Unsupported(f"the {name} has a scale of {scale}; save it with save_model, and import that file")
    raw = {"prediction_type": "RawFormulaVal"}
    row = numpy.zeros((1, len(columns)))
    margins = numpy.size(model.predict(row, **raw))
    if numpy.size(model.predict(row)) != 1 or margins not in ((1,) if classes is None else (1, len(classes))):
        raise Unsupported(f"the {name} predicts several values for a row; supported is one")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.cbm"
        model.save_model(str(file), format="cbm")
        content = file.read_bytes()
    return embedded(graph, path, columns, content, classes, margins, results(model, classes, raw, FAST))


CATBOOST_FEATURES = {
    "categorical": "get_cat_feature_indices",
    "text": "get_text_feature_indices",
    "embedding": "get_embedding_feature_indices",
}


def results(model, classes, raw, error):
    """The library's own results, and how far its exponentials may be from another library's. Its margins are exact."""

    def evaluate(x):
        rows = len(x)
        label = numpy.reshape(model.predict(x), -1)
        margins = numpy.reshape(model.predict(x, **raw), (rows, -1))
        if classes is None:
            values = [label[:, None], margins]
        else:
            shares = model.predict_proba(x)
            values = [numpy.searchsorted(classes, label)[:, None], shares[:, 1:] if len(classes) == 2 else shares, margins]
        values = numpy.hstack(values).astype(float)
        errors = error * numpy.abs(values)
        errors[:, values.shape[1] - margins.shape[1] :] = 0
        if classes is not None:
            errors[:, 0] = 0
        return values, errors

    return evaluate
