"""Classifiers of several classes from classifiers of two."""

import itertools

import numpy

from .outcome import Outcome, both, estimated
from .points import nearest
from .targets import target_of
from .transformers import linear
from .unsupported import Unsupported


def one_vs_rest(graph, model, columns, path):
    """One classifier for each class. The class with the highest margin, or else probability, is predicted."""
    if model.multilabel_:
        return one_label(graph, model, columns, path)
    parts = [estimated(graph, each, columns, f"{path}/{i}") for i, each in enumerate(model.estimators_)]
    by_margin = hasattr(model.estimators_[0], "decision_function")
    probabilities = None
    if all(part.probabilities is not None for part in parts):
        positive = [part.probabilities[1] for part in parts]
        probabilities = both(graph, path, positive[0]) if len(parts) == 1 else graph.each("share", path, positive)
    margins = [part.margins[0] for part in parts] if by_margin else []
    given = margins if by_margin else [part.probabilities[1] for part in parts]
    if len(parts) == 1:
        label = graph.add("threshold", path, given, 1, {"values": [0.0 if by_margin else 0.5]})[0]
    else:
        label = graph.add("argmax", path, given, 1)[0]
    return Outcome(label, model.classes_, probabilities, margins)


def one_label(graph, model, columns, path):
    """The classifier of one of several labels, each of which is a target."""
    target = target_of(graph, model, len(model.estimators_))
    inner = estimated(graph, model.estimators_[target], columns, f"{path}/{target}")
    by_margin = hasattr(model.estimators_[target], "decision_function")
    given = inner.margins[0] if by_margin else inner.probabilities[1]
    label = graph.add("threshold", path, [given], 1, {"values": [0.0 if by_margin else 0.5]})[0]
    return Outcome(label, [0, 1], inner.probabilities, inner.margins)


def constant(graph, model, columns, path):
    """A classifier that has seen one of the two classes only."""
    positive = graph.add("constant", path, [], 1, {"values": numpy.ravel(model.y_)[:1]})[0]
    return Outcome(positive, [0, 1], both(graph, path, positive), [positive])


def signs_of_pairs(classes, first, second):
    """For each class, a row with a number for each pair: `first` where it is the first one, `second` for the second."""
    pairs = list(itertools.combinations(range(classes), 2))
    return [[first if i == each else second if j == each else 0.0 for i, j in pairs] for each in range(classes)]


def votes_of_pairs(graph, path, first, classes):
    """The votes of each class from columns that are 1 where the first class of a pair has won."""
    intercepts = [float(i) for i in range(classes)]  # Each class is the second one in as many pairs as its position.
    found = linear(graph, path, first, signs_of_pairs(classes, 1.0, -1.0), intercepts)
    return graph.each("rint", path, found)


def pair_margins(graph, path, votes, confidences, classes):
    """The votes, and for the order among classes of equal votes a part of the confidences: s / 3(|s| + 1), where s is
    the sum of the confidences in a class."""
    totals = linear(graph, path, confidences, signs_of_pairs(classes, 1.0, -1.0), [0.0] * classes)
    numbers = {"multiply": [3.0] * classes, "add": [3.0] * classes}
    shares = graph.each("reciprocal", path, graph.each("scale", path, graph.each("absolute", path, totals), numbers))
    numbers = {"left": range(classes), "right": range(classes, 2 * classes)}
    parts = graph.add("product", path, [*totals, *shares], classes, numbers)
    weights = numpy.hstack([numpy.eye(classes), numpy.eye(classes)])
    return linear(graph, path, [*votes, *parts], weights, [0.0] * classes)


def confidence(outcome, estimator):
    """The margin of a classifier of two classes, or else the probability of the second."""
    if hasattr(estimator, "decision_function"):
        return outcome.margins[0]
    if outcome.classes is None or outcome.probabilities is None:
        name = type(estimator).__name__
        raise Unsupported(f"a part of the model is a {name}; supported are classifiers with probabilities or margins")
    return outcome.probabilities[1]


def one_vs_one(graph, model, columns, path):
    """A classifier for each pair of classes."""
    if model.pairwise_indices_ is not None:
        raise Unsupported("the OneVsOneClassifier has estimators of a precomputed kernel")
    parts = [estimated(graph, each, columns, f"{path}/{i}") for i, each in enumerate(model.estimators_)]
    given = [confidence(part, each) for part, each in zip(parts, model.estimators_)]
    classes = len(model.classes_)
    first = inverted(graph, path, [part.label for part in parts])
    votes = votes_of_pairs(graph, path, first, classes)
    margins = pair_margins(graph, path, votes, graph.each("negative", path, given), classes)
    if classes > 2:
        return Outcome(graph.add("argmax", path, margins, 1)[0], model.classes_, None, margins)
    threshold = 0.0 if hasattr(model.estimators_[0], "decision_function") else 0.5
    label = graph.add("threshold", path, margins[1:], 1, {"values": [threshold]})[0]
    return Outcome(label, model.classes_, None, margins[1:])


def inverted(graph, path, columns):
    """1 less each column."""
    count = len(columns)
    return graph.each("scale", path, columns, {"multiply": [-1.0] * count, "add": [1.0] * count})


def output_code(graph, model, columns, path):
    """A classifier for each bit of a code: the class whose code is the nearest is predicted."""
    parts = [estimated(graph, each, columns, f"{path}/{i}") for i, each in enumerate(model.estimators_)]
    given = [confidence(part, each) for part, each in zip(parts, model.estimators_)]
    return Outcome(nearest(graph, given, path, model.code_book_), model.classes_)
