"""The rounding bounds of steps that compare rows with points, and of those that couple classes: see bounds.py."""

import numpy

EPSILON = float(numpy.finfo(float).eps)
TINY = 1e-322  # Numbers near 0 have fewer digits.
BLOCK = 2_000_000  # So many distances at a time fit into memory.


class PointBounds:
    """A row is unstable if rounding decides which points are its neighbours, and if they have different values."""

    def blocks(self, x, e, step, compute):
        """The values and errors of a step, for some rows at a time; `compute` also gives the rows that are unstable."""
        values, errors = numpy.zeros((len(x), step.outputs)), numpy.zeros((len(x), step.outputs))
        points = numpy.array(step.numbers["points"]).reshape(-1, x.shape[1])
        size = max(1, BLOCK // len(points))
        for start in range(0, len(x), size):
            rows = slice(start, start + size)
            values[rows], errors[rows], unstable = compute(x[rows], e[rows], points, step)
            self.unstable[rows] |= unstable
        return values, errors

    def distances(self, x, e, step):
        def compute(x, e, points, step):
            distances, errors = rooted(*reduced(x, e, points, step), step)
            return distances, errors, numpy.zeros(len(x), dtype=bool)

        return self.blocks(x, e, step, compute)

    def neighbours(self, x, e, step):
        return self.blocks(x, e, step, means_of_neighbours)

    def kernel(self, x, e, step):
        def compute(x, e, points, step):
            values, errors = kernel_of(x, e, points, step)
            weights = numpy.array(step.numbers["weights"]).reshape(step.outputs, -1).T
            intercepts = numpy.array(step.numbers["intercepts"])
            terms = numpy.abs(values) @ numpy.abs(weights) + numpy.abs(intercepts)
            moved = errors @ numpy.abs(weights) + step.slack * (len(points) + 4) * EPSILON * terms
            return values @ weights + intercepts, moved, numpy.zeros(len(x), dtype=bool)

        return self.blocks(x, e, step, compute)

    def coupling(self, x, e, step):
        classes = step.outputs
        y, narrow = coupled(x, classes)
        errors = numpy.full(y.shape, 256 * classes * EPSILON)
        for column in range(x.shape[1]):
            moved = x.copy()
            moved[:, column] += e[:, column] + EPSILON
            errors += 2 * numpy.abs(coupled(moved, classes)[0] - y)
        self.unstable |= narrow <= 1e-12 + 8 * classes * e.max(axis=1)
        return y, errors

    def gaussian_integral(self, x, e, step):
        y = logistic_mean(x[:, 0], x[:, 1])
        errors = numpy.full(len(x), 16 * EPSILON * numpy.abs(FACTORS).sum())
        for column in range(2):
            for sign in (1, -1):
                moved = x.copy()
                moved[:, column] += sign * e[:, column]
                errors += numpy.abs(logistic_mean(moved[:, 0], moved[:, 1]) - y)
        self.unstable |= ~(x[:, 1] > 2 * e[:, 1]) | ~numpy.isfinite(errors)
        return y[:, None], errors[:, None]


# Distances.


def power_of(step):
    return step.numbers["power"][0] if "power" in step.numbers else 1.0


def reduced(x, e, points, step):
    """The distances without their roots, rows x points, and their errors."""
    metric, power = int(step.numbers["metric"][0]), power_of(step)
    total, error = numpy.zeros((len(x), len(points))), numpy.zeros((len(x), len(points)))
    for column in range(x.shape[1]):
        difference = numpy.abs(x[:, column, None] - points[None, :, column])
        moved = e[:, column, None]
        if metric == 0:
            total += difference * difference
            error += 2 * difference * moved + moved * moved
        elif metric == 1:
            total += difference
            error += moved
        elif metric == 2:
            total = numpy.maximum(total, difference)
            error = numpy.maximum(error, moved)
        else:
            total += difference**power
            error += (difference + moved) ** power - difference**power
    error += (x.shape[1] + (24 if metric == 3 else 4)) * EPSILON * total
    if step.expanded and metric == 0:
        error += squares_error(x, points)
    return total, error


def squares_error(x, points):
    """The error of |x|² - 2xy + |y|²."""
    return (x.shape[1] + 4) * EPSILON * ((x * x).sum(axis=1)[:, None] + (points * points).sum(axis=1)[None, :])


def rooted(total, error, step):
    """The distances of reduced ones, and their errors."""
    metric, power = int(step.numbers["metric"][0]), power_of(step)
    if metric in (1, 2):
        return total, error
    root = numpy.sqrt if metric == 0 else lambda x: x ** (1 / power)
    distances = root(total)
    below, above = root(numpy.maximum(total - error, 0)), root(total + error)
    return distances, numpy.maximum(above - distances, distances - below) + 8 * EPSILON * distances


def means_of_neighbours(x, e, points, step):
    total, error = reduced(x, e, points, step)
    numbers = step.numbers
    table = numpy.array(numbers["values"]).reshape(-1, len(points))
    reach = numpy.array(numbers["reach"]) if "reach" in numbers else None
    if "radius" in numbers:
        limit = rooted_inverse(numbers["radius"][0], step)
        near = total <= limit
        unstable = (numpy.abs(total - limit) <= error + 8 * EPSILON * limit).any(axis=1)
    else:
        order = numpy.argsort(total, axis=1, kind="stable")[:, : int(numbers["neighbours"][0])]
        near = numpy.zeros(total.shape, dtype=bool)
        numpy.put_along_axis(near, order, True, axis=1)
        unstable = undecided(total, error, near, table if reach is None else numpy.vstack([table, reach]))
    distances, moved = rooted(total, error, step)
    weights, shares = near.astype(float), numpy.zeros(total.shape)
    if numbers["weighted"][0] == 1:
        hits = near & (distances == 0)
        hit = hits.any(axis=1)
        unstable |= (near & (distances <= moved) & (moved > 0)).any(axis=1)
        inverse = 1 / numpy.where(distances == 0, 1, distances)
        weights = numpy.where(hit[:, None], hits, near * inverse)
        shares = numpy.where(hit[:, None], 0, moved * inverse + 2 * EPSILON)
    found, errors = [], []
    exact = numbers["weighted"][0] == 0 and bool((table == numpy.rint(table)).all() and (table >= 0).all())
    for row in table:
        mean, rounding = mean_of(weights, shares, numpy.broadcast_to(row, total.shape), near)
        found.append(mean)
        errors.append(numpy.zeros(len(x)) if exact and table.max() <= 1 else rounding)
    if reach is not None:
        mean, rounding = mean_of(weights, shares, numpy.maximum(distances, reach), near)
        found.append(mean)
        errors.append(rounding + (weights * moved).sum(axis=1) / weights.sum(axis=1))
    found, errors = numpy.array(found).T, numpy.array(errors).T
    empty = ~near.any(axis=1)
    if "otherwise" in numbers:
        found[empty], errors[empty] = numbers["otherwise"], 0
    return found, numpy.nan_to_num(errors), unstable


def rooted_inverse(distance, step):
    metric = int(step.numbers["metric"][0])
    return distance if metric in (1, 2) else distance ** (2 if metric == 0 else power_of(step))


def mean_of(weights, shares, values, near):
    """Weighted means of rows, and their errors; `shares` are the relative errors of the weights."""
    total = weights.sum(axis=1)
    mean = (weights * values).sum(axis=1) / total
    spread = (weights * shares * numpy.abs(values - mean[:, None])).sum(axis=1) / total
    size = (weights * numpy.abs(values)).sum(axis=1) / total
    return mean, 2 * spread + (near.sum(axis=1) + 8) * EPSILON * size


def undecided(total, error, near, table):
    """The rows of which rounding decides whether a point is a neighbour, if these points have different values."""
    upper = numpy.where(near, total + error, -numpy.inf).max(axis=1)
    lower = numpy.where(near, numpy.inf, total - error).min(axis=1)
    found = lower <= upper
    for row in numpy.flatnonzero(found):
        either = (total[row] - error[row] <= upper[row]) & (total[row] + error[row] >= lower[row])
        chosen = table[:, either]
        found[row] = (chosen != chosen[:, :1]).any()
    return found


# Kernels.


def kernel_of(x, e, points, step):
    """The kernels of rows and points, and their errors."""
    numbers = step.numbers
    columns = x.shape[1]
    factors = numpy.array(numbers["factors"], dtype=int)
    parameters = numpy.array(numbers["parameters"]).reshape(-1, 3)
    scales = numpy.array(numbers["scales"]).reshape(-1, columns) if "scales" in numbers else None
    values, errors = numpy.zeros((len(x), len(points))), numpy.zeros((len(x), len(points)))
    factor = 0
    for count, constant in zip(numbers.get("terms", [len(factors)]), numbers.get("constants", [1.0])):
        product, moved = numpy.full(values.shape, float(constant)), numpy.zeros(values.shape)
        for factor in range(factor, factor + int(count)):
            scale = None if scales is None else scales[factor]
            value, error = factor_of(factors[factor], parameters[factor], scale, x, e, points, step.expanded)
            moved = numpy.abs(product) * error + numpy.abs(value) * moved + moved * error
            product = product * value
        factor += 1 if count else 0
        values += product
        errors += moved + (len(factors) + 2) * EPSILON * numpy.abs(product)
    return values, errors


def factor_of(kind, parameters, scales, x, e, points, expanded):
    a, b, c = parameters
    if kind == 0 or kind == 2:
        u, du = dots(x, e, points, scales)
        u, du = a * u + b, abs(a) * du + 2 * EPSILON * (numpy.abs(a * u) + abs(b))
        return smoothed((lambda u: u**c) if kind == 0 else numpy.tanh, u, du, 16 if c != 1 or kind == 2 else 0)
    if kind == 7:
        return cosines(x, e, points)
    if kind == 3:
        u, du = absolutes(x, e, points, scales)
        return smoothed(lambda u: numpy.exp(-a * u), u, du + 4 * EPSILON * u, 16)
    u, du = squares(x, e, points, scales, expanded)
    du = du + 4 * EPSILON * u
    functions = {
        1: lambda u: numpy.exp(-a * u),
        4: lambda u: matern(a, numpy.sqrt(numpy.maximum(u, 0))),
        5: lambda u: (1 + numpy.maximum(u, 0) / (2 * a * b * b)) ** -a,
        6: lambda u: numpy.exp(-2 * (numpy.sin(numpy.pi / b * numpy.sqrt(numpy.maximum(u, 0))) / a) ** 2),
    }
    return smoothed(functions[int(kind)], u, du, 32)


def smoothed(function, u, du, ulps):
    y = function(u)
    moved = numpy.fmax(numpy.abs(function(u + du) - y), numpy.abs(function(u - du) - y))
    return y, 2 * moved + ulps * EPSILON * numpy.abs(y) + TINY


def matern(nu, distance):
    scaled = numpy.sqrt(2 * nu) * distance
    power = numpy.exp(-scaled)
    return power if nu == 0.5 else (1 + scaled) * power if nu == 1.5 else (1 + scaled + scaled**2 / 3) * power


def dots(x, e, points, scales):
    points = points if scales is None else points / scales
    rounding = (x.shape[1] + 3) * EPSILON * (numpy.abs(x) @ numpy.abs(points).T)
    return x @ points.T, rounding + e @ numpy.abs(points).T


def squares(x, e, points, scales, expanded):
    if scales is not None:
        x, e, points = x / scales, e / scales, points / scales
    total, error = numpy.zeros((len(x), len(points))), numpy.zeros((len(x), len(points)))
    for column in range(x.shape[1]):
        difference = numpy.abs(x[:, column, None] - points[None, :, column])
        moved = e[:, column, None]
        if scales is not None:
            moved = moved + EPSILON * (numpy.abs(x[:, column, None]) + numpy.abs(points[None, :, column]))
        total += difference * difference
        error += 2 * difference * moved + moved * moved
    error += (x.shape[1] + 4) * EPSILON * total
    return total, error + squares_error(x, points) if expanded else error


def absolutes(x, e, points, scales):
    if scales is not None:
        x, e, points = x / scales, e / scales, points / scales
    total = numpy.zeros((len(x), len(points)))
    for column in range(x.shape[1]):
        total += numpy.abs(x[:, column, None] - points[None, :, column])
    return total, (x.shape[1] + 4) * EPSILON * total + e.sum(axis=1, keepdims=True)


def cosines(x, e, points):
    def normal(x):
        length = numpy.sqrt((x * x).sum(axis=1, keepdims=True))
        return x / numpy.where(length == 0, 1, length), numpy.where(length == 0, 1, length)

    left, length = normal(x)
    right, _ = normal(points)
    moved = 2 * e.sum(axis=1, keepdims=True) / length
    return left @ right.T, moved + (2 * x.shape[1] + 12) * EPSILON * (numpy.abs(left) @ numpy.abs(right).T)


# Classes.


def coupled(x, classes):
    """The probabilities of classes from those of pairs, as libsvm computes them; and how near the error of a step was
    to the one at which the iteration ends."""
    rows = len(x)
    pairs = numpy.zeros((rows, classes, classes))
    first, second = numpy.triu_indices(classes, 1)
    clipped = numpy.clip(x, 1e-7, 1 - 1e-7)
    pairs[:, first, second] = clipped
    pairs[:, second, first] = 1 - clipped
    matrix = -pairs.transpose(0, 2, 1) * pairs
    for i in range(classes):
        matrix[:, i, i] = (pairs[:, :, i] ** 2).sum(axis=1) - pairs[:, i, i] ** 2
    shares = numpy.full((rows, classes), 1.0 / classes)
    narrow = numpy.full(rows, numpy.inf)
    active = numpy.ones(rows, dtype=bool)
    for _ in range(max(100, classes)):
        q, p = matrix[active], shares[active]
        products = numpy.einsum("nij,nj->ni", q, p)
        total = (p * products).sum(axis=1)
        distance = numpy.abs(products - total[:, None]).max(axis=1) - 0.005 / classes
        narrow[active] = numpy.minimum(narrow[active], numpy.abs(distance))
        going = distance >= 0
        active[numpy.flatnonzero(active)[~going]] = False
        if not going.any():
            break
        q, p, products, total = q[going], p[going], products[going], total[going]
        for i in range(classes):
            difference = (-products[:, i] + total) / q[:, i, i]
            p[:, i] += difference
            total = (total + difference * (difference * q[:, i, i] + 2 * products[:, i])) / (1 + difference) ** 2
            products = (products + difference[:, None] * q[:, i, :]) / (1 + difference)[:, None]
            p /= (1 + difference)[:, None]
        shares[active] = p
    return shares, narrow


SLOPES = numpy.array([0.41, 0.4, 0.37, 0.44, 0.39])[:, None]
FACTORS = numpy.array([-1854.8214151, 3516.89893646, 221.29346712, 128.12323805, -2010.49422654])[:, None]


def logistic_mean(mean, variance):
    """The mean of the logistic function over normal distributions, by five error functions."""
    from scipy.special import erf  # scikit-learn needs SciPy itself.

    alpha = 1 / (2 * variance)
    parts = erf(SLOPES * mean * numpy.sqrt(alpha / (alpha + SLOPES**2)))
    integrals = numpy.sqrt(numpy.pi / alpha) * parts / (2 * numpy.sqrt(variance * 2 * numpy.pi))
    return (FACTORS * integrals).sum(axis=0) + 0.5 * FACTORS.sum()
