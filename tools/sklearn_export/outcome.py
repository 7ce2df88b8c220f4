"""What an estimator gives, and the steps that many estimators have in common.

Each function of an estimator takes the graph, the fitted estimator, the columns that it is given, and its path; it
returns an Outcome.
"""

from sklearn.utils.validation import check_is_fitted

from .sparse import TAKES_ROWS, dense, is_sparse
from .transformers import is_of_sklearn
from .unsupported import Unsupported, of_class, within


class Outcome:
    """What an estimator gives: columns.

    `label` is the predicted value or the position of the predicted class; `probabilities` has a column for each class,
    or is None if the estimator has none; `margins` is what decision_function gives, or the raw value."""

    def __init__(self, label, classes=None, probabilities=None, margins=()):
        self.label = label
        self.classes = classes
        self.probabilities = probabilities
        self.margins = list(margins)


def classes_of(model):
    """The classes of a classifier, or None. CatBoost's regressions have none in `classes_`."""
    classes = getattr(model, "classes_", None)
    return None if classes is None or len(classes) == 0 else classes


def estimated(graph, model, columns, path):
    """The outcome of an estimator; also of a pipeline that ends with one, and of a wrapper around one."""
    name = type(model).__name__
    function = graph.estimators.get(name)
    if function is None or not is_of_sklearn(model):
        raise of_class(path, model)
    check_is_fitted(model)
    classes = classes_of(model)
    if classes is not None and not isinstance(classes, list) and len(classes) < 2:  # A list has those of several targets.
        raise Unsupported(f"the {name} knows one class; supported are two or more classes")
    is_container = name in ("Pipeline", "FrozenEstimator") or hasattr(model, "best_estimator_")
    path = path if is_container else path or name.lower()
    if is_sparse(columns) and name not in TAKES_ROWS and not hasattr(model, "get_support"):
        columns = dense(graph, path, columns, model)
    return within(path, function, graph, model, columns, path)


def numbers_of(graph, columns, path):
    for column in columns:
        column.require_number(path)
    graph.finite(path, columns)


def label_of_margins(graph, path, margins):
    if len(margins) == 1:
        return graph.add("threshold", path, margins, 1, {"values": [0]})[0]
    return graph.add("argmax", path, margins, 1)[0]


def both(graph, path, positive):
    """The probabilities of two classes, from that of the second."""
    minus = {"multiply": [-1.0], "add": [1.0]}
    return [graph.each("scale", path, [positive], minus)[0], positive]


def one_vs_rest_probabilities(graph, path, margins):
    logistic = graph.each("logistic", path, margins)
    return both(graph, path, logistic[0]) if len(margins) == 1 else graph.each("share", path, logistic)


def softmax_probabilities(graph, path, margins):
    return graph.each("softmax", path, margins)
