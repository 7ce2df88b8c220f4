"""Neural networks."""

from .outcome import Outcome, both, numbers_of, softmax_probabilities
from .targets import target_of
from .transformers import linear


def network(graph, model, columns, path):
    numbers_of(graph, columns, path)
    for weights, intercepts in zip(model.coefs_[:-1], model.intercepts_[:-1]):
        columns = activated(graph, model.activation, linear(graph, path, columns, weights.T, intercepts), path)
    margins = linear(graph, path, columns, model.coefs_[-1].T, model.intercepts_[-1])
    if not hasattr(model, "classes_"):
        margin = margins[target_of(graph, model, len(margins)) if len(margins) > 1 else 0]
        return Outcome(margin, margins=[margin])
    if model.out_activation_ == "softmax":
        probabilities = softmax_probabilities(graph, path, margins)
        return Outcome(graph.add("argmax", path, probabilities, 1)[0], model.classes_, probabilities)
    is_multilabel = model._label_binarizer.y_type_.startswith("multilabel")
    target = target_of(graph, model, len(margins)) if is_multilabel else 0
    positive = graph.each("logistic", path, margins)[target]
    label = graph.add("threshold", path, [positive], 1, {"values": [0.5]})[0]
    return Outcome(label, [0, 1] if is_multilabel else model.classes_, both(graph, path, positive))


def activated(graph, activation, columns, path):
    if activation == "relu":
        return graph.each("scale", path, columns, {"low": [0.0] * len(columns)})
    return columns if activation == "identity" else graph.each(activation, path, columns)
