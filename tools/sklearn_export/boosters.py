"""XGBoost's estimators. The exported step has the booster in XGBoost's own format, which Nightshift reads itself."""

import base64

import numpy

from .graph import NAN
from .outcome import Outcome, both
from .unsupported import Unsupported

FLOAT32 = float(numpy.finfo(numpy.float32).eps)


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
    file = base64.b64encode(bytes(booster.save_raw("ubj"))).decode("ascii")
    classes = getattr(model, "classes_", None) if hasattr(model, "predict_proba") else None
    shares = 0 if classes is None else 1 if len(classes) == 2 else len(classes)
    outputs = 1 + shares + max(1, shares)
    found = graph.add("forest", path, columns, outputs, forest={"file": file}, evaluate=evaluation(model, booster, classes, shares))
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
