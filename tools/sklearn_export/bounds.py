"""Computes the steps of a pipeline, with a bound for the rounding errors of each column.

The bounds say how far two correct computations may be apart: another order of sums, another library's exponential.
A row on whose rounding a decision depends (which bin, which branch, which class) is unstable: nothing can be said of
its results.
"""

import numpy

from .point_bounds import PointBounds
from .sparse_bounds import SparseBounds

EPSILON = float(numpy.finfo(float).eps)


class Bounds(PointBounds, SparseBounds):
    """Values and errors: rows x columns."""

    def __init__(self, graph, features):
        self.graph, self.rows = graph, {}
        rows = len(features)
        self.values = numpy.full((rows, len(graph.columns)), numpy.nan)
        self.errors = numpy.zeros((rows, len(graph.columns)))
        self.unstable = numpy.zeros(rows, dtype=bool)
        self.values[:, : features.shape[1]] = features
        with numpy.errstate(all="ignore"):
            for step in graph.steps:
                self.compute(step)

    def compute(self, step):
        if step.outputs == 0:
            return
        x, e = self.values[:, step.inputs], self.errors[:, step.inputs]
        name = step.kind.replace("-", "_")
        method = getattr(self, name, None) or self.function(name)
        values, errors = method(x, e, step)
        columns = slice(step.first, step.first + step.outputs)
        self.values[:, columns] = values
        self.errors[:, columns] = errors

    def decided(self, x, e, decide):
        """The result of a decision, for rows in which it is the same within the errors."""
        result = decide(x)
        if e.any():
            for moved in (x + e, x - e):
                other = decide(moved)
                differs = (other != result) & ~(numpy.isnan(other) & numpy.isnan(result))
                self.unstable |= differs.reshape(len(x), -1).any(axis=1)
        return result, numpy.zeros(result.shape)

    @staticmethod
    def smooth(x, e, function, ulps):
        y = function(x)
        error = ulps * EPSILON * numpy.abs(y)
        if e.any():
            error = error + 2 * numpy.fmax(numpy.abs(function(x + e) - y), numpy.abs(function(x - e) - y))
        return y, numpy.nan_to_num(error, posinf=0)

    def constant(self, x, e, step):
        shape = (len(x), step.outputs)
        return numpy.broadcast_to(step.numbers["values"], shape), numpy.zeros(shape)

    def scale(self, x, e, step):
        y, n = x.copy(), {name: numpy.array(values) for name, values in step.numbers.items()}
        e = numpy.where(e > 0, e + EPSILON * numpy.abs(x), 0)
        if "subtract" in n:
            y = y - n["subtract"]
        if "divide" in n:
            y, e = y / n["divide"], e / numpy.abs(n["divide"])
        if "multiply" in n:
            y, e = y * n["multiply"], e * numpy.abs(n["multiply"])
        if "add" in n:
            y = y + n["add"]
        if "low" in n:
            y = numpy.where(y < n["low"], n["low"], y)
        if "high" in n:
            y = numpy.where(y > n["high"], n["high"], y)
        return y, numpy.where(e > 0, e + 4 * EPSILON * numpy.abs(y), 0)

    @staticmethod
    def is_missing(x, step):
        return x == step.numbers["missing"][0] if "missing" in step.numbers else numpy.isnan(x)

    def impute(self, x, e, step):
        return numpy.where(self.is_missing(x, step), step.numbers["values"], x), e

    def fill(self, x, e, step):
        own, other = x[:, : step.outputs], x[:, step.outputs :]
        missing = self.is_missing(own, step)
        return numpy.where(missing, other, own), numpy.where(missing, e[:, step.outputs :], e[:, : step.outputs])

    def knn_impute(self, x, e, step):
        trained = numpy.array(step.numbers["rows"]).reshape(-1, step.outputs)
        count, by_distance = int(step.numbers["neighbors"][0]), step.numbers["distance"][0] == 1
        counts_all = step.numbers["all"][0] == 1
        y, errors = x.copy(), e.copy()
        for row in numpy.flatnonzero(numpy.isnan(x).any(axis=1)):
            squares, rounding = nan_distances(x[row], e[row], trained)
            for column in numpy.flatnonzero(numpy.isnan(x[row])):
                donors = numpy.flatnonzero(~numpy.isnan(trained[:, column]))
                if not len(donors):
                    continue
                found = nearest_mean(trained[donors, column], squares[donors], rounding[donors], count, by_distance, counts_all)
                y[row, column], errors[row, column], isstable = found
                self.unstable[row] |= not isstable
        return y, errors

    def missing(self, x, e, step):
        return self.is_missing(x, step).astype(float), numpy.zeros(x.shape)

    def threshold(self, x, e, step):
        values = numpy.array(step.numbers["values"])
        inclusive = step.numbers.get("inclusive", [0])[0] == 1
        return self.decided(x, e, lambda x: ((x >= values) if inclusive else (x > values)).astype(float))

    def positions(self, x, step):
        """The position of each value among the keys; -1 for none."""
        known = {key + 0.0: i for i, key in enumerate(step.numbers["keys"]) if key == key}
        nan = next((i for i, key in enumerate(step.numbers["keys"]) if key != key), -1)
        return numpy.array([nan if value != value else known.get(value + 0.0, -1) for value in x[:, 0]], dtype=int)

    def one_hot(self, x, e, step):
        columns = numpy.array(step.numbers["columns"] + step.numbers.get("unknown", [-1.0]))

        def encode(x):
            found = columns[self.positions(x, step)]
            return (found[:, None] == numpy.arange(step.outputs)).astype(float)

        return self.decided(x, e, encode)

    def lookup(self, x, e, step):
        values = numpy.array(step.numbers["values"]).reshape(step.outputs, -1).T
        values = numpy.vstack([values, step.numbers.get("unknown", [numpy.nan] * step.outputs)])
        return self.decided(x, e, lambda x: values[self.positions(x, step)])

    def bin(self, x, e, step):
        edges = step.numbers["edges"]
        return self.decided(x, e, lambda x: numpy.searchsorted(edges, x, side="right").astype(float))

    def normalize(self, x, e, step):
        norm = int(step.numbers["norm"][0])
        y = numpy.abs(x)
        length = y.max(axis=1) if norm == 0 else y.sum(axis=1) if norm == 1 else numpy.sqrt((x * x).sum(axis=1))
        length = numpy.where(length == 0, 1, length)[:, None]
        rounding = 0 if norm == 0 else (x.shape[1] + 4) * EPSILON
        y = x / length
        return y, rounding * numpy.abs(y) + (e + numpy.abs(y) * e.sum(axis=1, keepdims=True)) / length

    def product(self, x, e, step):
        values, errors = list(x.T), list(e.T)
        for left, right in zip(step.numbers["left"], step.numbers["right"]):
            a, b, da, db = values[int(left)], values[int(right)], errors[int(left)], errors[int(right)]
            error = numpy.abs(a) * db + numpy.abs(b) * da
            values.append(a * b)
            errors.append(numpy.where(error > 0, error + EPSILON * numpy.abs(a * b), 0))
        return numpy.array(values[x.shape[1] :]).T, numpy.array(errors[x.shape[1] :]).T

    def power(self, x, e, step):
        lambdas = numpy.array(step.numbers["lambdas"])
        if step.numbers["boxcox"][0]:
            scaled = numpy.where(lambdas == 0, 1, lambdas)
            y, error = self.smooth(
                x, e, lambda x: numpy.where(lambdas == 0, numpy.log(x), numpy.expm1(scaled * numpy.log(x)) / scaled), 16
            )
            return y, error + 16 * EPSILON / numpy.abs(scaled)
        y, error = self.smooth(x, e, lambda x: yeo_johnson(x, lambdas), 16)
        factor = numpy.where(x >= 0, lambdas, 2 - lambdas)
        small = numpy.abs(factor) < EPSILON
        return y, error + numpy.where(small, 0, 16 * EPSILON / numpy.where(small, 1, numpy.abs(factor)))

    def quantile(self, x, e, step):
        quantiles, references = numpy.array(step.numbers["quantiles"]), numpy.array(step.numbers["references"])
        normal = step.numbers["normal"][0] == 1

        def transform(x):
            y = 0.5 * (
                numpy.interp(x, quantiles, references) - numpy.interp(-x, -quantiles[::-1], -references[::-1])
            )
            bound = 1e-7 if normal else 0
            y = numpy.where(x + bound > quantiles[-1] if normal else x == quantiles[-1], 1.0, y)
            y = numpy.where(x - bound < quantiles[0] if normal else x == quantiles[0], 0.0, y)
            return normal_quantile(y) if normal else y

        y, error = self.smooth(x, e, transform, 16 if normal else 0)
        return y, error + (64 * EPSILON if normal else 0)

    def spline(self, x, e, step):
        from scipy.interpolate import BSpline  # scikit-learn itself needs SciPy.

        numbers = step.numbers
        knots, degree = numpy.array(numbers["knots"]), int(numbers["degree"][0])
        count = len(knots) - degree - 1
        first, last = knots[degree], knots[count]
        spline = BSpline(knots, numpy.eye(count), degree)
        weights = numpy.eye(step.outputs)[numpy.arange(count) % step.outputs]

        def values(x):
            x = x[:, 0]
            inside = numpy.clip(x, first, last) if "low" in numbers else x
            inside = first + (x - first) % (last - first) if "periodic" in numbers else inside
            found = spline(inside) @ weights
            for name, end, isout in (("low", first, x < first), ("high", last, x > last)):
                if name in numbers:
                    line = numpy.array(numbers[name]) + (x - end)[:, None] * numpy.array(numbers[f"{name}-slopes"])
                    found = numpy.where(isout[:, None], line, found)
            return found

        y, error = self.smooth(x, e, values, 8 * (degree + 1))
        return y, error + 8 * (degree + 1) * EPSILON * numpy.abs(y).max(axis=1, keepdims=True)

    def interpolate(self, x, e, step):
        return self.smooth(x, e, lambda x: numpy.interp(x, step.numbers["x"], step.numbers["y"]), 2)

    def linear(self, x, e, step):
        weights = numpy.array(step.numbers["weights"]).reshape(step.outputs, -1).T
        intercepts = numpy.array(step.numbers["intercepts"])
        terms = numpy.abs(x) @ numpy.abs(weights) + numpy.abs(intercepts)
        rounding = (x.shape[1] + 2) * EPSILON * terms
        return x @ weights + intercepts, rounding + e @ numpy.abs(weights)

    def gaussian(self, x, e, step):
        columns = x.shape[1]
        means = numpy.array(step.numbers["means"]).reshape(-1, columns)
        variances = numpy.array(step.numbers["variances"]).reshape(-1, columns)
        intercepts = numpy.array(step.numbers["intercepts"])
        distances = x[:, None, :] - means
        squares = (distances**2 / variances).sum(axis=2)
        moved = (2 * numpy.abs(distances) * e[:, None, :] / variances).sum(axis=2)
        return intercepts - 0.5 * squares, (columns + 8) * EPSILON * (squares + numpy.abs(intercepts)) + moved

    def softmax(self, x, e, step):
        y = numpy.exp(x - x.max(axis=1, keepdims=True))
        y /= y.sum(axis=1, keepdims=True)
        spread = x.max(axis=1, keepdims=True) - x
        return y, y * (4 * e.max(axis=1, keepdims=True) + (x.shape[1] + 16 + 2 * spread) * EPSILON)

    def share(self, x, e, step):
        total = x.sum(axis=1, keepdims=True)
        empty = step.numbers.get("empty", [1 / x.shape[1]])[0]
        y = numpy.where(total == 0, empty, x / numpy.where(total == 0, 1, total))
        moved = (e + numpy.abs(y) * e.sum(axis=1, keepdims=True)) / numpy.where(total == 0, 1, numpy.abs(total))
        return y, numpy.nan_to_num(moved + (x.shape[1] + 4) * EPSILON * numpy.abs(y))

    def argmax(self, x, e, step):
        order, error = numpy.sort(x, axis=1), e.max(axis=1)
        if x.shape[1] > 1:
            self.unstable |= (order[:, -1] - order[:, -2] <= 2 * error) & (error > 0)
        return x.argmax(axis=1)[:, None].astype(float), numpy.zeros((len(x), 1))

    def vote(self, x, e, step):
        weights = numpy.array(step.numbers["weights"])
        votes = (x[:, :, None] == numpy.arange(step.outputs)) * weights[None, :, None]
        return votes.sum(axis=1), numpy.zeros((len(x), step.outputs))

    def weighted_median(self, x, e, step):
        weights = numpy.array(step.numbers["weights"])
        order = numpy.argsort(x, axis=1, kind="stable")
        sums = numpy.cumsum(weights[order], axis=1)
        at = (sums >= 0.5 * sums[:, -1:]).argmax(axis=1)
        chosen = numpy.take_along_axis(order, at[:, None], axis=1)
        return numpy.take_along_axis(x, chosen, axis=1), e.max(axis=1, keepdims=True)

    def forest(self, x, e, step):
        values, errors = step.evaluate(x)
        if e.any():
            for moved in (x + e, x - e):
                other, _ = step.evaluate(moved)
                self.unstable |= (other != values).any(axis=1)
        return values, errors

    def function(self, name):
        table = {"logistic": lambda x: 1 / (1 + numpy.exp(-x))}
        function = table.get(name) or getattr(numpy, name)
        exact = {"absolute", "negative", "sqrt", "square", "reciprocal", "floor", "ceil", "rint", "trunc", "sign"}
        return lambda x, e, step: self.smooth(x, e, function, 0 if name in exact else 8)


def nan_distances(row, errors, trained):
    """The squared distances of a row from others, over the columns that both have, and their rounding errors."""
    differences = row - trained
    present = (~numpy.isnan(differences)).sum(axis=1)
    share = numpy.where(present == 0, numpy.nan, trained.shape[1] / numpy.maximum(present, 1))
    own, others = numpy.nan_to_num(row), numpy.nan_to_num(trained)
    rounding = (trained.shape[1] + 8) * EPSILON * ((own * own).sum() + (others * others).sum(axis=1))
    rounding = rounding + 2 * numpy.nan_to_num(numpy.abs(differences) * errors + errors * errors).sum(axis=1)
    return numpy.nansum(differences**2, axis=1) * share, 2 * rounding * share


def nearest_mean(values, squares, rounding, count, by_distance, counts_all):
    """The mean of the values of the nearest rows, its error, and whether rounding leaves the rows the same."""
    if numpy.isnan(squares).all():
        return values.mean(), len(values) * EPSILON * numpy.abs(values).max(), True
    count = min(count, len(values))
    order = numpy.argsort(squares, kind="stable")
    chosen, border = order[:count], squares[order[count - 1]]
    if numpy.isnan(border):
        isstable = count == len(values) or by_distance or not counts_all
    else:
        near = numpy.abs(squares - border) <= rounding + rounding[order[count - 1]]
        isstable = near[order[count:]].sum() == 0 or len(set(values[near])) == 1
    weights, moved = numpy.ones(count), numpy.zeros(count)
    if not counts_all:
        weights = (~numpy.isnan(squares[chosen])).astype(float)
    if by_distance:
        isstable &= bool((squares[chosen] > 4 * rounding[chosen])[~numpy.isnan(squares[chosen])].all())
        with numpy.errstate(all="ignore"):
            weights = numpy.nan_to_num(1 / numpy.sqrt(squares[chosen]), nan=0, posinf=1)
            moved = numpy.nan_to_num(weights * rounding[chosen] / squares[chosen], posinf=0)
    mean = (weights * values[chosen]).sum() / weights.sum()
    error = (moved * numpy.abs(values[chosen] - mean)).sum() / weights.sum()
    return mean, error + (count + 8) * EPSILON * numpy.abs(values[chosen]).max(), isstable


def yeo_johnson(x, lambdas):
    positive = numpy.where(x >= 0, x, 0)
    negative = numpy.where(x < 0, -x, 0)
    rest = 2 - lambdas
    upper = numpy.where(
        numpy.abs(lambdas) < EPSILON,
        numpy.log1p(positive),
        (numpy.power(positive + 1, lambdas) - 1) / numpy.where(lambdas == 0, 1, lambdas),
    )
    lower = numpy.where(
        numpy.abs(rest) > EPSILON,
        -(numpy.power(negative + 1, rest) - 1) / numpy.where(rest == 0, 1, rest),
        -numpy.log1p(negative),
    )
    return numpy.where(numpy.isnan(x), x, numpy.where(x >= 0, upper, lower))


def normal_quantile(share):
    from scipy.stats import norm  # scikit-learn itself needs SciPy.

    bound = 1e-7 - numpy.spacing(1)
    return numpy.clip(norm.ppf(share), norm.ppf(bound), norm.ppf(1 - bound))
