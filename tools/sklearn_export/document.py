"""The document that stands for a model."""

import warnings

import numpy
import sklearn
from sklearn.pipeline import Pipeline

from . import between, plain, sample
from .estimators import ESTIMATORS, TRANSFORMERS
from .graph import NAN, OTHER, Graph
from .outcome import estimated
from .proof import proof
from .targets import OneTarget
from .texts import takes_series
from .unsupported import Unsupported


def document(model, rows=None, target=None, columns=None):
    """The document of a model: a forest or a linear model where that is all, otherwise its steps.

    `rows` is the path of a file with rows for the proof, or None; `target` the position of the target to export, if the
    model predicts several, or None; `columns` the path of a file for the columns between the steps, or None."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if target is not None or columns is not None:
            return steps(model, rows, target, columns)
        try:
            found = plain.document(model)
        except Unsupported:
            return steps(model, rows)
        try:
            return proved(found, steps(model, rows))
        except Unsupported:
            return found


def proved(found, other):
    """A document without steps, with the proof of the same model with steps. It has one answer for missing and for
    other texts, and its features may have another order."""
    positions = {feature.get("name", i): i for i, feature in enumerate(other["features"])}
    chosen = [positions[feature.get("name", i)] for i, feature in enumerate(found["features"])]
    for feature, position in zip(found["features"], chosen):
        if feature.get("levels", []) != other["features"][position].get("levels", []):
            return found
    given = [other["proof"]["features"][i] for i in chosen]
    for i, feature in enumerate(found["features"]):
        if "levels" in feature:
            given[i] = [NAN if each == OTHER else each for each in given[i]]
    members = {name: other["proof"][name] for name in ("rows", "results", "tolerances")}
    if len(members["results"]) != count_of(found):
        return found
    return {**found, "proof": {**members, "features": given}}


def count_of(found):
    """The number of outputs and margins of a document without steps."""
    classes = len(found["classes"])
    outputs = 1 if classes == 0 else 2 if classes == 2 else 1 + classes
    sums = len(found["forest"]["base"]) if "forest" in found else len(found["linear"]["intercepts"])
    return outputs + (0 if found["link"] in ("mean", "probabilities") else sums)


def steps(model, rows, target=None, columns=None):
    """The document of a model with steps."""
    plain.fitted(model)
    count = 1 if called(model) == "IsotonicRegression" else None  # It does not count its features.
    count = getattr(model, "n_features_in_", count)
    series = count is None and takes_series(model)
    count = 1 if series else count
    if count is None:
        raise Unsupported(f"the {type(model).__name__} does not know the number of its features")
    graph = Graph(names_of(model), int(count), ESTIMATORS, TRANSFORMERS, target)
    graph.is_series = series
    outcome = estimated(graph, model, list(graph.columns), "")
    if target is not None and graph.chosen is None:
        raise Unsupported(f"the {called(model)} predicts one target: export it without --target")
    outputs = completed(graph, outcome)
    needed = [outputs[0], *outputs[1], *outputs[2]]
    found, missing, other = sample.sampled(model, graph)
    if rows is not None:
        read = sample.read(rows, graph)
        numbered = found.accepted(numpy.column_stack([read, numpy.arange(len(read))]))
        found.rows, positions = numbered[:, :-1], numbered[:, -1].astype(int)
    answering = model if graph.chosen is None else OneTarget(model, graph.chosen, outcome.classes)
    numbering = graph.prune(needed)
    if not graph.used:
        raise Unsupported("the model reads none of its features")
    if columns is not None:
        between.write(columns, rows, positions, answering, graph, found, numbering)
    return {
        "format": "nightshift-exchange",
        "version": 2,
        "library": f"scikit-learn {sklearn.__version__}",
        "algorithm": called(model),
        "precision": "float64",
        "missing": True,
        "features": [feature(each, missing, other) for each in graph.used],
        "classes": [] if outcome.classes is None else [str(each) for each in outcome.classes],
        "steps": [step.document(numbering) for step in graph.steps],
        "results": {
            "prediction": numbering[outputs[0]],
            "probabilities": [numbering[each] for each in outputs[1]],
            "margins": [numbering[each] for each in outputs[2]],
        },
        "proof": proof(answering, graph, found, outputs, numbering),
    }


def names_of(model):
    """The names of the features, or None. LightGBM numbers them itself where there are none."""
    names = getattr(model, "feature_names_in_", None)
    is_numbered = names is not None and all(name == f"Column_{i}" for i, name in enumerate(names))
    return None if is_numbered else names


def completed(graph, outcome):
    """The numbers of the columns with the prediction, the probabilities and the margins. A classifier without
    probabilities gives 1 to the class that it predicts."""
    if outcome.classes is None:
        return outcome.label.number, [], [column.number for column in outcome.margins][:1]
    probabilities = outcome.probabilities
    if probabilities is None:
        count = len(outcome.classes)
        numbers = {"keys": range(count), "columns": range(count)}
        probabilities = graph.add("one-hot", "prediction", [outcome.label], count, numbers)
    chosen = probabilities[1:] if len(probabilities) == 2 else probabilities
    margins = outcome.margins if len(outcome.margins) in (1, len(outcome.classes)) else []
    return outcome.label.number, [column.number for column in chosen], [column.number for column in margins]


def feature(each, missing, other):
    found = {} if each.name is None else {"name": each.name}
    if each.documents is not None:
        return {**found, "text": True, "missing": False}
    if each.texts:
        found["levels"] = list(each.texts)
        # Otherwise another text would count as a missing one. If the model refuses it, so does its step.
        found["open"] = other[each.position] or missing[each.position]
    found["missing"] = missing[each.position]
    return found


def called(model):
    """The estimator at the end, in the words of the library."""
    while isinstance(model, Pipeline) or hasattr(model, "best_estimator_"):
        model = model.best_estimator_ if hasattr(model, "best_estimator_") else model.steps[-1][1]
    return type(model).__name__
