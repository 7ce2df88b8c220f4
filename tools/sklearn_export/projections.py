"""Transformers that compute other columns from several: projections, kernels and distances."""

import numpy

from .forest import Forest, covers_of, leaves_of
from .points import distances, kernel_numbers, kernel_sums, points_of
from .transformers import linear, scaled
from .unsupported import Unsupported


def projected(graph, columns, path, components, mean=None, scale=None):
    """Columns less their means, times components, which have a row for each new column."""
    components = points_of(components)
    if mean is not None or scale is not None:
        columns = scaled(graph, path, columns, () if mean is None else (mean,), subtract=mean, divide=scale)
    return linear(graph, path, columns, components, [0.0] * len(components))


def discriminant_scores(graph, step, columns, path):
    mean = step.xbar_ if step.solver == "svd" else None
    graph.finite(path, columns)
    return projected(graph, columns, path, step.scalings_.T[: step._max_components], mean)


def independent(graph, step, columns, path):
    graph.finite(path, columns)
    return projected(graph, columns, path, step.components_, step.mean_ if step.whiten else None)


def random_projection(graph, step, columns, path):
    return projected(graph, columns, path, step.components_)


def factor_analysis(graph, step, columns, path):
    graph.finite(path, columns)
    weights = step.components_ / step.noise_variance_
    covariance = numpy.linalg.inv(numpy.eye(len(weights)) + weights @ step.components_.T)
    return projected(graph, projected(graph, columns, path, weights, step.mean_), path, covariance.T)


def sparse_components(graph, step, columns, path):
    """The ridge regression of a row on the components."""
    graph.finite(path, columns)
    components = step.components_
    inverse = numpy.linalg.solve(components @ components.T + step.ridge_alpha * numpy.eye(len(components)), components)
    return projected(graph, columns, path, inverse, step.mean_)


def hidden_units(graph, step, columns, path):
    found = linear(graph, path, columns, step.components_, step.intercept_hidden_)
    return graph.each("logistic", path, found)


def agglomeration(graph, step, columns, path):
    if step.pooling_func is not numpy.mean:
        raise Unsupported(f"the step {path} has a pooling_func of its own; supported is numpy.mean")
    count = int(step.labels_.max()) + 1
    members = (step.labels_[None, :] == numpy.arange(count)[:, None]).astype(float)
    sums = linear(graph, path, columns, members, [0.0] * count)
    return scaled(graph, path, sums, divide=members.sum(axis=1))


def fourier(graph, step, columns, path):
    found = linear(graph, path, columns, step.random_weights_.T, step.random_offset_)
    factor = (2.0 / step.n_components) ** 0.5
    return scaled(graph, path, graph.each("cos", path, found), multiply=[factor] * len(found))


def skewed_fourier(graph, step, columns, path):
    graph.finite(path, columns)
    for column in columns:
        if column.feature is not None:
            column.feature.hint([0.25, 0.5, 1.0, 2.5])
    logarithms = graph.each("log", path, scaled(graph, path, columns, add=[step.skewedness] * len(columns)), missing=True)
    return fourier(graph, step, logarithms, path)


def landmarks(graph, step, columns, path):
    """Nystroem's approximation: the kernels of some rows of training, normalised."""
    points = points_of(step.components_)
    parameters = {**(step.kernel_params or {})}
    for name in ("gamma", "coef0", "degree"):
        if getattr(step, name) is not None:
            parameters[name] = getattr(step, name)
    if step.kernel_params and set(parameters) - {"gamma", "coef0", "degree"}:
        raise Unsupported(f"the step {path} has the kernel_params {step.kernel_params}")
    kernel = kernel_numbers(step.kernel, points.shape[1], path=path, **parameters)
    weights = step.normalization_
    return kernel_sums(graph, path, columns, points, kernel, weights, [0.0] * len(weights), step.kernel == "rbf")


def kernel_components(graph, step, columns, path):
    """The kernels of the rows of training, centred, times the eigenvectors: the centring goes into the weights."""
    points = points_of(step.X_fit_)
    gamma = getattr(step, "gamma_", step.gamma)
    kernel = kernel_numbers(step.kernel, points.shape[1], gamma, step.coef0, step.degree, path)
    used = numpy.flatnonzero(step.eigenvalues_)
    weights = numpy.zeros_like(step.eigenvectors_)
    weights[:, used] = step.eigenvectors_[:, used] / numpy.sqrt(step.eigenvalues_[used])
    centre = step._centerer
    intercepts = (centre.K_fit_all_ - centre.K_fit_rows_) @ weights
    weights = weights - weights.sum(axis=0) / len(weights)
    found = kernel_sums(graph, path, columns, points, kernel, weights.T, intercepts, step.kernel == "rbf")
    graph.steps[-1].slack = 4.0
    return found


def cluster_distances(graph, step, columns, path):
    return centre_distances(graph, columns, path, step.cluster_centers_)


def subcluster_distances(graph, step, columns, path):
    return centre_distances(graph, columns, path, step.subcluster_centers_)


def centre_distances(graph, columns, path, centres):
    for column in columns:
        column.require_number(path)
    graph.finite(path, columns)
    return distances(graph, columns, path, centres)


def leaves_one_hot(graph, step, columns, path):
    """A column for each leaf of each tree."""
    for column in columns:
        column.require_number(path)
    graph.finite(path, columns)
    found = []
    for each, categories in zip(step.estimators_, step.one_hot_encoder_.categories_):
        forest = Forest(1, [0.0], [None] * len(columns))
        forest.add(0, leaves_of(each, range(each.tree_.node_count)), covers_of(each))
        document = {"precision": "float32", "link": "mean", **forest.document()}

        def evaluate(x, each=each):
            leaves = each.apply(x)[:, None].astype(float)
            return leaves, numpy.zeros(leaves.shape)

        leaf = graph.add("forest", path, columns, 1, forest=document, evaluate=evaluate)
        count = len(categories)
        numbers = {"keys": categories, "columns": range(count), "unknown": [-1]}
        found += graph.add("one-hot", path, leaf, count, numbers)
    return found


def additive_fourier(graph, step, columns, path):
    """The approximation of the additive chi-squared kernel; where a value is 0, all of its columns are 0."""
    interval = getattr(step, "_sample_interval", step.sample_interval)
    interval = {1: 0.8, 2: 0.5, 3: 0.4}[step.sample_steps] if interval is None else interval
    count = len(columns)
    graph.finite(path, columns)
    for column in columns:
        if column.feature is not None:
            column.feature.hint([0.0, 0.25, 0.5, 1.0, 2.5])
    roots = graph.each("sqrt", path, scaled(graph, path, columns, multiply=[interval] * count), missing=True)
    graph.finite(path, roots)  # Fails for a value below 0.
    found = list(roots)
    logarithms = scaled(graph, path, graph.each("log", path, columns), multiply=[interval] * count)
    sizes = scaled(graph, path, columns, multiply=[2.0 * interval] * count)
    for i in range(1, step.sample_steps):
        factors = graph.each("sqrt", path, scaled(graph, path, sizes, divide=[numpy.cosh(numpy.pi * i * interval)] * count))
        angles = scaled(graph, path, logarithms, multiply=[float(i)] * count)
        for function in ("cos", "sin"):
            numbers = {"left": range(count), "right": range(count, 2 * count)}
            products = graph.add("product", path, [*factors, *graph.each(function, path, angles)], count, numbers)
            found += graph.each("impute", path, products, {"values": [0.0] * count}, missing=False)
    return found
