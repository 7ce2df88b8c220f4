"""Naive Bayes."""

import numpy
from sklearn.preprocessing import Binarizer

from .outcome import Outcome, numbers_of, softmax_probabilities
from .sparse import binarizer, is_sparse
from .transformers import linear


def of_likelihoods(graph, model, path, likelihoods):
    label = graph.add("argmax", path, likelihoods, 1)[0]
    return Outcome(label, model.classes_, softmax_probabilities(graph, path, likelihoods))


def gaussian_bayes(graph, model, columns, path):
    numbers_of(graph, columns, path)
    intercepts = numpy.log(model.class_prior_) - 0.5 * numpy.sum(numpy.log(2.0 * numpy.pi * model.var_), axis=1)
    numbers = {"means": model.theta_.ravel(), "variances": model.var_.ravel(), "intercepts": intercepts}
    return of_likelihoods(graph, model, path, graph.add("gaussian", path, columns, len(intercepts), numbers))


def multinomial_bayes(graph, model, columns, path):
    prior = model.class_log_prior_
    if type(model).__name__ == "ComplementNB" and len(model.classes_) > 1:
        prior = numpy.zeros(len(model.classes_))
    return of_likelihoods(graph, model, path, linear(graph, path, columns, model.feature_log_prob_, prior))


def bernoulli_bayes(graph, model, columns, path):
    numbers_of(graph, columns, path)
    if model.binarize is not None:
        if is_sparse(columns):
            columns = binarizer(graph, Binarizer(threshold=model.binarize), columns, path)
        else:
            columns = graph.each("threshold", path, columns, {"values": [model.binarize] * len(columns)}, missing=False)
    absent = numpy.log(1 - numpy.exp(model.feature_log_prob_))
    intercepts = model.class_log_prior_ + absent.sum(axis=1)
    return of_likelihoods(graph, model, path, linear(graph, path, columns, model.feature_log_prob_ - absent, intercepts))


def categorical_bayes(graph, model, columns, path):
    numbers_of(graph, columns, path)
    for column, table in zip(columns, model.feature_log_prob_):
        if column.feature is not None:
            column.feature.hint(range(table.shape[1]))
    columns = graph.each("trunc", path, columns)  # The library reads whole numbers.
    found = []
    for column, table in zip(columns, model.feature_log_prob_):
        numbers = {"keys": range(table.shape[1]), "values": table.ravel()}
        found.append(graph.add("lookup", path, [column], len(table), numbers))
    classes = len(model.classes_)
    weights = numpy.tile(numpy.eye(classes), len(found))
    every = [column for part in found for column in part]
    return of_likelihoods(graph, model, path, linear(graph, path, every, weights, model.class_log_prior_))
