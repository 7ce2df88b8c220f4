"""Ensembles of other estimators."""

import numpy

from .forest import samme
from .outcome import Outcome, estimated, label_of_margins, numbers_of, softmax_probabilities
from .transformers import linear
from .unsupported import Unsupported


def mean(graph, path, columns, weights):
    """The weighted mean of columns."""
    weights = numpy.asarray(weights, dtype=float)
    return linear(graph, path, columns, weights / weights.sum(), [0.0])[0]


def mean_probabilities(graph, path, outcomes, weights, classes):
    return [
        mean(graph, path, [outcome.probabilities[i] for outcome in outcomes], weights) for i in range(len(classes))
    ]


def voting_classifier(graph, model, columns, path):
    outcomes = [
        estimated(graph, each, columns, f"{path}/{name}") for each, name in zip(model.estimators_, names_of(model))
    ]
    weights = [1.0] * len(outcomes) if model._weights_not_none is None else model._weights_not_none
    classes = model.classes_
    if model.voting == "soft":
        if any(outcome.probabilities is None for outcome in outcomes):
            raise Unsupported(f"the {type(model).__name__} has an estimator without probabilities")
        found = mean_probabilities(graph, path, outcomes, weights, classes)
        return Outcome(graph.add("argmax", path, found, 1)[0], classes, found)
    votes = graph.add("vote", path, [outcome.label for outcome in outcomes], len(classes), {"weights": weights})
    return Outcome(graph.add("argmax", path, votes, 1)[0], classes)


def names_of(model):
    return [name for name, each in model.estimators if not (isinstance(each, str) and each == "drop")]


def voting_regressor(graph, model, columns, path):
    outcomes = [
        estimated(graph, each, columns, f"{path}/{name}") for each, name in zip(model.estimators_, names_of(model))
    ]
    weights = [1.0] * len(outcomes) if model._weights_not_none is None else model._weights_not_none
    return Outcome(mean(graph, path, [outcome.label for outcome in outcomes], weights))


def voting_columns(graph, model, columns, path):
    """What each estimator of a vote gives, for a step before another estimator."""
    outcomes = [
        estimated(graph, each, columns, f"{path}/{name}") for each, name in zip(model.estimators_, names_of(model))
    ]
    if getattr(model, "voting", "hard") == "hard":  # A regressor, too, gives its predictions.
        return [outcome.label for outcome in outcomes]
    if not model.flatten_transform or any(outcome.probabilities is None for outcome in outcomes):
        raise Unsupported(f"the step {path} gives no columns (flatten_transform)")
    return [column for outcome in outcomes for column in outcome.probabilities]


def stacking_columns(graph, model, columns, path):
    found = []
    for each, name, method in zip(model.estimators_, names_of(model), model.stack_method_):
        outcome = estimated(graph, each, columns, f"{path}/{name}")
        if method == "predict_proba":
            found += outcome.probabilities[1:] if len(outcome.classes) == 2 else outcome.probabilities
        elif method == "decision_function":
            found += outcome.margins
        elif outcome.classes is None:
            found.append(outcome.label)
        else:
            raise Unsupported(f"the {type(model).__name__} stacks predicted classes (stack_method)")
    if model.passthrough:
        found += columns
    return found


def stacking(graph, model, columns, path):
    found = stacking_columns(graph, model, columns, path)
    final = estimated(graph, model.final_estimator_, found, f"{path}/final_estimator")
    if final.classes is not None:
        final.classes = model.classes_
    return final


def bagging(graph, model, columns, path):
    outcomes = []
    for i, (each, features) in enumerate(zip(model.estimators_, model.estimators_features_)):
        outcomes.append(estimated(graph, each, [columns[feature] for feature in features], f"{path}/{i}"))
    weights = [1.0] * len(outcomes)
    if not hasattr(model, "classes_"):
        return Outcome(mean(graph, path, [outcome.label for outcome in outcomes], weights))
    if any(len(outcome.classes) != len(model.classes_) for outcome in outcomes):
        raise Unsupported(f"the {type(model).__name__} has a part that does not know all classes")
    if outcomes[0].probabilities is None:
        raise Unsupported(f"the {type(model).__name__} has estimators without probabilities")
    found = mean_probabilities(graph, path, outcomes, weights, model.classes_)
    return Outcome(graph.add("argmax", path, found, 1)[0], model.classes_, found)


def adaboost_classifier(graph, model, columns, path):
    numbers_of(graph, columns, path)
    classes = model.classes_
    forest, evaluate = samme(model)
    count = len(classes)
    sums_of = graph.add("forest", path, columns, (2 if count == 2 else 1 + count) + count, forest=forest, evaluate=evaluate)
    margins = graph.each("scale", path, sums_of[-count:], {"divide": [model.estimator_weights_.sum()] * count})
    if count == 2:
        margins = linear(graph, path, margins, [[-1.0, 1.0]], [0.0])
        half = graph.each("scale", path, margins, {"divide": [2.0]})
        probabilities = softmax_probabilities(graph, path, [*graph.each("negative", path, half), *half])
    else:
        scores = graph.each("scale", path, margins, {"divide": [count - 1.0] * count})
        probabilities = softmax_probabilities(graph, path, scores)
    return Outcome(label_of_margins(graph, path, margins), classes, probabilities, margins)


def adaboost_regressor(graph, model, columns, path):
    found = [
        estimated(graph, each, columns, f"{path}/{i}").label for i, each in enumerate(model.estimators_)
    ]
    weights = model.estimator_weights_[: len(found)]
    return Outcome(graph.add("weighted-median", path, found, 1, {"weights": weights})[0])
