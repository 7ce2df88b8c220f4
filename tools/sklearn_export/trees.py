"""Trees and forests."""

from .forest import averaged, boosted, evaluation, histogram, isolation, takes_missing
from .outcome import Outcome, both, numbers_of
from .targets import OneTarget, target_of
from .unsupported import Unsupported


def of_forest(graph, model, columns, path, body):
    """The outcome of a forest: of its sums, its probabilities or its value."""
    classes = getattr(model, "classes_", None)
    forest, link = body["forest"], body["link"]
    count = len(forest["base"])
    outputs = 1 if classes is None else 2 if len(classes) == 2 else 1 + len(classes)
    margins = 0 if link in ("mean", "probabilities") else count
    document = {"precision": body["precision"], "link": link, **forest}
    evaluate = evaluation(model, link, outputs, count, columns)
    found = graph.add("forest", path, columns, outputs + margins, forest=document, evaluate=evaluate)
    probabilities = None
    if classes is not None:
        probabilities = both(graph, path, found[1]) if len(classes) == 2 else found[1:outputs]
    return Outcome(found[0], classes, probabilities, found[outputs:])


def averaged_trees(graph, model, columns, path):
    for column in columns:
        column.require_number(path)
    if not takes_missing(model):
        graph.finite(path, columns)
    encodings = [None] * len(columns)
    if model.n_outputs_ == 1:
        return of_forest(graph, model, columns, path, averaged(model, encodings))
    target = target_of(graph, model, model.n_outputs_)
    classes = model.classes_[target] if hasattr(model, "classes_") else None
    body = averaged(model, encodings, target)
    return of_forest(graph, OneTarget(model, target, classes), columns, path, body)


def boosted_trees(graph, model, columns, path):
    numbers_of(graph, columns, path)
    return of_forest(graph, model, columns, path, boosted(model, [None] * len(columns)))


def histogram_trees(graph, model, columns, path):
    def coded(position, categories):
        feature = columns[position].feature
        return [feature.code(each) if feature is not None else float(each) for each in categories]

    body = histogram(model, [None] * len(columns), coded)
    for column, categories in zip(columns, body["known"]):
        if categories is None:
            column.require_number(path)
    return of_forest(graph, model, columns, path, body)


def isolation_forest(graph, model, columns, path):
    """1 for inliers, -1 for outliers; the margin is decision_function, which is below 0 for outliers."""
    for each in model.estimators_features_:
        if list(each) != list(range(model.n_features_in_)):
            raise Unsupported("the IsolationForest has trees of some features only (max_features)")
    numbers_of(graph, columns, path)
    forest, divisor, evaluate = isolation(model)
    depths = graph.add("forest", path, columns, 2, forest=forest, evaluate=evaluate)[:1]
    exponent = graph.each("scale", path, depths, {"divide": [divisor], "multiply": [-1.0]})
    score = graph.each("negative", path, graph.each("exp2", path, exponent))
    margin = graph.each("scale", path, score, {"subtract": [model.offset_]})
    inlier = graph.add("threshold", path, margin, 1, {"values": [0], "inclusive": [1]})
    label = graph.each("scale", path, inlier, {"multiply": [2.0], "add": [-1.0]})[0]
    return Outcome(label, margins=margin)
