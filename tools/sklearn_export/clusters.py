"""Clusters and outliers: the prediction is the number of the cluster, or 1 for inliers and -1 for outliers."""

import numpy

from .neighbours import inliers
from .outcome import Outcome, numbers_of
from .points import nearest
from .transformers import linear
from .unsupported import Unsupported


def nearest_centre(graph, model, columns, path):
    if len(model.cluster_centers_) == 0:
        raise Unsupported(f"the {type(model).__name__} has no clusters")
    numbers_of(graph, columns, path)
    return Outcome(nearest(graph, columns, path, model.cluster_centers_))


def birch(graph, model, columns, path):
    """Subclusters have the number of their cluster."""
    numbers_of(graph, columns, path)
    position = nearest(graph, columns, path, model.subcluster_centers_)
    numbers = {"keys": range(len(model.subcluster_labels_)), "values": model.subcluster_labels_}
    return Outcome(graph.add("lookup", path, [position], 1, numbers)[0])


def bisecting(graph, model, columns, path):
    """Each inner node of the tree sends a row to the nearer one of its two centres. A cluster has a point for each
    decision on its path; only the cluster of the row has as many as its path is long."""
    numbers_of(graph, columns, path)
    mean = getattr(model, "_X_mean", 0.0)
    decisions, leaves = [], {}

    def visit(node, way):
        if node.left is None:
            leaves[int(node.label)] = way
            return
        centres = numpy.vstack([node.left.center, node.right.center]) + mean
        place = len(decisions)
        decisions.append(nearest(graph, columns, path, centres))
        visit(node.left, [*way, (place, -1.0)])
        visit(node.right, [*way, (place, 1.0)])

    visit(model._bisecting_tree, [])
    if not decisions:
        return Outcome(graph.add("constant", path, [], 1, {"values": [0]})[0])
    weights, intercepts = numpy.zeros((len(leaves), len(decisions))), []
    for label in range(len(leaves)):
        for place, sign in leaves[label]:
            weights[label, place] = sign
        intercepts.append(-float(sum(sign > 0 for _, sign in leaves[label])))
    hits = graph.each("rint", path, linear(graph, path, decisions, weights, intercepts))
    return Outcome(graph.add("argmax", path, hits, 1)[0])


def one_class_by_gradient(graph, model, columns, path):
    margin = linear(graph, path, columns, numpy.atleast_2d(model.coef_), -numpy.ravel(model.offset_))
    return inliers(graph, path, margin, inclusive=True)


def elliptic_envelope(graph, model, columns, path):
    """The squared distance of Mahalanobis, and the offset."""
    numbers_of(graph, columns, path)
    centred = graph.each("scale", path, columns, {"subtract": model.location_})
    moved = linear(graph, path, centred, model.get_precision(), [0.0] * len(centred))
    count = len(centred)
    numbers = {"left": range(count), "right": range(count, 2 * count)}
    products = graph.add("product", path, [*centred, *moved], count, numbers)
    margin = linear(graph, path, products, [[-1.0] * count], [-float(model.offset_)])
    return inliers(graph, path, margin, inclusive=True)
