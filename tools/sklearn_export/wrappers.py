"""Containers and wrappers around another estimator, and estimators that read nothing."""

import numpy

from .outcome import Outcome, estimated
from .targets import target_of
from .transformers import applied, scaled, selection, transformed
from .unsupported import Unsupported


def pipeline(graph, model, columns, path):
    *steps, (name, last) = model.steps
    prefix = f"{path}/" if path else ""
    for step, each in steps:
        if not hasattr(each, "fit_resample"):
            columns = transformed(graph, each, columns, prefix + step)
    return estimated(graph, last, columns, prefix + name)


def best(graph, model, columns, path):
    return estimated(graph, model.best_estimator_, columns, path)


def frozen(graph, model, columns, path):
    return estimated(graph, model.estimator, columns, path)


def of_selected(graph, model, columns, path):
    return estimated(graph, model.estimator_, selection(graph, model, columns, path), path)


def ransac(graph, model, columns, path):
    return estimated(graph, model.estimator_, columns, path)


def thresholded(graph, model, columns, path):
    """A classifier whose positive class is predicted from a threshold of its probability or margin on."""
    inner = estimated(graph, model.estimator_, columns, path)
    threshold = getattr(model, "best_threshold_", getattr(model, "threshold", None))
    if model.pos_label is not None and model.pos_label != model.classes_[1]:
        raise Unsupported(f"the {type(model).__name__} has another positive class than the last (pos_label)")
    method = getattr(model, "response_method", "auto")
    by_margin = method == "decision_function" or inner.probabilities is None
    if threshold == "auto":
        threshold = 0.0 if by_margin else 0.5
    given = inner.margins[0] if by_margin else inner.probabilities[1]
    label = graph.add("threshold", path, [given], 1, {"values": [threshold], "inclusive": [1]})[0]
    return Outcome(label, inner.classes, inner.probabilities, inner.margins)


def transformed_target(graph, model, columns, path):
    inner = estimated(graph, model.regressor_, columns, path)
    given = [inner.label]
    transformer = model.transformer_
    kind = type(transformer).__name__
    if kind == "FunctionTransformer":
        given = applied(graph, transformer.inverse_func, transformer.inv_kw_args, given, f"{path}/inverse_func")
    elif kind == "StandardScaler":
        given = scaled(graph, path, given, multiply=transformer.scale_, add=transformer.mean_)
    elif kind == "MinMaxScaler":
        given = scaled(graph, path, given, subtract=transformer.min_, divide=transformer.scale_)
    elif kind == "RobustScaler":
        given = scaled(graph, path, given, multiply=transformer.scale_, add=transformer.center_)
    else:
        raise Unsupported(
            f"the TransformedTargetRegressor has a {kind}; supported are named functions of NumPy, StandardScaler,"
            " MinMaxScaler and RobustScaler"
        )
    return Outcome(given[0])


def dummy_regressor(graph, model, columns, path):
    values = numpy.ravel(model.constant_)
    values = values[[target_of(graph, model, len(values)) if len(values) > 1 else 0]]
    return Outcome(graph.add("constant", path, [], 1, {"values": values})[0])


def dummy_classifier(graph, model, columns, path):
    if isinstance(model.classes_, list):
        raise Unsupported(f"the DummyClassifier predicts {len(model.classes_)} targets; supported is one")
    if model.strategy not in ("prior", "most_frequent", "constant"):
        raise Unsupported(f"the DummyClassifier has the strategy {model.strategy}, which is random or unknown")
    shares = model.class_prior_ if model.strategy == "prior" else numpy.zeros(len(model.classes_))
    if model.strategy == "most_frequent":
        shares[model.class_prior_.argmax()] = 1
    elif model.strategy == "constant":
        shares[list(model.classes_).index(numpy.ravel(model.constant)[0])] = 1
    found = graph.add("constant", path, [], len(shares), {"values": shares})
    return Outcome(graph.add("argmax", path, found, 1)[0], model.classes_, found)


def self_training(graph, model, columns, path):
    """A classifier that has labelled rows of its training itself."""
    inner = model.base_estimator_ if hasattr(model, "base_estimator_") else model.estimator_
    return estimated(graph, inner, columns, f"{path}/estimator")
