"""Mixtures of normal distributions: the classes are the numbers of the components."""

import numpy

from .outcome import Outcome, numbers_of, softmax_probabilities
from .transformers import linear


def mixture(graph, model, columns, path):
    numbers_of(graph, columns, path)
    densities = log_densities(graph, model, columns, path)
    if len(densities) == 1:
        return Outcome(graph.add("argmax", path, densities, 1)[0])
    probabilities = softmax_probabilities(graph, path, densities)
    return Outcome(graph.add("argmax", path, densities, 1)[0], numpy.arange(len(densities)), probabilities)


def log_densities(graph, model, columns, path):
    """The logarithms of the weighted densities of the components: half of the negative squared distance, and a
    constant."""
    count, kind = len(model.means_), model.covariance_type
    constants = numpy.array([float(constant_of(model, i)) for i in range(count)])
    if kind in ("diag", "spherical"):
        precisions = numpy.asarray(model.precisions_cholesky_, dtype=float) ** 2
        precisions = numpy.broadcast_to(precisions.reshape(count, -1), model.means_.shape)
        weights = numpy.hstack([model.means_ * precisions, -0.5 * precisions])
        constants = constants - 0.5 * (model.means_**2 * precisions).sum(axis=1)
        return linear(graph, path, [*columns, *graph.each("square", path, columns)], weights, constants)
    found = []
    for i in range(count):
        axes = model.precisions_cholesky_[i] if kind == "full" else model.precisions_cholesky_
        parts = linear(graph, path, columns, axes.T, -(model.means_[i] @ axes))
        squares = graph.each("square", path, parts)
        found += linear(graph, path, squares, [[-0.5] * len(squares)], [constants[i]])
    return found


def constant_of(model, component):
    """The logarithm of the weighted density of a component at its own mean, without the rounding of the distance."""
    from scipy.special import digamma  # scikit-learn needs SciPy itself.
    from sklearn.mixture._gaussian_mixture import _compute_log_det_cholesky

    columns = model.means_.shape[1]
    determinants = _compute_log_det_cholesky(model.precisions_cholesky_, model.covariance_type, columns)
    found = -0.5 * columns * numpy.log(2 * numpy.pi) + numpy.ravel(determinants)[component if numpy.size(determinants) > 1 else 0]
    if hasattr(model, "degrees_of_freedom_"):
        freedom = model.degrees_of_freedom_[component]
        found -= 0.5 * columns * numpy.log(freedom)
        spread = columns * numpy.log(2.0) + digamma(0.5 * (freedom - numpy.arange(columns))).sum()
        found += 0.5 * (spread - columns / model.mean_precision_[component])
    return found + model._estimate_log_weights()[component]
