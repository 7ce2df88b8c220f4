"""Neural networks."""

from .outcome import Outcome, both, numbers_of, softmax_probabilities
from .transformers import linear
from .unsupported import Unsupported


def network(graph, model, columns, path):
    numbers_of(graph, columns, path)
    for weights, intercepts in zip(model.coefs_[:-1], model.intercepts_[:-1]):
        columns = activated(graph, model.activation, linear(graph, path, columns, weights.T, intercepts), path)
    margins = linear(graph, path, columns, model.coefs_[-1].T, model.intercepts_[-1])
    if not hasattr(model, "classes_"):
        if len(margins) != 1:
            raise Unsupported(f"the MLPRegressor predicts {len(margins)} outputs; supported is one")
        return Outcome(margins[0], margins=margins)
    if model.out_activation_ == "softmax":
        probabilities = softmax_probabilities(graph, path, margins)
        return Outcome(graph.add("argmax", path, probabilities, 1)[0], model.classes_, probabilities)
    if len(model.classes_) != 2 or len(margins) != 1:
        raise Unsupported("the MLPClassifier predicts several labels at a time; supported is one class")
    positive = graph.each("logistic", path, margins)[0]
    label = graph.add("threshold", path, [positive], 1, {"values": [0.5]})[0]
    return Outcome(label, model.classes_, both(graph, path, positive))


def activated(graph, activation, columns, path):
    if activation == "relu":
        return graph.each("scale", path, columns, {"low": [0.0] * len(columns)})
    return columns if activation == "identity" else graph.each(activation, path, columns)
