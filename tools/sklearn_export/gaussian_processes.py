"""Gaussian processes and kernel regressions, which keep the rows of training."""

import numpy

from .outcome import Outcome, both, estimated, label_of_margins
from .points import kernel_numbers, kernel_sums, points_of
from .targets import column_of
from .transformers import linear
from .unsupported import Unsupported

MOST_CLASSIFIED = 2000  # The classifier has the square of so many numbers.
MOST_TERMS = 64


def kernel_ridge(graph, model, columns, path):
    weights = column_of(graph, model, model.dual_coef_)
    points = points_of(model.X_fit_)
    kernel = kernel_numbers(model.kernel, points.shape[1], model.gamma, model.coef0, model.degree, path)
    found = kernel_sums(graph, path, columns, points, kernel, weights, [0.0], expanded=model.kernel == "rbf")
    return Outcome(found[0], margins=found)


def terms_of(kernel, columns, path):
    """A kernel as a sum of products: constants with their factors, each with its number, its parameters and a scale for
    each column."""
    name = type(kernel).__name__
    ones = numpy.ones(columns)
    if name == "Sum":
        found = terms_of(kernel.k1, columns, path) + terms_of(kernel.k2, columns, path)
    elif name == "Product":
        found = product(terms_of(kernel.k1, columns, path), terms_of(kernel.k2, columns, path))
    elif name == "Exponentiation" and kernel.exponent == int(kernel.exponent) and kernel.exponent >= 1:
        inner = found = terms_of(kernel.kernel, columns, path)
        for _ in range(int(kernel.exponent) - 1):
            found = product(found, inner)
    elif name == "WhiteKernel":
        found = []  # It is 0 between two rows.
    elif name == "ConstantKernel":
        found = [(float(kernel.constant_value), [])]
    elif name == "RBF" or (name == "Matern" and kernel.nu == numpy.inf):
        found = [(1.0, [(1, [0.5, 0, 0], ones * kernel.length_scale)])]
    elif name == "Matern" and kernel.nu in (0.5, 1.5, 2.5):
        found = [(1.0, [(4, [kernel.nu, 0, 0], ones * kernel.length_scale)])]
    elif name == "RationalQuadratic":
        found = [(1.0, [(5, [kernel.alpha, kernel.length_scale, 0], ones)])]
    elif name == "ExpSineSquared":
        found = [(1.0, [(6, [kernel.length_scale, kernel.periodicity, 0], ones)])]
    elif name == "DotProduct":
        found = [(1.0, [(0, [1, kernel.sigma_0**2, 1], ones)])]
    else:
        raise Unsupported(
            f"the step {path} has the kernel {kernel}; supported are sums, products and whole powers of RBF, Matern with nu"
            " 0.5, 1.5, 2.5 or infinite, RationalQuadratic, ExpSineSquared, DotProduct, ConstantKernel and WhiteKernel"
        )
    if len(found) > MOST_TERMS:
        raise Unsupported(f"the kernel of the step {path} has {len(found)} products; supported are {MOST_TERMS}")
    return found


def product(left, right):
    return [(a * b, [*factors, *others]) for a, factors in left for b, others in right]


def process_kernel(kernel, columns, path):
    terms = terms_of(kernel, columns, path) or [(0.0, [])]
    factors = [factor for _, found in terms for factor in found]
    return {
        "terms": [len(found) for _, found in terms],
        "constants": [constant for constant, _ in terms],
        "factors": [kind for kind, _, _ in factors],
        "parameters": [number for _, parameters, _ in factors for number in parameters],
        "scales": [scale for _, _, scales in factors for scale in scales],
    }


def process_regressor(graph, model, columns, path):
    """The mean of the process."""
    if not hasattr(model, "X_train_"):
        raise Unsupported("the GaussianProcessRegressor isn't fitted")
    weights = column_of(graph, model, model.alpha_)
    place = (graph.chosen or 0) if numpy.ndim(model.alpha_) > 1 else 0
    points = points_of(model.X_train_)
    kernel = process_kernel(model.kernel_, points.shape[1], path)
    found = kernel_sums(graph, path, columns, points, kernel, weights, [0.0])
    spread, middle = numpy.ravel(model._y_train_std), numpy.ravel(model._y_train_mean)
    numbers = {"multiply": [spread[place if len(spread) > 1 else 0]], "add": [middle[place if len(middle) > 1 else 0]]}
    found = graph.each("scale", path, found, numbers)
    return Outcome(found[0], margins=found)


def process_classifier(graph, model, columns, path):
    """The process of two classes, or one of those for each class or pair."""
    inner = estimated(graph, model.base_estimator_, columns, f"{path}/base_estimator")
    return Outcome(inner.label, model.classes_, inner.probabilities)


def laplace(graph, model, columns, path):
    """The process of two classes by Laplace's approximation: its mean and variance, and the mean of the logistic
    function over them."""
    points = points_of(model.X_train_)
    count = len(points)
    if count > MOST_CLASSIFIED:
        raise Unsupported(f"the step {path} has {count} rows of training; supported are {MOST_CLASSIFIED}")
    if not model.kernel_.is_stationary():
        raise Unsupported(f"the step {path} has the kernel {model.kernel_}; supported are those of distances only")
    kernel = process_kernel(model.kernel_, points.shape[1], path)
    mean = kernel_sums(graph, path, columns, points, kernel, model.y_train_ - model.pi_, [0.0])
    inverse = numpy.linalg.solve(model.L_, numpy.diag(model.W_sr_))
    slack = max(1.0, float(numpy.linalg.cond(model.L_)))
    parts = kernel_sums(graph, path, columns, points, kernel, inverse, [0.0] * count, slack=slack)
    at_itself = float(model.kernel_.diag(points[:1])[0])
    variance = linear(graph, path, graph.each("square", path, parts), [[-1.0] * count], [at_itself])
    positive = graph.add("gaussian-integral", path, [*mean, *variance], 1)[0]
    return Outcome(label_of_margins(graph, path, mean), model.classes_, both(graph, path, positive))
