"""Columns with sparse rows, which vectorizers of texts give: one column of the file stands for a row's columns of the
library, of which nearly all are 0."""

import numpy

from .unsupported import Unsupported

MOST_COLUMNS = 1 << 22
MOST_DENSE = 4096


def is_sparse(columns):
    return any(column.width for column in columns)


def width_of(columns):
    """The number of the library's columns."""
    return sum(max(1, column.width) for column in columns)


def parts(columns, values):
    """Each column with its own of some values, of which there is one for each of the library's columns."""
    start = 0
    for column in columns:
        end = start + max(1, column.width)
        yield column, values[start:end]
        start = end


def scaled_rows(graph, path, column, numbers):
    numbers = {"width": [column.width], **numbers, **({"single": [1]} if column.single else {})}
    found = graph.add("sparse-scale", path, [column], 1, numbers, width=column.width)
    found[0].single = column.single
    return found


def each_part(graph, path, columns, values, dense, sparse):
    """Steps for columns of both kinds. `dense` and `sparse` give the parameters for the values of a column."""
    found = []
    for column, own in parts(columns, values):
        if column.width:
            found += scaled_rows(graph, path, column, sparse(own))
        else:
            kind, numbers = dense(own)
            found += graph.each(kind, path, [column], numbers)
    return found


def multiplied(graph, path, columns, factors):
    factors = numpy.asarray(factors, dtype=float)
    return each_part(
        graph, path, columns, factors, lambda own: ("scale", {"multiply": own}), lambda own: {"multiply": own}
    )


def divided(graph, path, columns, divisors):
    """The library multiplies sparse rows by the reciprocals."""
    divisors = numpy.asarray(divisors, dtype=float)
    return each_part(
        graph, path, columns, divisors, lambda own: ("scale", {"divide": own}), lambda own: {"multiply": 1.0 / own}
    )


def selected(graph, path, columns, support):
    found = []
    for column, own in parts(columns, numpy.asarray(support, dtype=bool)):
        if not column.width:
            found += [column] if own[0] else []
        elif own.all():
            found.append(column)
        elif own.any():
            chosen = numpy.flatnonzero(own)
            numbers = {"width": [column.width], "columns": chosen}
            found += graph.add("sparse-select", path, [column], 1, numbers, width=len(chosen))
            found[-1].single = column.single
    return found


def require_double(path, columns, weights):
    """Refuses weights of single precision, because the library then adds in single precision too."""
    if is_sparse(columns) and numpy.asarray(weights).dtype == numpy.float32:
        raise Unsupported(
            f"the step {path} has weights of single precision, because the texts before it have dtype=float32; supported are models"
            " whose weights have double precision, such as LogisticRegression with the solver lbfgs or liblinear, LinearSVC and"
            " naive Bayes. Train the vectorizer with dtype=float64"
        )


def linear_sums(graph, path, columns, weights, intercepts):
    weights = numpy.reshape(numpy.asarray(weights, dtype=float), (len(intercepts), -1))
    if weights.shape[1] != width_of(columns):
        raise Unsupported(f"the step {path} has {weights.shape[1]} weights for {width_of(columns)} columns")
    numbers = {"widths": [column.width for column in columns], "weights": weights.ravel(), "intercepts": intercepts}
    return graph.add("sparse-linear", path, columns, len(intercepts), numbers)


def dense(graph, path, columns, step):
    """The columns as columns of numbers, as far as they are not too many."""
    if not is_sparse(columns):
        return columns
    if width_of(columns) > MOST_DENSE:
        raise Unsupported(
            f"the step {path or type(step).__name__} ({type(step).__name__}) reads {width_of(columns):,} columns of texts, each of"
            f" which would be a column of numbers; supported are {MOST_DENSE:,}. Train with a smaller max_features, or with"
            " TruncatedSVD before it; linear models and naive Bayes have no such limit"
        )
    found = []
    for column in columns:
        if column.width:
            numbers = {"width": [column.width], "columns": range(column.width)}
            found += graph.add("sparse-dense", path, [column], column.width, numbers)
        else:
            found.append(column)
    return found


# Transformers that keep sparse rows.


def max_abs_scaler(graph, step, columns, path):
    return divided(graph, path, columns, step.scale_)


def standard_scaler(graph, step, columns, path):
    return columns if not step.with_std else divided(graph, path, columns, step.scale_)


def normalizer(graph, step, columns, path):
    return scaled_rows(graph, path, columns[0], {"norm": [{"max": 0, "l1": 1, "l2": 2}[step.norm]]})


def binarizer(graph, step, columns, path):
    values = numpy.full(width_of(columns), float(step.threshold))
    return each_part(
        graph, path, columns, values, lambda own: ("threshold", {"values": own}), lambda own: {"above": own[:1]}
    )


def sparse_function(step, columns):
    """The function that exports a transformer of sparse rows; None if it needs columns of numbers."""
    name = type(step).__name__
    if name == "MaxAbsScaler":
        return max_abs_scaler
    if name == "StandardScaler" and not step.with_mean:
        return standard_scaler
    if name == "Normalizer" and len(columns) == 1:
        return normalizer
    if name == "Binarizer" and step.threshold >= 0:
        return binarizer
    return None


# Classes whose own function takes sparse rows: those that hand them on, and those that only sum.
TAKES_ROWS = {
    "BernoulliNB",
    "CalibratedClassifierCV",
    "ColumnTransformer",
    "ComplementNB",
    "DummyClassifier",
    "DummyRegressor",
    "FeatureUnion",
    "FixedThresholdClassifier",
    "FrozenEstimator",
    "GammaRegressor",
    "GridSearchCV",
    "HalvingGridSearchCV",
    "HalvingRandomSearchCV",
    "Lasso",
    "ElasticNet",
    "LinearRegression",
    "LinearSVC",
    "LinearSVR",
    "LogisticRegression",
    "LogisticRegressionCV",
    "MultiOutputClassifier",
    "MultiOutputRegressor",
    "MultinomialNB",
    "OneVsRestClassifier",
    "PassiveAggressiveClassifier",
    "PassiveAggressiveRegressor",
    "Perceptron",
    "Pipeline",
    "PoissonRegressor",
    "RandomizedSearchCV",
    "Ridge",
    "RidgeClassifier",
    "RidgeClassifierCV",
    "RidgeCV",
    "SGDClassifier",
    "SGDRegressor",
    "SelfTrainingClassifier",
    "SparseRandomProjection",
    "GaussianRandomProjection",
    "TfidfTransformer",
    "TransformedTargetRegressor",
    "TruncatedSVD",
    "TunedThresholdClassifierCV",
    "TweedieRegressor",
    "VotingClassifier",
    "VotingRegressor",
}
