"""Support vector machines of libsvm."""

import itertools

import numpy

from .multiclass import pair_margins, votes_of_pairs
from .neighbours import inliers
from .outcome import Outcome, both
from .points import kernel_numbers, kernel_sums, points_of
from .unsupported import Unsupported


def sums(graph, model, columns, path, weights, intercepts):
    points = points_of(model.support_vectors_)
    if len(points) == 0:
        raise Unsupported(f"the {type(model).__name__} has no support vectors")
    kernel = kernel_numbers(model.kernel, points.shape[1], model._gamma, model.coef0, model.degree, path)
    return kernel_sums(graph, path, columns, points, kernel, weights, intercepts)


def coefficients(model):
    return points_of(model._dual_coef_)


def regression(graph, model, columns, path):
    found = sums(graph, model, columns, path, coefficients(model), numpy.ravel(model._intercept_))
    return Outcome(found[0], margins=found)


def one_class(graph, model, columns, path):
    """1 for inliers, -1 for outliers; the margin is decision_function."""
    margin = sums(graph, model, columns, path, coefficients(model), numpy.ravel(model._intercept_))
    return inliers(graph, path, margin, inclusive=False)


def pairs(model):
    """For each pair of classes, the weights of the support vectors: those of other classes have the weight 0."""
    coefs = coefficients(model)
    ends = numpy.cumsum(model._n_support)
    places = [slice(end - count, end) for end, count in zip(ends, model._n_support)]
    found = []
    for i, j in itertools.combinations(range(len(model.classes_)), 2):
        weights = numpy.zeros(coefs.shape[1])
        weights[places[i]] = coefs[j - 1, places[i]]
        weights[places[j]] = coefs[i, places[j]]
        found.append(weights)
    return numpy.array(found)


def classifier(graph, model, columns, path):
    """libsvm decides each pair of classes: a sum above 0 is a vote for the first. The class with the most votes is
    predicted, which need not be that with the highest probability."""
    classes = model.classes_
    found = sums(graph, model, columns, path, pairs(model), numpy.ravel(model._intercept_))
    if len(classes) == 2:
        margins = graph.each("negative", path, found)
        label = graph.add("threshold", path, margins, 1, {"values": [0], "inclusive": [1]})[0]
    else:
        first = graph.add("threshold", path, found, len(found), {"values": [0] * len(found)})
        votes = votes_of_pairs(graph, path, first, len(classes))
        label = graph.add("argmax", path, votes, 1)[0]
        margins = found
        if model.decision_function_shape == "ovr":
            margins = pair_margins(graph, path, votes, found, len(classes))
            if model.break_ties:
                label = graph.add("argmax", path, margins, 1)[0]
    probabilities = None
    if model.probability:
        probabilities = coupled(graph, path, model, found)
    return Outcome(label, classes, probabilities, margins)


def coupled(graph, path, model, found):
    """Platt's probabilities of pairs, coupled."""
    numbers = {"multiply": model._probA, "add": model._probB}
    pairs = graph.each("logistic", path, graph.each("negative", path, graph.each("scale", path, found, numbers)))
    shares = graph.add("coupling", path, pairs, len(model.classes_))
    return both(graph, path, shares[1]) if len(shares) == 2 else shares
