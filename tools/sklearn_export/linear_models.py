"""Linear models and discriminants."""

import numpy

from .forest import linear_is_one_vs_rest
from .outcome import Outcome, both, label_of_margins, numbers_of, one_vs_rest_probabilities, softmax_probabilities
from .sparse import require_double
from .targets import target_of
from .transformers import linear, scaled
from .unsupported import Unsupported


def sums(graph, model, columns, path):
    require_double(path, columns, model.coef_)
    weights = numpy.atleast_2d(numpy.asarray(model.coef_, dtype=float))
    intercepts = numpy.broadcast_to(numpy.asarray(model.intercept_, dtype=float).ravel(), weights.shape[:1])
    return linear(graph, path, columns, weights, intercepts)


def linear_regression(graph, model, columns, path):
    require_double(path, columns, model.coef_)
    weights = numpy.atleast_2d(numpy.asarray(model.coef_, dtype=float))
    target = target_of(graph, model, len(weights)) if numpy.ndim(model.coef_) > 1 else 0
    intercepts = numpy.broadcast_to(numpy.asarray(model.intercept_, dtype=float).ravel(), weights.shape[:1])
    found = linear(graph, path, columns, weights[target : target + 1], intercepts[target : target + 1])
    return Outcome(found[0], margins=found)


def generalized(graph, model, columns, path):
    """Poisson, gamma and Tweedie regressions: the exponential of the sum, unless the link is the identity."""
    found = sums(graph, model, columns, path)
    link = type(model._base_loss.link).__name__ if hasattr(model, "_base_loss") else "LogLink"
    if link not in ("LogLink", "IdentityLink"):
        raise Unsupported(f"the {type(model).__name__} has the link {link}; supported are log and identity")
    label = graph.each("exp", path, found)[0] if link == "LogLink" else found[0]
    return Outcome(label, margins=found)


def logistic_regression(graph, model, columns, path):
    margins = sums(graph, model, columns, path)
    if linear_is_one_vs_rest(model):
        probabilities = one_vs_rest_probabilities(graph, path, margins)
    elif len(margins) == 1:
        negative = graph.each("negative", path, margins)
        probabilities = softmax_probabilities(graph, path, [*negative, *margins])
    else:
        probabilities = softmax_probabilities(graph, path, margins)
    return Outcome(label_of_margins(graph, path, margins), model.classes_, probabilities, margins)


def linear_classifier(graph, model, columns, path):
    margins = sums(graph, model, columns, path)
    if getattr(getattr(model, "_label_binarizer", None), "y_type_", "").startswith("multilabel"):
        margin = margins[target_of(graph, model, len(margins))]
        return Outcome(label_of_margins(graph, path, [margin]), [0, 1], None, [margin])
    return Outcome(label_of_margins(graph, path, margins), model.classes_, None, margins)


def sgd_classifier(graph, model, columns, path):
    found = linear_classifier(graph, model, columns, path)
    if model.loss == "log_loss":
        found.probabilities = one_vs_rest_probabilities(graph, path, found.margins)
    elif model.loss == "modified_huber":
        count = len(found.margins)
        clipped = graph.each("scale", path, found.margins, {"low": [-1.0] * count, "high": [1.0] * count})
        halved = graph.each("scale", path, clipped, {"subtract": [-1.0] * count, "divide": [2.0] * count})
        found.probabilities = both(graph, path, halved[0]) if count == 1 else graph.each("share", path, halved)
    return found


def discriminant(graph, model, columns, path):
    margins = sums(graph, model, columns, path)
    probabilities = (
        both(graph, path, graph.each("logistic", path, margins)[0])
        if len(margins) == 1
        else softmax_probabilities(graph, path, margins)
    )
    return Outcome(label_of_margins(graph, path, margins), model.classes_, probabilities, margins)


def quadratic_discriminant(graph, model, columns, path):
    """The logarithms of densities: half of the squared distance in the axes of each class, and a constant."""
    numbers_of(graph, columns, path)
    parts = zip(model.means_, model.rotations_, model.scalings_, model.priors_)
    found = [log_density(graph, path, columns, *part) for part in parts]
    label = graph.add("argmax", path, found, 1)[0]
    margins = found
    if len(found) == 2:
        margins = linear(graph, path, found, [[-1.0, 1.0]], [0.0])
        label = label_of_margins(graph, path, margins)
    return Outcome(label, model.classes_, softmax_probabilities(graph, path, found), margins)


def log_density(graph, path, columns, mean, rotation, scaling, prior):
    centred = graph.each("scale", path, columns, {"subtract": mean})
    axes = (rotation * scaling**-0.5).T
    squares = graph.each("square", path, linear(graph, path, centred, axes, [0.0] * len(axes)))
    constant = numpy.log(prior) - 0.5 * numpy.sum(numpy.log(scaling))
    return linear(graph, path, squares, [[-0.5] * len(squares)], [constant])[0]


def partial_least_squares(graph, model, columns, path):
    """The regressions of partial least squares, whose coefficients are those of scaled columns."""
    numbers_of(graph, columns, path)
    columns = scaled(graph, path, columns, (model._x_mean,), subtract=model._x_mean, divide=model._x_std)
    return linear_regression(graph, model, columns, path)
