"""The estimators of scikit-learn as steps.

Each function takes the graph, the fitted estimator, the columns that it is given, and its path; it returns an Outcome.
"""

import numpy
from sklearn.utils.validation import check_is_fitted

from .forest import averaged, boosted, evaluation, histogram, isolation, linear_is_one_vs_rest, samme, takes_missing
from .transformers import applied, is_of_sklearn, linear, scaled, selection, transformed
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


def estimated(graph, model, columns, path):
    """The outcome of an estimator; also of a pipeline that ends with one, and of a wrapper around one."""
    function = ESTIMATORS.get(type(model).__name__)
    if function is None or not is_of_sklearn(model):
        raise of_class(path, model)
    check_is_fitted(model)
    outputs = getattr(model, "n_outputs_", 1)
    if outputs != 1 and function is not network:
        raise Unsupported(f"the {type(model).__name__} predicts {outputs} outputs; supported is one")
    classes = getattr(model, "classes_", None)
    if isinstance(classes, list) or (classes is not None and len(classes) < 2):
        raise Unsupported(f"the {type(model).__name__} knows one class, or has several outputs; supported are two or more classes")
    is_container = function in (pipeline, best, frozen)
    path = path if is_container else path or type(model).__name__.lower()
    return within(path, function, graph, model, columns, path)


def numbers_of(graph, columns, path):
    for column in columns:
        column.require_number(path)
    graph.finite(path, columns)


# Containers and wrappers.


def pipeline(graph, model, columns, path):
    *steps, (name, last) = model.steps
    prefix = f"{path}/" if path else ""
    for step, each in steps:
        if not hasattr(each, "fit_resample"):
            columns = transformed(graph, each, columns, prefix + step)
    return estimated(graph, last, columns, prefix + name)


def best(graph, model, columns, path):
    return estimated(graph, model.best_estimator_, columns, path)


def frozen(graph, model, columns, path):
    return estimated(graph, model.estimator, columns, path)


def of_selected(graph, model, columns, path):
    return estimated(graph, model.estimator_, selection(graph, model, columns, path), path)


def thresholded(graph, model, columns, path):
    """A classifier whose positive class is predicted from a threshold of its probability or margin on."""
    inner = estimated(graph, model.estimator_, columns, path)
    threshold = getattr(model, "best_threshold_", getattr(model, "threshold", None))
    if model.pos_label is not None and model.pos_label != model.classes_[1]:
        raise Unsupported(f"the {type(model).__name__} has another positive class than the last (pos_label)")
    method = getattr(model, "response_method", "auto")
    by_margin = method == "decision_function" or inner.probabilities is None
    if threshold == "auto":
        threshold = 0.0 if by_margin else 0.5
    given = inner.margins[0] if by_margin else inner.probabilities[1]
    label = graph.add("threshold", path, [given], 1, {"values": [threshold], "inclusive": [1]})[0]
    return Outcome(label, inner.classes, inner.probabilities, inner.margins)


def transformed_target(graph, model, columns, path):
    inner = estimated(graph, model.regressor_, columns, path)
    given = [inner.label]
    transformer = model.transformer_
    kind = type(transformer).__name__
    if kind == "FunctionTransformer":
        given = applied(graph, transformer.inverse_func, transformer.inv_kw_args, given, f"{path}/inverse_func")
    elif kind == "StandardScaler":
        given = scaled(graph, path, given, multiply=transformer.scale_, add=transformer.mean_)
    elif kind == "MinMaxScaler":
        given = scaled(graph, path, given, subtract=transformer.min_, divide=transformer.scale_)
    elif kind == "RobustScaler":
        given = scaled(graph, path, given, multiply=transformer.scale_, add=transformer.center_)
    else:
        raise Unsupported(
            f"the TransformedTargetRegressor has a {kind}; supported are named functions of NumPy, StandardScaler,"
            " MinMaxScaler and RobustScaler"
        )
    return Outcome(given[0])


# Linear models.


def sums(graph, model, columns, path):
    weights = numpy.atleast_2d(numpy.asarray(model.coef_, dtype=float))
    intercepts = numpy.broadcast_to(numpy.asarray(model.intercept_, dtype=float).ravel(), weights.shape[:1])
    return linear(graph, path, columns, weights, intercepts)


def linear_regression(graph, model, columns, path):
    if numpy.ndim(model.coef_) > 1 and len(model.coef_) > 1:
        raise Unsupported(f"the {type(model).__name__} predicts {len(model.coef_)} outputs; supported is one")
    found = sums(graph, model, columns, path)
    return Outcome(found[0], margins=found)


def ransac(graph, model, columns, path):
    return estimated(graph, model.estimator_, columns, path)


def generalized(graph, model, columns, path):
    """Poisson, gamma and Tweedie regressions: the exponential of the sum, unless the link is the identity."""
    found = sums(graph, model, columns, path)
    link = type(model._base_loss.link).__name__ if hasattr(model, "_base_loss") else "LogLink"
    if link not in ("LogLink", "IdentityLink"):
        raise Unsupported(f"the {type(model).__name__} has the link {link}; supported are log and identity")
    label = graph.each("exp", path, found)[0] if link == "LogLink" else found[0]
    return Outcome(label, margins=found)


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


def one_vs_rest(graph, model, columns, path):
    """One classifier for each class. The class with the highest margin, or else probability, is predicted."""
    if model.multilabel_:
        raise Unsupported("the OneVsRestClassifier predicts several labels at a time; supported is one class")
    parts = [estimated(graph, each, columns, f"{path}/{i}") for i, each in enumerate(model.estimators_)]
    by_margin = hasattr(model.estimators_[0], "decision_function")
    probabilities = None
    if all(part.probabilities is not None for part in parts):
        positive = [part.probabilities[1] for part in parts]
        probabilities = both(graph, path, positive[0]) if len(parts) == 1 else graph.each("share", path, positive)
    margins = [part.margins[0] for part in parts] if by_margin else []
    given = margins if by_margin else [part.probabilities[1] for part in parts]
    if len(parts) == 1:
        label = graph.add("threshold", path, given, 1, {"values": [0.0 if by_margin else 0.5]})[0]
    else:
        label = graph.add("argmax", path, given, 1)[0]
    return Outcome(label, model.classes_, probabilities, margins)


def dummy_regressor(graph, model, columns, path):
    return Outcome(graph.add("constant", path, [], 1, {"values": numpy.ravel(model.constant_)})[0])


def dummy_classifier(graph, model, columns, path):
    if model.strategy not in ("prior", "most_frequent", "constant"):
        raise Unsupported(f"the DummyClassifier has the strategy {model.strategy}, which is random or unknown")
    shares = model.class_prior_ if model.strategy == "prior" else numpy.zeros(len(model.classes_))
    if model.strategy == "most_frequent":
        shares[model.class_prior_.argmax()] = 1
    elif model.strategy == "constant":
        shares[list(model.classes_).index(numpy.ravel(model.constant)[0])] = 1
    found = graph.add("constant", path, [], len(shares), {"values": shares})
    return Outcome(graph.add("argmax", path, found, 1)[0], model.classes_, found)


# Naive Bayes.


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


# Clusters.


def k_means(graph, model, columns, path):
    """The number of the nearest centre: of the highest product with the row, less half of the centre's own square."""
    numbers_of(graph, columns, path)
    centres = numpy.asarray(model.cluster_centers_, dtype=float)
    nearness = linear(graph, path, columns, centres, -0.5 * (centres * centres).sum(axis=1))
    return Outcome(graph.add("argmax", path, nearness, 1)[0])


# Trees.


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
    return of_forest(graph, model, columns, path, averaged(model, [None] * len(columns)))


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


# Networks.


def network(graph, model, columns, path):
    numbers_of(graph, columns, path)
    for weights, intercepts in zip(model.coefs_[:-1], model.intercepts_[:-1]):
        columns = activated(graph, model.activation, linear(graph, path, columns, weights.T, intercepts), path)
    margins = linear(graph, path, columns, model.coefs_[-1].T, model.intercepts_[-1])
    if not hasattr(model, "classes_"):
        if len(margins) != 1:
            raise Unsupported(f"the MLPRegressor predicts {len(margins)} outputs; supported is one")
        return Outcome(margins[0], margins=margins)
    if model.out_activation_ == "softmax":
        probabilities = softmax_probabilities(graph, path, margins)
        return Outcome(graph.add("argmax", path, probabilities, 1)[0], model.classes_, probabilities)
    if len(model.classes_) != 2 or len(margins) != 1:
        raise Unsupported("the MLPClassifier predicts several labels at a time; supported is one class")
    positive = graph.each("logistic", path, margins)[0]
    label = graph.add("threshold", path, [positive], 1, {"values": [0.5]})[0]
    return Outcome(label, model.classes_, both(graph, path, positive))


def activated(graph, activation, columns, path):
    if activation == "relu":
        return graph.each("scale", path, columns, {"low": [0.0] * len(columns)})
    return columns if activation == "identity" else graph.each(activation, path, columns)


# Ensembles of other estimators.


def mean(graph, path, columns, weights):
    """The weighted mean of columns."""
    weights = numpy.asarray(weights, dtype=float)
    return linear(graph, path, columns, weights / weights.sum(), [0.0])[0]


def mean_probabilities(graph, path, outcomes, weights, classes):
    return [
        mean(graph, path, [outcome.probabilities[i] for outcome in outcomes], weights) for i in range(len(classes))
    ]


def voting_classifier(graph, model, columns, path):
    outcomes = [
        estimated(graph, each, columns, f"{path}/{name}") for each, name in zip(model.estimators_, names_of(model))
    ]
    weights = [1.0] * len(outcomes) if model._weights_not_none is None else model._weights_not_none
    classes = model.classes_
    if model.voting == "soft":
        if any(outcome.probabilities is None for outcome in outcomes):
            raise Unsupported(f"the {type(model).__name__} has an estimator without probabilities")
        found = mean_probabilities(graph, path, outcomes, weights, classes)
        return Outcome(graph.add("argmax", path, found, 1)[0], classes, found)
    votes = graph.add("vote", path, [outcome.label for outcome in outcomes], len(classes), {"weights": weights})
    return Outcome(graph.add("argmax", path, votes, 1)[0], classes)


def names_of(model):
    return [name for name, each in model.estimators if not (isinstance(each, str) and each == "drop")]


def voting_regressor(graph, model, columns, path):
    outcomes = [
        estimated(graph, each, columns, f"{path}/{name}") for each, name in zip(model.estimators_, names_of(model))
    ]
    weights = [1.0] * len(outcomes) if model._weights_not_none is None else model._weights_not_none
    return Outcome(mean(graph, path, [outcome.label for outcome in outcomes], weights))


def stacking(graph, model, columns, path):
    found = []
    for each, name, method in zip(model.estimators_, names_of(model), model.stack_method_):
        outcome = estimated(graph, each, columns, f"{path}/{name}")
        if method == "predict_proba":
            found += outcome.probabilities[1:] if len(outcome.classes) == 2 else outcome.probabilities
        elif method == "decision_function":
            found += outcome.margins
        elif outcome.classes is None:
            found.append(outcome.label)
        else:
            raise Unsupported(f"the {type(model).__name__} stacks predicted classes (stack_method)")
    if model.passthrough:
        found += columns
    final = estimated(graph, model.final_estimator_, found, f"{path}/final_estimator")
    if final.classes is not None:
        final.classes = model.classes_
    return final


def calibrated(graph, model, columns, path):
    parts = [calibrated_part(graph, each, columns, f"{path}/{i}") for i, each in enumerate(model.calibrated_classifiers_)]
    count = len(parts)
    classes = model.classes_
    found = [mean(graph, path, [part[i] for part in parts], [1.0] * count) for i in range(len(classes))]
    return Outcome(graph.add("argmax", path, found, 1)[0], classes, found)


def calibrated_part(graph, part, columns, path):
    inner = estimated(graph, part.estimator, columns, path)
    if len(inner.classes) != len(part.classes):
        raise Unsupported("the CalibratedClassifierCV has a part that does not know all classes")
    given = inner.margins if hasattr(part.estimator, "decision_function") else inner.probabilities
    if len(part.classes) == 2:
        given = given[-1:]
    found = [calibration(graph, each, column, path) for each, column in zip(part.calibrators, given)]
    return both(graph, path, found[0]) if len(part.classes) == 2 else graph.each("share", path, found)


def calibration(graph, calibrator, column, path):
    name = type(calibrator).__name__
    if name == "_SigmoidCalibration":
        numbers = {"multiply": [calibrator.a_], "add": [calibrator.b_]}
        return graph.each("logistic", path, graph.each("negative", path, graph.each("scale", path, [column], numbers)))[0]
    if name == "IsotonicRegression":
        return isotonic_column(graph, calibrator, column, path)
    raise Unsupported(f"the CalibratedClassifierCV has a {name}; supported are sigmoid and isotonic")


def isotonic_column(graph, model, column, path):
    if model.out_of_bounds != "clip":
        raise Unsupported(f"the IsotonicRegression has out_of_bounds={model.out_of_bounds!r}; supported is 'clip'")
    numbers = {"x": model.X_thresholds_, "y": model.y_thresholds_}
    return graph.add("interpolate", path, [column], 1, numbers)[0]


def isotonic(graph, model, columns, path):
    numbers_of(graph, columns, path)
    return Outcome(isotonic_column(graph, model, columns[0], path))


def bagging(graph, model, columns, path):
    outcomes = []
    for i, (each, features) in enumerate(zip(model.estimators_, model.estimators_features_)):
        outcomes.append(estimated(graph, each, [columns[feature] for feature in features], f"{path}/{i}"))
    weights = [1.0] * len(outcomes)
    if not hasattr(model, "classes_"):
        return Outcome(mean(graph, path, [outcome.label for outcome in outcomes], weights))
    if any(len(outcome.classes) != len(model.classes_) for outcome in outcomes):
        raise Unsupported(f"the {type(model).__name__} has a part that does not know all classes")
    if outcomes[0].probabilities is None:
        raise Unsupported(f"the {type(model).__name__} has estimators without probabilities")
    found = mean_probabilities(graph, path, outcomes, weights, model.classes_)
    return Outcome(graph.add("argmax", path, found, 1)[0], model.classes_, found)


def adaboost_classifier(graph, model, columns, path):
    numbers_of(graph, columns, path)
    classes = model.classes_
    forest, evaluate = samme(model)
    count = len(classes)
    sums_of = graph.add("forest", path, columns, (2 if count == 2 else 1 + count) + count, forest=forest, evaluate=evaluate)
    margins = graph.each("scale", path, sums_of[-count:], {"divide": [model.estimator_weights_.sum()] * count})
    if count == 2:
        margins = linear(graph, path, margins, [[-1.0, 1.0]], [0.0])
        half = graph.each("scale", path, margins, {"divide": [2.0]})
        probabilities = softmax_probabilities(graph, path, [*graph.each("negative", path, half), *half])
    else:
        scores = graph.each("scale", path, margins, {"divide": [count - 1.0] * count})
        probabilities = softmax_probabilities(graph, path, scores)
    return Outcome(label_of_margins(graph, path, margins), classes, probabilities, margins)


def adaboost_regressor(graph, model, columns, path):
    found = [
        estimated(graph, each, columns, f"{path}/{i}").label for i, each in enumerate(model.estimators_)
    ]
    weights = model.estimator_weights_[: len(found)]
    return Outcome(graph.add("weighted-median", path, found, 1, {"weights": weights})[0])


def table(function, *names):
    return {name: function for name in names}


ESTIMATORS = {
    **table(
        linear_regression,
        "ARDRegression",
        "BayesianRidge",
        "ElasticNet",
        "ElasticNetCV",
        "HuberRegressor",
        "Lars",
        "LarsCV",
        "Lasso",
        "LassoCV",
        "LassoLars",
        "LassoLarsCV",
        "LassoLarsIC",
        "LinearRegression",
        "LinearSVR",
        "OrthogonalMatchingPursuit",
        "OrthogonalMatchingPursuitCV",
        "PassiveAggressiveRegressor",
        "QuantileRegressor",
        "Ridge",
        "RidgeCV",
        "SGDRegressor",
        "TheilSenRegressor",
    ),
    **table(generalized, "GammaRegressor", "PoissonRegressor", "TweedieRegressor"),
    **table(logistic_regression, "LogisticRegression", "LogisticRegressionCV"),
    **table(linear_classifier, "LinearSVC", "PassiveAggressiveClassifier", "Perceptron", "RidgeClassifier", "RidgeClassifierCV"),
    **table(multinomial_bayes, "ComplementNB", "MultinomialNB"),
    **table(
        averaged_trees,
        "DecisionTreeClassifier",
        "DecisionTreeRegressor",
        "ExtraTreeClassifier",
        "ExtraTreeRegressor",
        "ExtraTreesClassifier",
        "ExtraTreesRegressor",
        "RandomForestClassifier",
        "RandomForestRegressor",
    ),
    **table(boosted_trees, "GradientBoostingClassifier", "GradientBoostingRegressor"),
    **table(histogram_trees, "HistGradientBoostingClassifier", "HistGradientBoostingRegressor"),
    **table(best, "GridSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV", "RandomizedSearchCV"),
    **table(thresholded, "FixedThresholdClassifier", "TunedThresholdClassifierCV"),
    **table(k_means, "KMeans", "MiniBatchKMeans"),
    **table(of_selected, "RFE", "RFECV"),
    **table(network, "MLPClassifier", "MLPRegressor"),
    **table(bagging, "BaggingClassifier", "BaggingRegressor"),
    **table(stacking, "StackingClassifier", "StackingRegressor"),
    "AdaBoostClassifier": adaboost_classifier,
    "AdaBoostRegressor": adaboost_regressor,
    "BernoulliNB": bernoulli_bayes,
    "CalibratedClassifierCV": calibrated,
    "CategoricalNB": categorical_bayes,
    "DummyClassifier": dummy_classifier,
    "DummyRegressor": dummy_regressor,
    "FrozenEstimator": frozen,
    "GaussianNB": gaussian_bayes,
    "IsolationForest": isolation_forest,
    "IsotonicRegression": isotonic,
    "LinearDiscriminantAnalysis": discriminant,
    "OneVsRestClassifier": one_vs_rest,
    "Pipeline": pipeline,
    "QuadraticDiscriminantAnalysis": quadratic_discriminant,
    "RANSACRegressor": ransac,
    "SGDClassifier": sgd_classifier,
    "TransformedTargetRegressor": transformed_target,
    "VotingClassifier": voting_classifier,
    "VotingRegressor": voting_regressor,
}
