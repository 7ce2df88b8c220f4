"""The transformers of scikit-learn as steps.

Each function takes the graph, the fitted transformer, the columns that it is given, and its path in the pipeline; it
returns the columns that the transformer gives. What a transformer does to each value of a column is asked of the
transformer itself where that is possible, so that it is right in every version.
"""

import warnings

import numpy

from .graph import NAN, UNKNOWN, is_missing, plain
from .sparse import TAKES_ROWS, dense, is_sparse, linear_sums, multiplied, require_double, selected, sparse_function, width_of
from .texts import TEXTS, is_vectorizer
from .unsupported import Unsupported, of_class, within

FUNCTIONS = {
    "absolute": "absolute",
    "arccos": "arccos",
    "arcsin": "arcsin",
    "arctan": "arctan",
    "cbrt": "cbrt",
    "ceil": "ceil",
    "cos": "cos",
    "cosh": "cosh",
    "deg2rad": "deg2rad",
    "radians": "deg2rad",
    "exp": "exp",
    "exp2": "exp2",
    "expm1": "expm1",
    "expit": "logistic",
    "fabs": "absolute",
    "floor": "floor",
    "log": "log",
    "log10": "log10",
    "log1p": "log1p",
    "log2": "log2",
    "negative": "negative",
    "rad2deg": "rad2deg",
    "degrees": "rad2deg",
    "reciprocal": "reciprocal",
    "rint": "rint",
    "sign": "sign",
    "sin": "sin",
    "sinh": "sinh",
    "sqrt": "sqrt",
    "square": "square",
    "tan": "tan",
    "tanh": "tanh",
    "trunc": "trunc",
}


def transformed(graph, step, columns, path):
    """The columns that a step makes of columns. `step` may also be passthrough or drop."""
    if step is None or isinstance(step, str):
        return [] if step == "drop" else columns
    function = graph.transformers.get(type(step).__name__)
    if hasattr(step, "get_support") and function is None and is_of_sklearn(step):
        function = selection
    if function is None or not is_of_sklearn(step):
        raise of_class(path, step)
    if is_sparse(columns):
        function = sparse_function(step, columns) or function
        if function.__module__ != dense.__module__ and function is not selection and type(step).__name__ not in TAKES_ROWS:
            columns = dense(graph, path, columns, step)
    found = within(path, function, graph, step, columns, path)
    if function not in (pipeline, column_transformer, feature_union):
        graph.leaves.append((step, columns, found))
    return found


def is_of_sklearn(step):
    return type(step).__module__.split(".")[0] in ("sklearn", "imblearn", "xgboost", "lightgbm", "catboost")


# Containers.


def pipeline(graph, step, columns, path):
    for name, each in step.steps:
        if not hasattr(each, "fit_resample"):  # imbalanced-learn's samplers do nothing in prediction.
            columns = transformed(graph, each, columns, f"{path}/{name}" if path else name)
    return columns


def column_transformer(graph, step, columns, path):
    inputs = step._transformer_to_input_indices
    parts = []
    for name, each, given in step.transformers_:
        chosen = [columns[i] for i in inputs[name]]
        if reads_series(each) and not isinstance(given, (str, int, numpy.integer)):
            raise Unsupported(f"the step {path}/{name} is given a list of columns; a vectorizer takes one column by its name")
        found = transformed(graph, each, chosen, f"{path}/{name}") if chosen else []
        place = step.output_indices_[name]
        if place.stop - place.start != width_of(found):
            raise Unsupported(f"the step {path}/{name} gives {width_of(found)} columns, and scikit-learn {place.stop - place.start}")
        parts.append((place.start, found))
    return [column for _, found in sorted(parts, key=lambda part: part[0]) for column in found]


def feature_union(graph, step, columns, path):
    found = []
    weights = step.transformer_weights or {}
    for name, each in step.transformer_list:
        part = transformed(graph, each, columns, f"{path}/{name}")
        if name in weights and part:
            part = multiplied(graph, f"{path}/{name}", part, [weights[name]] * width_of(part))
        found += part
    return found


def reads_series(step):
    """Whether the first step is a vectorizer of texts."""
    while getattr(step, "steps", None):
        step = step.steps[0][1]
    return is_vectorizer(step)


# Encoders.


def probed(step, position, values):
    """What an encoder gives for rows that differ in one column only."""
    row = [first(categories) for categories in step.categories_]
    rows = []
    for value in values:
        row[position] = value
        rows.append(list(row))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = step.transform(numpy.array(rows, dtype=object))
    found = found.toarray() if hasattr(found, "toarray") else found
    return numpy.asarray(found, dtype=float)


def first(categories):
    return next((plain(each) for each in categories if not is_missing(each)), plain(categories[0]))


def categories_of(step, columns, position, path):
    """The categories of a column, and the numbers that stand for them."""
    categories = [plain(each) for each in step.categories_[position]]
    column = columns[position]
    missing = [each for each in categories if is_missing(each)]
    if len(missing) > 1:
        raise Unsupported(f"the step {path} distinguishes None and NaN; supported is one missing value")
    if column.feature is None and any(isinstance(each, str) for each in categories):
        raise Unsupported(f"the step {path} encodes texts that another step computes")
    if missing and column.feature is not None:
        column.feature.claim_missing(missing[0])
    return categories, [
        column.feature.code(each) if column.feature is not None else NAN if is_missing(each) else float(each)
        for each in categories
    ]


def unknown_of(categories):
    """A value that is none of the categories, of their type."""
    if any(isinstance(each, str) for each in categories):
        return UNKNOWN
    numbers = [float(each) for each in categories if not is_missing(each)]
    return (max(numbers) if numbers else 0.0) + 12345.5


def unknown_answer(step, position, categories):
    """What the encoder gives for a value that it does not know; None if it refuses it."""
    try:
        return probed(step, position, [unknown_of(categories)])[0]
    except ValueError:
        return None


def one_hot(graph, step, columns, path):
    found = []
    widths = step._n_features_outs
    for position in range(len(columns)):
        categories, keys = categories_of(step, columns, position, path)
        place = slice(sum(widths[:position]), sum(widths[: position + 1]))
        rows = probed(step, position, categories)[:, place]
        numbers = {"keys": keys, "columns": [index_of_one(row) for row in rows]}
        unknown = unknown_answer(step, position, categories)
        if unknown is not None:
            numbers["unknown"] = [index_of_one(unknown[place])]
        found += graph.add("one-hot", path, [columns[position]], widths[position], numbers)
    return found


def index_of_one(row):
    found = numpy.flatnonzero(row)
    return int(found[0]) if len(found) else -1


def ordinal(graph, step, columns, path):
    return looked_up(graph, step, columns, path, 1)


def target(graph, step, columns, path):
    return looked_up(graph, step, columns, path, len(step.classes_) if step.target_type_ == "multiclass" else 1)


def looked_up(graph, step, columns, path, width):
    found = []
    for position in range(len(columns)):
        categories, keys = categories_of(step, columns, position, path)
        place = slice(position * width, (position + 1) * width)
        rows = probed(step, position, categories)[:, place]
        numbers = {"keys": keys, "values": rows.T.ravel()}
        unknown = unknown_answer(step, position, categories)
        if unknown is not None:
            numbers["unknown"] = unknown[place]
        missing = bool(numpy.isnan(rows).any() or (unknown is not None and numpy.isnan(unknown[place]).any()))
        found += graph.add("lookup", path, [columns[position]], width, numbers, missing)
    return found


# Numbers.


def scaled(graph, path, columns, hints=(), **operations):
    numbers = {name: values for name, values in operations.items() if values is not None}
    for column, *values in zip(columns, *hints):
        hint(column, values)
    return graph.each("scale", path, columns, numbers) if numbers else columns


def hint(column, values):
    if column.feature is not None:
        column.feature.hint(values)


def standard_scaler(graph, step, columns, path):
    mean = step.mean_ if step.with_mean else None
    scale = step.scale_ if step.with_std else None
    hints = () if step.mean_ is None else (step.mean_,)
    if step.mean_ is not None and scale is not None:
        hints = (step.mean_, step.mean_ - 2 * scale, step.mean_ + scale)
    return scaled(graph, path, columns, hints, subtract=mean, divide=scale)


def min_max_scaler(graph, step, columns, path):
    low, high = (step.feature_range if step.clip else (None, None))
    count = len(columns)
    return scaled(
        graph,
        path,
        columns,
        (step.data_min_, step.data_max_, step.data_max_ + step.data_range_, step.data_min_ - step.data_range_),
        multiply=step.scale_,
        add=step.min_,
        low=None if low is None else [low] * count,
        high=None if high is None else [high] * count,
    )


def max_abs_scaler(graph, step, columns, path):
    return scaled(graph, path, columns, (step.max_abs_, -step.max_abs_ / 2), divide=step.scale_)


def robust_scaler(graph, step, columns, path):
    hints = () if step.center_ is None else (step.center_,)
    return scaled(graph, path, columns, hints, subtract=step.center_, divide=step.scale_)


def normalizer(graph, step, columns, path):
    graph.finite(path, columns)
    return graph.each("normalize", path, columns, {"norm": [{"max": 0, "l1": 1, "l2": 2}[step.norm]]}, missing=False)


def binarizer(graph, step, columns, path):
    for column in columns:
        hint(column, [step.threshold])
    graph.finite(path, columns)
    return graph.each("threshold", path, columns, {"values": [step.threshold] * len(columns)}, missing=False)


def k_bins(graph, step, columns, path):
    graph.finite(path, columns)
    found = []
    for column, edges in zip(columns, step.bin_edges_):
        column.require_number(path)
        hint(column, [*edges, *((edges[1:] + edges[:-1]) / 2), edges[0] - 1, edges[-1] + 1])
        binned = graph.add("bin", path, [column], 1, {"edges": edges[1:-1]})
        if step.encode != "ordinal":
            bins = len(edges) - 1
            numbers = {"keys": range(bins), "columns": range(bins), "unknown": [-1]}
            binned = graph.add("one-hot", path, binned, bins, numbers)
        found += binned
    return found


def polynomial(graph, step, columns, path):
    """The powers in the order of the library: each product is a lower one times one column, as it computes them."""
    for column in columns:
        column.require_number(path)
    graph.finite(path, columns)
    places = {}  # powers -> position among the inputs and the products
    left, right = [], []
    order = []
    for powers in step.powers_:
        factors = [i for i, power in enumerate(powers) for _ in range(power)]
        order.append(tuple(factors))
    for factors in sorted(set(order), key=len):
        position_of(factors, places, left, right, len(columns))
    products = graph.add("product", path, columns, len(left), {"left": left, "right": right}) if left else []
    one = graph.add("constant", path, [], 1, {"values": [1]}) if () in order else []
    every = [*columns, *products]
    return [one[0] if not factors else every[places[factors]] for factors in order]


def position_of(factors, places, left, right, columns):
    """The position of a product. The library multiplies the product without its first factor by that factor."""
    if not factors:
        return None
    if len(factors) == 1:
        places[factors] = factors[0]
    elif factors not in places:
        rest = position_of(factors[1:], places, left, right, columns)
        left.append(rest)
        right.append(factors[0])
        places[factors] = columns + len(left) - 1
    return places[factors]


def power(graph, step, columns, path):
    for column in columns:
        hint(column, [0.0, 0.5, -0.5, 3.0, -3.0] if step.method == "yeo-johnson" else [0.5, 1.0, 3.0])
    numbers = {"lambdas": step.lambdas_, "boxcox": [1 if step.method == "box-cox" else 0]}
    found = graph.each("power", path, columns, numbers)
    return standard_scaler(graph, step._scaler, found, path) if step.standardize else found


def quantile(graph, step, columns, path):
    found = []
    for column, quantiles in zip(columns, step.quantiles_.T):
        column.require_number(path)
        chosen = quantiles[:: max(1, len(quantiles) // 10)]
        hint(column, [*chosen, quantiles[-1], (quantiles[0] + quantiles[-1]) / 2, quantiles[0] - 1, quantiles[-1] + 1])
        numbers = {
            "quantiles": quantiles,
            "references": step.references_,
            "normal": [1 if step.output_distribution == "normal" else 0],
        }
        found += graph.add("quantile", path, [column], 1, numbers, column.missing)
    return found


def function(graph, step, columns, path):
    return applied(graph, step.func, step.kw_args, columns, path)


def applied(graph, func, arguments, columns, path):
    if func is None:
        return columns
    name = getattr(func, "__name__", type(func).__name__)
    known = FUNCTIONS.get(name) if isinstance(func, numpy.ufunc) else None
    if known is None or arguments:
        raise Unsupported(
            f"the step {path} applies the function {name}{' with arguments' if known else ''}; supported are None and the"
            f" functions of NumPy {', '.join(sorted(FUNCTIONS))}"
        )
    for column in columns:
        hint(column, [0.25, 0.5, 1.0, 2.5])
    risky = known in ("log", "log10", "log2", "log1p", "sqrt", "reciprocal", "arccos", "arcsin", "exp", "expm1", "exp2", "tan")
    return graph.each(known, path, columns, missing=True if risky else None)


# Missing values.


def missing_number(column, value):
    """The parameter of a step for the value that counts as missing; none for NaN."""
    if is_missing(value):
        if column.feature is not None:
            column.feature.claim_missing(value)
        return {}
    if column.feature is None:
        return {"missing": [float(value)]}
    return {"missing": [column.feature.code(value)]}


def simple_imputer(graph, step, columns, path):
    found = []
    for column, statistic in zip(columns, step.statistics_):
        empty = is_missing(statistic) and not getattr(step, "keep_empty_features", False)
        if empty and step.strategy != "constant":
            continue
        if column.feature is None:
            value = float(statistic)
        else:
            value = column.feature.code(statistic)
        numbers = {"values": [value], **missing_number(column, step.missing_values)}
        still = column.missing and not is_missing(step.missing_values)
        found += graph.add("impute", path, [column], 1, numbers, still, [column.feature])
    if step.add_indicator:
        found += missing_indicator(graph, step.indicator_, columns, path)
    return found


def missing_indicator(graph, step, columns, path):
    return [
        added
        for i in step.features_
        for added in graph.add("missing", path, [columns[i]], 1, missing_number(columns[i], step.missing_values))
    ]


def as_nan(graph, step, columns, path):
    """The columns with NaN for what the step takes for missing."""
    for column in columns:
        column.require_number(path)
    if is_missing(step.missing_values):
        return columns
    numbers = {"values": [NAN] * len(columns), "missing": [float(step.missing_values)]}
    return graph.each("impute", path, columns, numbers, missing=True)


def with_indicator(graph, step, columns, found, path):
    return found + missing_indicator(graph, step.indicator_, columns, path) if step.add_indicator else found


def knn_imputer(graph, step, columns, path):
    if step.weights not in ("uniform", "distance") or step.metric != "nan_euclidean":
        raise Unsupported(f"the step {path} has a function for its weights or its metric; supported are names")
    given = as_nan(graph, step, columns, path)
    numbers = {
        "rows": numpy.where(step._mask_fit_X, NAN, step._fit_X).ravel(),
        "neighbors": [step.n_neighbors],
        "distance": [1 if step.weights == "distance" else 0],
        "all": [1 if counts_rows_without_a_distance(type(step)) else 0],
    }
    imputed = graph.add("knn-impute", path, given, len(given), numbers)
    found = []
    for column, isknown in zip(imputed, step._valid_mask):
        if isknown:
            found.append(column)
        elif step.keep_empty_features:
            found += graph.add("constant", path, [], 1, {"values": [0]})
    return with_indicator(graph, step, columns, found, path)


def counts_rows_without_a_distance(kind):
    """Whether rows that have no column in common with the row count, as in scikit-learn up to 1.5."""
    probe = kind(n_neighbors=2).fit([[1.0, 1.0], [NAN, 2.0]])
    return probe.transform([[0.0, NAN]])[0, 1] == 1.5


def iterative_imputer(graph, step, columns, path):
    """Each missing value is predicted from the other columns, round by round."""
    from .outcome import estimated  # It needs the transformers itself.

    if step.sample_posterior:
        raise Unsupported(f"the step {path} has sample_posterior=True, so its values are random")
    if getattr(step, "keep_empty_features", False):
        raise Unsupported(f"the step {path} has keep_empty_features=True; supported is False")
    given = as_nan(graph, step, columns, path)
    isempty = numpy.isnan(numpy.asarray(step.initial_imputer_.statistics_, dtype=float))
    given = [column for column, empty in zip(given, isempty) if not empty]
    statistics = step.initial_imputer_.statistics_[~isempty]
    filled = graph.each("impute", path, given, {"values": statistics}, missing=False)
    sequence = step.imputation_sequence_ if step.n_iter_ else []
    for feature, neighbours, estimator in sequence:
        predicted = estimated(graph, estimator, [filled[i] for i in neighbours], f"{path}/{feature}").label
        bounds = {"low": [step._min_value[feature]], "high": [step._max_value[feature]]}
        predicted = graph.each("scale", path, [predicted], bounds)[0]
        filled[feature] = graph.add("fill", path, [given[feature], predicted], 1)[0]
    return with_indicator(graph, step, columns, filled, path)


def splines(graph, step, columns, path):
    graph.finite(path, columns)
    if step.extrapolation == "linear" and step.degree < 2 and len(columns) > 1:
        raise Unsupported(  # scikit-learn itself begins its lines elsewhere for each further column.
            f"the step {path} goes on by lines with the degree {step.degree} for {len(columns)} columns; supported are a step"
            " for each column, or a higher degree"
        )
    found = []
    for column, spline in zip(columns, step.bsplines_):
        column.require_number(path)
        knots, degree, count = spline.t, spline.k, spline.c.shape[1]
        first, last = knots[degree], knots[-degree - 1]
        hint(column, [*knots, (first + last) / 2, first - 0.3 * (last - first), last + 1.7 * (last - first)])
        numbers = {"knots": knots, "degree": [degree]}
        if step.extrapolation in ("constant", "linear"):
            numbers.update(lines(spline, first, last, step.extrapolation == "linear"))
        elif step.extrapolation == "periodic":
            numbers["periodic"] = [1]
        elif step.extrapolation == "error":
            numbers["limited"] = [1]
        given = graph.add("spline", path, [column], count, numbers)
        found += given if step.include_bias else given[:-1]
    return found


def lines(spline, first, last, islinear):
    """The values and the slopes of the splines at both ends, as far as the library goes on with them."""
    count, degree = spline.c.shape[1], spline.k
    reach = degree + 1 if islinear and degree <= 1 else degree
    lower = numpy.arange(count) < reach
    upper = numpy.arange(count) >= count - reach
    none = numpy.zeros(count)
    return {
        "low": numpy.where(lower, spline(first), 0.0),
        "high": numpy.where(upper, spline(last), 0.0),
        "low-slopes": numpy.where(lower, spline(first, nu=1), 0.0) if islinear else none,
        "high-slopes": numpy.where(upper, spline(last, nu=1), 0.0) if islinear else none,
    }


# Columns.


def selection(graph, step, columns, path):
    return selected(graph, path, columns, step.get_support())


def linear(graph, path, columns, weights, intercepts):
    for column in columns:
        column.require_number(path)
    graph.finite(path, columns)
    require_double(path, columns, weights)
    if is_sparse(columns):
        return linear_sums(graph, path, columns, weights, intercepts)
    numbers = {"weights": numpy.ravel(weights), "intercepts": intercepts}
    return graph.add("linear", path, columns, len(intercepts), numbers)


def pca(graph, step, columns, path):
    graph.finite(path, columns)
    if step.mean_ is not None:
        columns = scaled(graph, path, columns, (step.mean_,), subtract=step.mean_)
    found = linear(graph, path, columns, step.components_, [0.0] * len(step.components_))
    if step.whiten:
        scale = numpy.sqrt(step.explained_variance_)
        smallest = numpy.finfo(scale.dtype).eps
        found = scaled(graph, path, found, divide=numpy.where(scale < smallest, smallest, scale))
    return found


def truncated_svd(graph, step, columns, path):
    return linear(graph, path, columns, step.components_, [0.0] * len(step.components_))


TRANSFORMERS = {
    "Binarizer": binarizer,
    "ColumnTransformer": column_transformer,
    "FeatureUnion": feature_union,
    "FunctionTransformer": function,
    "IncrementalPCA": pca,
    "IterativeImputer": iterative_imputer,
    "KBinsDiscretizer": k_bins,
    "KNNImputer": knn_imputer,
    "MaxAbsScaler": max_abs_scaler,
    "MinMaxScaler": min_max_scaler,
    "MissingIndicator": missing_indicator,
    "Normalizer": normalizer,
    "OneHotEncoder": one_hot,
    "OrdinalEncoder": ordinal,
    "PCA": pca,
    "Pipeline": pipeline,
    "PolynomialFeatures": polynomial,
    "PowerTransformer": power,
    "QuantileTransformer": quantile,
    "RobustScaler": robust_scaler,
    "SimpleImputer": simple_imputer,
    "SplineTransformer": splines,
    "StandardScaler": standard_scaler,
    "TargetEncoder": target,
    "TruncatedSVD": truncated_svd,
    **TEXTS,
}
