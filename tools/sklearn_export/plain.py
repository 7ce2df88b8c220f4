"""Models without steps: a forest or a linear model, and pipelines of an OrdinalEncoder and a forest."""

import warnings

import numpy
import sklearn
from sklearn import ensemble, linear_model, tree
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder
from sklearn.utils.validation import check_is_fitted

from .forest import MISSING_LEFT, SET, averaged, boosted, codes, histogram, linear_is_one_vs_rest, takes_missing
from .unsupported import Unsupported

SUPPORTED = """supported are RandomForest, ExtraTrees, DecisionTree, GradientBoosting and HistGradientBoosting (each
Classifier and Regressor), LinearRegression, Ridge and LogisticRegression, and a pipeline of an OrdinalEncoder and one of
the models of trees"""
STEPS = """supported are an OrdinalEncoder, or a ColumnTransformer of OrdinalEncoder and passthrough, before a model of
trees"""

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


def linear(model, _):
    weights = numpy.atleast_2d(numpy.asarray(model.coef_, dtype=numpy.float64))
    intercepts = numpy.broadcast_to(numpy.asarray(model.intercept_, dtype=numpy.float64).ravel(), weights.shape[0])
    link = "identity"
    if hasattr(model, "classes_"):
        single = len(model.classes_) == 2
        one_vs_rest = linear_is_one_vs_rest(model)
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
    body.pop("known", None)
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
