"""Models that predict several targets. An exported model has one prediction, so each target has a file of its own."""

import numpy

from .outcome import estimated
from .unsupported import Unsupported


def target_of(graph, model, count):
    """The position of the target to export."""
    name = type(model).__name__
    if graph.target is None and count > 1:
        raise Unsupported(
            f"the {name} predicts {count} targets, and an exported model has one prediction: export each target to a file of"
            f" its own, with --target 0 to --target {count - 1}"
        )
    chosen = graph.target or 0
    if not 0 <= chosen < count:
        raise Unsupported(f"the {name} has no target {chosen}: it predicts {count}")
    graph.chosen = chosen
    return chosen


def column_of(graph, model, array):
    """The column of an array that belongs to the target; the array itself if it has one dimension."""
    array = array.toarray() if hasattr(array, "toarray") else numpy.asarray(array)
    return array if array.ndim == 1 else array[:, target_of(graph, model, array.shape[1])]


class OneTarget:
    """A fitted model that predicts several targets, as if it predicted one of them."""

    def __init__(self, model, target, classes):
        self.model, self.target = model, target
        if classes is not None:
            self.classes_ = numpy.asarray(classes)
        for name in ("predict_proba", "decision_function"):
            if classes is not None and hasattr(model, name):
                setattr(self, name, getattr(self, f"own_{name}"))

    def predict(self, given):
        found = self.model.predict(given)
        found = found.toarray() if hasattr(found, "toarray") else numpy.asarray(found)
        return found if found.ndim == 1 else found[:, self.target]

    def own_predict_proba(self, given):
        found = self.model.predict_proba(given)
        if isinstance(found, list):
            return found[self.target]
        return numpy.array([1 - found[:, self.target], found[:, self.target]]).T

    def own_decision_function(self, given):
        return self.model.decision_function(given)[:, self.target]


def multi_output(graph, model, columns, path):
    """An estimator for each target."""
    target = target_of(graph, model, len(model.estimators_))
    return estimated(graph, model.estimators_[target], columns, f"{path}/{target}")


def chain(graph, model, columns, path):
    """Each estimator reads the predictions of those before it."""
    target = target_of(graph, model, len(model.estimators_))
    method = getattr(model, "chain_method_", "predict")
    if method != "predict":
        raise Unsupported(f"the {type(model).__name__} passes on what {method} gives (chain_method); supported is predict")
    given = list(columns)
    for position, each in enumerate(model.estimators_):
        outcome = estimated(graph, each, given, f"{path}/{position}")
        if model.order_[position] == target:
            return outcome
        given.append(value_of(graph, outcome, path))
    raise Unsupported(f"the {type(model).__name__} has no estimator for its target {target}")


def value_of(graph, outcome, path):
    """The predicted value, also of a classifier: its classes are numbers."""
    if outcome.classes is None:
        return outcome.label
    classes = [float(each) for each in outcome.classes]
    return graph.add("lookup", path, [outcome.label], 1, {"keys": range(len(classes)), "values": classes})[0]
