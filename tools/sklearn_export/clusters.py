"""Clusters: the prediction is the number of the cluster."""

import numpy

from .outcome import Outcome, numbers_of
from .transformers import linear


def k_means(graph, model, columns, path):
    """The number of the nearest centre: of the highest product with the row, less half of the centre's own square."""
    numbers_of(graph, columns, path)
    centres = numpy.asarray(model.cluster_centers_, dtype=float)
    nearness = linear(graph, path, columns, centres, -0.5 * (centres * centres).sum(axis=1))
    return Outcome(graph.add("argmax", path, nearness, 1)[0])
