"""Steps that compare a row with points: rows of training, support vectors or centres."""

import numpy

from .outcome import numbers_of
from .transformers import linear
from .unsupported import Unsupported

METRICS = {
    "euclidean": 0,
    "l2": 0,
    "manhattan": 1,
    "cityblock": 1,
    "l1": 1,
    "chebyshev": 2,
    "infinity": 2,
    "minkowski": 3,
}
KERNELS = ("linear", "poly", "polynomial", "rbf", "sigmoid", "laplacian", "cosine")


def points_of(points):
    """Points as an array of numbers."""
    points = points.toarray() if hasattr(points, "toarray") else points
    return numpy.asarray(points, dtype=float)


def metric_numbers(name, parameters, path):
    if callable(name) or name not in METRICS:
        called = getattr(name, "__name__", name)
        raise Unsupported(f"the step {path} has the metric {called}; supported are {', '.join(sorted(METRICS))}")
    if parameters.get("w") is not None:
        raise Unsupported(f"the step {path} has weights for its metric")
    found = {"metric": [METRICS[name]]}
    if METRICS[name] == METRICS["minkowski"]:
        found["power"] = [parameters.get("p", 2)]
    return found


def distances(graph, columns, path, points, name="euclidean", expanded=True):
    """The distance to each point."""
    points = points_of(points)
    numbers = {"points": points.ravel(), **metric_numbers(name, {}, path)}
    found = graph.add("distances", path, columns, len(points), numbers)
    graph.steps[-1].expanded = expanded
    return found


def nearest(graph, columns, path, points, name="euclidean"):
    """The position of the nearest point. For Euclidean distances, that is the point with the highest product with the
    row, less half of its own square."""
    points = points_of(points)
    if name in ("euclidean", "l2"):
        nearness = linear(graph, path, columns, points, -0.5 * (points * points).sum(axis=1))
    else:
        nearness = graph.each("negative", path, distances(graph, columns, path, points, name))
    return graph.add("argmax", path, nearness, 1)[0]


def weighted_neighbours(graph, model, columns, path, values, limits):
    """The means of values of the nearest points, and then that of the reach, if `limits` has one."""
    numbers_of(graph, columns, path)
    weights = getattr(model, "weights", "uniform") or "uniform"
    if weights not in ("uniform", "distance"):
        raise Unsupported(f"the step {path} has weights of its own; supported are uniform and distance")
    points = points_of(model._fit_X)
    metric = metric_numbers(model.effective_metric_, model.effective_metric_params_, path)
    for column, values_of_column in zip(columns, points.T):
        if column.feature is not None:
            column.feature.hint(spread(values_of_column))
    for row in points[:: max(1, len(points) // 5)]:
        graph.example(columns, row)
    numbers = {
        "points": points.ravel(),
        "values": numpy.asarray(values, dtype=float).ravel(),
        "weighted": [1 if weights == "distance" else 0],
        **metric,
        **limits,
    }
    count = len(values) + (1 if "reach" in limits else 0)
    found = graph.add("neighbours", path, columns, count, numbers, missing="otherwise" in limits)
    graph.steps[-1].expanded = model._fit_method == "brute"
    return found


def spread(values):
    """Some values over the range of a column, and two of them that are rows of training."""
    low, high = float(values.min()), float(values.max())
    return [*numpy.linspace(low, high, 9)[1:-1], float(values[0]), float(values[len(values) // 2])]


# Kernels.


def kernel_numbers(name, columns, gamma=None, coef0=None, degree=None, path=""):
    """The parameters of a step for a kernel of scikit-learn with its defaults."""
    if callable(name) or name not in KERNELS:
        called = getattr(name, "__name__", name)
        raise Unsupported(f"the step {path} has the kernel {called}; supported are {', '.join(KERNELS)}")
    gamma = 1.0 / columns if gamma is None else float(gamma)
    coef0 = 1.0 if coef0 is None else float(coef0)
    degree = 3 if degree is None else degree
    factor, parameters = {
        "linear": (0, [1, 0, 1]),
        "poly": (0, [gamma, coef0, degree]),
        "polynomial": (0, [gamma, coef0, degree]),
        "rbf": (1, [gamma, 0, 0]),
        "sigmoid": (2, [gamma, coef0, 0]),
        "laplacian": (3, [gamma, 0, 0]),
        "cosine": (7, [0, 0, 0]),
    }[name]
    return {"factors": [factor], "parameters": parameters}


def kernel_sums(graph, path, columns, points, kernel, weights, intercepts, expanded=False, slack=1.0):
    """Sums of the kernels of the points, times weights."""
    numbers_of(graph, columns, path)
    points = points_of(points)
    for column, values in zip(columns, points.T):
        if column.feature is not None:
            column.feature.hint(spread(values))
    numbers = {"points": points.ravel(), "weights": numpy.ravel(weights), "intercepts": intercepts, **kernel}
    found = graph.add("kernel", path, columns, len(intercepts), numbers)
    graph.steps[-1].expanded, graph.steps[-1].slack = expanded, slack
    return found
