#!/usr/bin/env python3
"""Writes a fitted scikit-learn model, kept by joblib or pickle, as a file that Nightshift imports.

Reading a joblib or pickle file runs what its author put into it: use it only for files that you trust. The file has to
be read by the version of scikit-learn that wrote it. Needs scikit-learn 1.3 or later and numpy, and nothing else.

The format is described in docs/reference/exchange-format.md.
"""

import argparse
import json
import os
import sys
import warnings

try:
    import joblib
    import numpy
    import sklearn
    from sklearn import ensemble, linear_model, tree
    from sklearn.compose import ColumnTransformer
    from sklearn.exceptions import NotFittedError
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder
    from sklearn.utils.validation import check_is_fitted
except ImportError as error:  # --help works without the libraries
    absent = error
else:
    absent = None

LEAF, MISSING_LEFT, MISSING_RIGHT, SET = range(4)
MAX_CATEGORY = 2**31 - 2

SUPPORTED = """supported are RandomForest, ExtraTrees, DecisionTree, GradientBoosting and HistGradientBoosting (each
Classifier and Regressor), LinearRegression, Ridge and LogisticRegression, and a pipeline of an OrdinalEncoder and one of
the models of trees"""
STEPS = """supported are an OrdinalEncoder, or a ColumnTransformer of OrdinalEncoder and passthrough, before a model of
trees"""


class Unsupported(Exception):
    """What a model has that can't be exported, as a sentence."""


class Forest:
    """Trees as flat arrays, in the order of the format: each tree's nodes level by level, left to right."""

    def __init__(self, width, base, encodings, divisor=1.0, slope=1.0):
        self.width = width
        self.encodings = encodings
        self.base = [float(number) for number in base]
        self.divisor = float(divisor)
        self.slope = float(slope)
        self.trees, self.groups, self.kinds = [], [], []
        self.features, self.thresholds, self.leaves = [], [], []
        self.sets = {}

    def add(self, group, node):
        """Adds a tree. `node(i)` is the numbers of leaf i, or kind, feature, threshold or set, left and right of
        node i; 0 is the root."""
        queue = [0]
        for number in queue:
            found = node(number)
            if isinstance(found, list):
                self.kinds.append(LEAF)
                self.leaves += found
                continue
            kind, feature, threshold, left, right = found
            encoding = self.encodings[feature]
            if encoding is not None:
                kind, threshold, left, right = encoding.split(kind, threshold, left, right)
            self.kinds.append(kind)
            self.features.append(int(feature))
            self.thresholds.append(self.set(threshold) if kind == SET else float(threshold))
            queue += [left, right]
        self.trees.append(len(queue))
        self.groups.append(group)

    def set(self, categories):
        return self.sets.setdefault(tuple(sorted(categories)), len(self.sets))

    def document(self):
        return {
            "width": self.width,
            "base": self.base,
            "divisor": self.divisor,
            "slope": self.slope,
            "goes_left": "<=",
            "trees": self.trees,
            "groups": self.groups,
            "kinds": self.kinds,
            "features": self.features,
            "thresholds": self.thresholds,
            "leaves": self.leaves,
            "set_sizes": [len(categories) for categories in self.sets],
            "set_categories": [category for categories in self.sets for category in categories],
        }


class Encoding:
    """A column that an OrdinalEncoder encodes: the number for each category in the file, the categories if they are
    texts, the code of each, and the codes that a missing or unknown category may have, without those that the model
    refuses."""

    def __init__(self, column, encoder, position):
        every = [each.item() if isinstance(each, numpy.generic) else each for each in encoder.categories_[position]]
        known = [each for each in every if not is_missing(each)]
        if not known:
            raise Unsupported(f"feature {column} has no category that is not missing")
        self.column = column
        self.numbers, self.levels = codes(column, known)
        row = [each[0] for each in encoder.categories_]

        def code(category):
            row[position] = category
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # The names of the features are not needed here.
                return float(encoder.transform(numpy.array([row], dtype=object))[0, position])

        self.codes = [code(each) for each in known]
        self.others = [code(each) for each in every if is_missing(each)]
        if encoder.handle_unknown == "use_encoded_value":
            self.others.append(float(encoder.unknown_value))

    def refuse_missing(self):
        self.others = [each for each in self.others if each == each]

    def split(self, kind, threshold, left, right):
        """A split of codes as a split of categories. In the file what is in no set goes right, so where missing and
        unknown categories go left the children change places."""

        def goes_left(code):
            if kind == SET:
                return code in threshold
            return code <= threshold if code == code else kind == MISSING_LEFT

        sides = {goes_left(each) for each in self.others}
        if len(sides) > 1:
            raise Unsupported(
                f"feature {self.column} has a split that sends missing and unknown categories to different sides;"
                " supported is an OrdinalEncoder with unknown_value=encoded_missing_value"
            )
        swap = True in sides
        chosen = [number for number, code in zip(self.numbers, self.codes) if goes_left(code) != swap]
        return (SET, chosen, right, left) if swap else (SET, chosen, left, right)


def is_missing(category):
    return category is None or category != category


def encoded(model):
    """The last step of a pipeline, the encoding of each of its columns or None, and the columns' names or None."""
    steps = [step for _, step in model.steps if step is not None and step != "passthrough"]
    for step in steps[:-1]:
        if type(step) not in (OrdinalEncoder, ColumnTransformer):
            raise Unsupported(f"the pipeline has a {type(step).__name__}; {' '.join(STEPS.split())}")
    if len(steps) > 2:
        raise Unsupported(f"the pipeline has {len(steps)} steps; {' '.join(STEPS.split())}")
    fitted(model)
    last = steps[-1]
    if len(steps) == 1:
        return last, None, None
    if exporter_of(last) in (None, linear):
        raise Unsupported(f"the pipeline ends with a {type(last).__name__}; {' '.join(STEPS.split())}")
    first = steps[0]
    if type(first) is OrdinalEncoder:
        parts = [(first, range(first.n_features_in_))]
    else:
        inputs = first._transformer_to_input_indices
        order = sorted(first.transformers_, key=lambda part: first.output_indices_[part[0]].start)
        parts = [(step, inputs[name]) for name, step, _ in order if len(inputs[name])]
    names = getattr(first, "feature_names_in_", None)
    encodings, columns = [], []
    for step, inputs in parts:
        if isinstance(step, str) and step == "drop":
            continue
        passes = step == "passthrough" if isinstance(step, str) else is_passthrough(step)
        if not passes and type(step) is not OrdinalEncoder:
            raise Unsupported(f"the pipeline has a {type(step).__name__}; {' '.join(STEPS.split())}")
        for position, column in enumerate(inputs):
            name = column if names is None else names[column]
            if column in columns:
                raise Unsupported(f"the pipeline takes column {name} twice; supported is once")
            columns.append(column)
            encodings.append(None if passes else Encoding(name, step, position))
    if names is None and columns != sorted(columns):
        raise Unsupported("the pipeline reorders columns that have no names; supported is training on a data frame")
    return last, encodings, None if names is None else [names[column] for column in columns]


def is_passthrough(step):
    return type(step) is FunctionTransformer and step.func is None


def nodes_of(fitted, leaf):
    """The nodes of a scikit-learn tree. `leaf` makes the numbers of a leaf of its values."""
    arrays = fitted.tree_
    lefts, rights = arrays.children_left, arrays.children_right
    missing_left = arrays.missing_go_to_left
    values = arrays.value[:, 0, :]

    def node(i):
        if lefts[i] == -1:
            return [float(number) for number in leaf(values[i])]
        kind = MISSING_LEFT if missing_left[i] else MISSING_RIGHT
        return kind, arrays.feature[i], arrays.threshold[i], lefts[i], rights[i]

    return node


def takes_missing(model):
    if getattr(model, "monotonic_cst", None) is not None:
        return False
    if hasattr(sklearn.utils, "get_tags"):
        return bool(sklearn.utils.get_tags(model).input_tags.allow_nan)
    return bool(model._get_tags()["allow_nan"])


def averaged(model, encodings):
    """Forests and single trees: the mean of the trees' values or probabilities."""
    if model.n_outputs_ != 1:
        raise Unsupported(f"the model predicts {model.n_outputs_} outputs; supported is one")
    trees = getattr(model, "estimators_", [model])
    classifier = hasattr(model, "classes_")
    width = len(model.classes_) if classifier else 1
    forest = Forest(width, [0.0] * width, encodings, len(trees) if classifier else 1)
    for each in trees:
        forest.add(0, nodes_of(each, lambda value: value))
    return {
        "precision": "float32",
        "missing": takes_missing(model),
        "link": "probabilities" if classifier else "mean",
        "forest": forest.document(),
    }


def boosted(model, encodings):
    """GradientBoosting: a constant, then the trees' values times the learning rate."""
    if not isinstance(model.init_, str) and type(model.init_).__module__ != "sklearn.dummy":
        raise Unsupported(f"the model starts from a {type(model.init_).__name__} (init); supported are its default and zero")
    sums = model.estimators_.shape[1]
    slope = 1
    if not hasattr(model, "classes_"):
        link = "identity"
    elif sums > 1:
        link = "softmax"
    else:
        link = "logistic-from-zero"
        slope = 2 if model.loss == "exponential" else 1
    base = model._raw_predict_init(numpy.zeros((1, model.n_features_in_), dtype=numpy.float32))[0]
    rate = numpy.float64(model.learning_rate)
    forest = Forest(1, base, encodings, 1, slope)
    for stage in model.estimators_:
        for group, each in enumerate(stage):
            forest.add(group, nodes_of(each, lambda value: rate * value))
    return {"precision": "float32", "missing": False, "link": link, "forest": forest.document()}


def categories_of(model):
    """Of HistGradientBoosting: each input column's categories in the order of their codes, or None where it is a number;
    and the input columns in the order of the model's own."""
    columns = model.n_features_in_
    if model.is_categorical_ is None:
        return [None] * columns, list(range(columns))
    if getattr(model, "_preprocessor", None) is None:
        raise Unsupported("the model has categorical features of scikit-learn before 1.4; supported are 1.4 and later")
    categorical = numpy.asarray(model.is_categorical_, dtype=bool)
    order = [*numpy.flatnonzero(categorical), *numpy.flatnonzero(~categorical)]
    categories = [None] * columns
    for column, known in zip(order, model._preprocessor.named_transformers_["encoder"].categories_):
        known = [each.item() if isinstance(each, numpy.generic) else each for each in known]
        categories[column] = [each for each in known if each is not None and each == each]
    return categories, [int(column) for column in order]


def codes(column, categories):
    """The numbers that stand for a column's categories in the file; and its levels if they are texts."""
    if all(isinstance(each, str) for each in categories) and categories:
        return list(range(len(categories))), categories
    numbers = []
    for each in categories:
        if not isinstance(each, (int, float)) or not 0 <= each <= MAX_CATEGORY or int(each) != each:
            raise Unsupported(f"feature {column} has the category {each!r}; supported are texts and whole numbers from 0 on")
        numbers.append(int(each))
    return numbers, None


def histogram(model, encodings):
    """HistGradientBoosting: a constant, then the trees' values. Its splits of categories say which go left; what is no
    known category is missing. In the file what is in no set goes right, so where missing goes left the children change
    places and the set is the other categories."""
    categories, order = categories_of(model)
    known = [None if each is None else codes(column, each) for column, each in enumerate(categories)]
    sums = model.n_trees_per_iteration_
    if hasattr(model, "classes_"):
        link = "logistic" if sums == 1 else "softmax"
    else:
        link = "exponential" if model.loss in ("poisson", "gamma") else "identity"
    forest = Forest(1, numpy.ravel(model._baseline_prediction), encodings)
    if len(forest.base) != sums:
        raise Unsupported(f"the model has {len(forest.base)} baselines for {sums} sums")

    def nodes(predictor):
        def node(i):
            record = predictor.nodes[i]
            if record["is_leaf"]:
                return [float(record["value"])]
            column = order[record["feature_idx"]]
            left, right = int(record["left"]), int(record["right"])
            missing_left = bool(record["missing_go_to_left"])
            if not record["is_categorical"]:
                return MISSING_LEFT if missing_left else MISSING_RIGHT, column, record["num_threshold"], left, right
            bits = predictor.raw_left_cat_bitsets[record["bitset_idx"]]
            goes_left = [bool(int(bits[code // 32]) >> (code % 32) & 1) for code in range(len(known[column][0]))]
            chosen = [number for number, its in zip(known[column][0], goes_left) if its != missing_left]
            return (SET, column, chosen, right, left) if missing_left else (SET, column, chosen, left, right)

        return node

    for iteration in model._predictors:
        for group, predictor in enumerate(iteration):
            forest.add(group, nodes(predictor))
    return {
        "precision": "float64",
        "missing": True,
        "link": link,
        "levels": [None if each is None else each[1] for each in known],
        "categories": [None if each is None or each[1] else sorted(each[0]) for each in known],
        "forest": forest.document(),
    }


def linear(model, _):
    weights = numpy.atleast_2d(numpy.asarray(model.coef_, dtype=numpy.float64))
    intercepts = numpy.broadcast_to(numpy.asarray(model.intercept_, dtype=numpy.float64).ravel(), weights.shape[0])
    link = "identity"
    if hasattr(model, "classes_"):
        way = getattr(model, "multi_class", "auto")
        single = len(model.classes_) == 2
        one_vs_rest = way == "ovr" or (
            way != "multinomial" and (single or fits_one_by_one(model.solver))
        )
        if not single and one_vs_rest:
            raise Unsupported("the model has one classifier against the rest for each class; supported is multinomial")
        link = "logistic-above-zero" if one_vs_rest else "softmax"
        if single and not one_vs_rest:
            weights = numpy.concatenate([-weights, weights])
            intercepts = numpy.concatenate([-intercepts, intercepts])
    elif weights.shape[0] != 1:
        raise Unsupported(f"the model predicts {weights.shape[0]} outputs; supported is one")
    return {
        "precision": "float64",
        "missing": False,
        "link": link,
        "linear": {"intercepts": [float(x) for x in intercepts], "weights": [float(x) for x in weights.ravel()]},
    }


def fits_one_by_one(solver):
    """Whether a solver fits the classes one by one where it may choose: newton-cholesky does before scikit-learn 1.6."""
    version = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
    return solver == "liblinear" or (solver == "newton-cholesky" and version < (1, 6))


def exporter_of(model):
    """The function that exports a model of this class, or None."""
    kinds = {
        averaged: (
            ensemble.RandomForestClassifier,
            ensemble.RandomForestRegressor,
            ensemble.ExtraTreesClassifier,
            ensemble.ExtraTreesRegressor,
            tree.DecisionTreeClassifier,
            tree.DecisionTreeRegressor,
            tree.ExtraTreeClassifier,
            tree.ExtraTreeRegressor,
        ),
        boosted: (ensemble.GradientBoostingClassifier, ensemble.GradientBoostingRegressor),
        histogram: (ensemble.HistGradientBoostingClassifier, ensemble.HistGradientBoostingRegressor),
        linear: (linear_model.LinearRegression, linear_model.Ridge, linear_model.LogisticRegression),
    }
    return next((each for each, classes in kinds.items() if type(model) in classes), None)


def fitted(model):
    try:
        check_is_fitted(model[-1] if isinstance(model, Pipeline) else model)
    except NotFittedError as unfitted:
        raise Unsupported(f"the {type(model).__name__} isn't fitted") from unfitted


def document(model):
    """The document that stands for a model."""
    encodings = names = None
    if type(model) is Pipeline:
        model, encodings, names = encoded(model)
    exporter = exporter_of(model)
    if exporter is None:
        raise Unsupported(f"the file holds a {type(model).__name__}; {' '.join(SUPPORTED.split())}")
    fitted(model)
    classes = [str(each) for each in getattr(model, "classes_", [])]
    if len(classes) == 1:
        raise Unsupported("the model knows one class; supported are two or more")
    if encodings is None:
        encodings = [None] * model.n_features_in_
        names = getattr(model, "feature_names_in_", None)
    elif exporter is not histogram and (exporter is boosted or not takes_missing(model)):
        for encoding in encodings:
            if encoding is not None:
                encoding.refuse_missing()
    body = exporter(model, encodings)
    levels, categories = body.pop("levels", None), body.pop("categories", None)
    features = [{} for _ in range(model.n_features_in_)]
    for column, feature in enumerate(features):
        if names is not None:
            feature["name"] = str(names[column])
        encoding = encodings[column]
        if encoding is not None:
            feature.update({"levels": encoding.levels} if encoding.levels else {"categories": sorted(encoding.numbers)})
            feature["missing"] = bool(encoding.others)
        elif levels and levels[column]:
            feature["levels"] = levels[column]
        elif categories and categories[column]:
            feature["categories"] = categories[column]
    return {
        "format": "nightshift-exchange",
        "version": 1,
        "library": f"scikit-learn {sklearn.__version__}",
        "algorithm": type(model).__name__,
        "features": features,
        "classes": classes,
        **body,
    }


def load(path):
    try:
        return joblib.load(path)
    except OSError:
        raise
    except Exception as broken:  # whatever a foreign pickle raises
        raise Unsupported(
            f"it can't be read by scikit-learn {sklearn.__version__} ({type(broken).__name__}: {broken}); supported are"
            " files of joblib and pickle, written by this version"
        ) from broken


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="the joblib or pickle file")
    parser.add_argument("output", help="the file to write, such as flights.json")
    arguments = parser.parse_args()
    if absent is not None:
        sys.exit(
            f"scikit-learn can't be imported: {absent}. Run this script with the Python that trained the model, or install"
            " scikit-learn (Debian: apt-get install python3-sklearn)"
        )
    try:
        content = json.dumps(document(load(arguments.model)), separators=(",", ":"))
        partial = arguments.output + ".partial"
        with open(partial, "w", encoding="utf-8") as file:
            file.write(content + "\n")
        os.replace(partial, arguments.output)
    except (Unsupported, OSError) as failed:
        sys.exit(f"{arguments.model} can't be exported: {failed}")


if __name__ == "__main__":
    main()
