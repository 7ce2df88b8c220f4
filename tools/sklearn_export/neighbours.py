"""Estimators that compare a row with those of training, or with a centre of each class."""

import numpy

from .outcome import Outcome, numbers_of
from .points import kernel_numbers, kernel_sums, nearest, points_of, weighted_neighbours
from .targets import column_of
from .unsupported import Unsupported


def classes_as_values(labels, classes):
    """For each class, 1 for its points and 0 for others."""
    return (numpy.ravel(labels)[None, :] == numpy.arange(len(classes))[:, None]).astype(float)


def labels_of(graph, model):
    """The classes of the target, and the position of that of each row of training."""
    labels = column_of(graph, model, model._y)
    return model.classes_[graph.chosen] if isinstance(model.classes_, list) else model.classes_, labels


def neighbours_classifier(graph, model, columns, path):
    classes, labels = labels_of(graph, model)
    values = classes_as_values(labels, classes)
    found = weighted_neighbours(graph, model, columns, path, values, {"neighbours": [model.n_neighbors]})
    return Outcome(graph.add("argmax", path, found, 1)[0], classes, found)


def neighbours_regressor(graph, model, columns, path):
    values = [column_of(graph, model, model._y)]
    found = weighted_neighbours(graph, model, columns, path, values, {"neighbours": [model.n_neighbors]})
    return Outcome(found[0])


def radius_classifier(graph, model, columns, path):
    """A row without neighbours has the class outlier_label; without one, it fails."""
    classes, labels = labels_of(graph, model)
    limits = {"radius": [model.radius]}
    if model.outlier_label_ is not None:
        label = model.outlier_label_[graph.chosen or 0]
        if label not in list(classes):
            raise Unsupported(f"the step {path} has the outlier_label {label!r}, which is none of its classes")
        limits["otherwise"] = [float(each == label) for each in classes]
    values = classes_as_values(labels, classes)
    found = weighted_neighbours(graph, model, columns, path, values, limits)
    return Outcome(graph.add("argmax", path, found, 1)[0], classes, found)


def radius_regressor(graph, model, columns, path):
    limits = {"radius": [model.radius], "otherwise": [numpy.nan]}
    return Outcome(weighted_neighbours(graph, model, columns, path, [column_of(graph, model, model._y)], limits)[0])


def nearest_centroid(graph, model, columns, path):
    if callable(model.metric):
        raise Unsupported("the NearestCentroid has a metric of its own")
    numbers_of(graph, columns, path)
    label = nearest(graph, columns, path, model.centroids_, model.metric)
    return Outcome(label, model.classes_)


def local_outliers(graph, model, columns, path):
    """1 for inliers, -1 for outliers; the margin is decision_function."""
    if not model.novelty:
        raise Unsupported("the LocalOutlierFactor has no answer for other rows than those of training (novelty=False)")
    limits = {"neighbours": [model.n_neighbors_], "reach": model._distances_fit_X_[:, model.n_neighbors_ - 1]}
    density, reach = weighted_neighbours(graph, model, columns, path, [model._lrd], limits)
    reach = graph.each("scale", path, [reach], {"add": [1e-10]})[0]
    factor = graph.add("product", path, [density, reach], 1, {"left": [0], "right": [1]})
    margin = graph.each("scale", path, graph.each("negative", path, factor), {"subtract": [model.offset_]})
    return inliers(graph, path, margin, inclusive=True)


def inliers(graph, path, margin, inclusive):
    """1 where a margin is above 0, otherwise -1."""
    inlier = graph.add("threshold", path, margin, 1, {"values": [0], "inclusive": [1 if inclusive else 0]})
    label = graph.each("scale", path, inlier, {"multiply": [2.0], "add": [-1.0]})[0]
    return Outcome(label, margins=margin)


def label_propagation(graph, model, columns, path):
    """The shares of labels among the rows of training, weighted by a kernel, or among the nearest of them."""
    numbers_of(graph, columns, path)
    shares = numpy.asarray(model.label_distributions_, dtype=float).T
    points = points_of(model.X_)
    if callable(model.kernel):
        raise Unsupported(f"the {type(model).__name__} has a kernel of its own; supported are rbf and knn")
    if model.kernel == "knn":
        limits = {"neighbours": [model.n_neighbors]}
        found = weighted_neighbours(graph, model.nn_fit, columns, path, shares, limits)
    else:
        kernel = kernel_numbers("rbf", points.shape[1], gamma=model.gamma)
        found = kernel_sums(graph, path, columns, points, kernel, shares, [0.0] * len(shares), expanded=True)
    found = graph.each("share", path, found, {"empty": [numpy.nan]})  # A row far from all others has no share of any.
    return Outcome(graph.add("argmax", path, found, 1)[0], model.classes_, found)
