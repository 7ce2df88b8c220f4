"""Models of trees as forests of the exchange format."""

import warnings

import numpy
import sklearn

from .unsupported import Unsupported

LEAF, MISSING_LEFT, MISSING_RIGHT, SET = range(4)
MAX_CATEGORY = 2**31 - 2


class Forest:
    """Trees as flat arrays, in the order of the format: each tree's nodes level by level, left to right."""

    def __init__(self, width, base, encodings, divisor=1.0, slope=1.0):
        self.width = width
        self.encodings = encodings
        self.base = [float(number) for number in base]
        self.divisor = float(divisor)
        self.slope = float(slope)
        self.trees, self.groups, self.kinds = [], [], []
        self.features, self.thresholds, self.leaves, self.covers = [], [], [], []
        self.sets = {}

    def add(self, group, node, covers):
        """Adds a tree. `node(i)` is the numbers of leaf i, or kind, feature, threshold or set, left and right of
        node i; 0 is the root. `covers[i]` is the training weight that reached node i."""
        queue = [0]
        for number in queue:
            found = node(number)
            if isinstance(found, list):
                self.kinds.append(LEAF)
                self.leaves += found
                cover = float(covers[number])
                self.covers.append(int(cover) if cover.is_integer() else cover)
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
            "covers": self.covers,
            "set_sizes": [len(categories) for categories in self.sets],
            "set_categories": [category for categories in self.sets for category in categories],
        }


def nodes_of(fitted, leaf, target=0):
    """The nodes of a scikit-learn tree. `leaf` makes the numbers of a leaf of its values for a target."""
    arrays = fitted.tree_
    lefts, rights = arrays.children_left, arrays.children_right
    missing_left = arrays.missing_go_to_left
    values = arrays.value[:, target, :]

    def node(i):
        if lefts[i] == -1:
            return [float(number) for number in leaf(values[i])]
        kind = MISSING_LEFT if missing_left[i] else MISSING_RIGHT
        return kind, arrays.feature[i], arrays.threshold[i], lefts[i], rights[i]

    return node


def covers_of(fitted):
    """The weights of the training rows that reached each node of a scikit-learn tree."""
    return fitted.tree_.weighted_n_node_samples


def takes_missing(model):
    if getattr(model, "monotonic_cst", None) is not None:
        return False
    if hasattr(sklearn.utils, "get_tags"):
        return bool(sklearn.utils.get_tags(model).input_tags.allow_nan)
    return bool(model._get_tags()["allow_nan"])


def averaged(model, encodings, target=None):
    """Forests and single trees: the mean of the trees' values or probabilities."""
    if target is None and model.n_outputs_ != 1:
        raise Unsupported(f"the model predicts {model.n_outputs_} outputs; supported is one")
    trees = getattr(model, "estimators_", [model])
    classifier = hasattr(model, "classes_")
    width = 1
    if classifier:
        width = len(model.classes_ if target is None else model.classes_[target])
    forest = Forest(width, [0.0] * width, encodings, len(trees) if classifier else 1)
    for each in trees:
        forest.add(0, nodes_of(each, lambda value: value[:width], target or 0), covers_of(each))
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
            forest.add(group, nodes_of(each, lambda value: rate * value), covers_of(each))
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


def histogram(model, encodings, coded=None):
    """HistGradientBoosting: a constant, then the trees' values. Its splits of categories say which go left; what is no
    known category is missing. In the file what is in no set goes right, so where missing goes left the children change
    places and the set is the other categories."""
    categories, order = categories_of(model)
    known = [None if each is None else codes(column, each) for column, each in enumerate(categories)]
    if coded is not None:
        known = [each and ([int(code) for code in coded(i, categories[i])], None) for i, each in enumerate(known)]
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
            forest.add(group, nodes(predictor), predictor.nodes["count"])
    return {
        "precision": "float64",
        "missing": True,
        "link": link,
        "levels": [None if each is None else each[1] for each in known],
        "categories": [None if each is None or each[1] else sorted(each[0]) for each in known],
        "known": known,
        "forest": forest.document(),
    }


EPSILON = float(numpy.finfo(float).eps)


def evaluation(model, link, outputs, sums, columns=None):
    """The library's own results for the columns of a forest step, for the bounds: outputs and margins, and their
    errors."""

    def given(x):
        if columns is None or not any(column.feature is not None and column.feature.texts for column in columns):
            return x
        found = x.astype(object)
        for i, column in enumerate(columns):
            if column.feature is not None and column.feature.texts:
                texts = list(column.feature.texts)
                found[:, i] = [texts[int(code)] if code >= 0 else numpy.nan if code != code else "\0" for code in x[:, i]]
        return found

    def evaluate(x):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return results(given(x))
            except TypeError:  # The model was trained on objects, and its encoder does not compare them with numbers.
                return results(given(x).astype(object))

    def results(x):
        predicted = model.predict(x)
        ulps = 0 if link in ("mean", "probabilities", "identity") else 16
        if hasattr(model, "classes_"):
            probabilities = model.predict_proba(x)
            values = [
                numpy.searchsorted(model.classes_, predicted)[:, None],
                probabilities[:, 1:] if outputs == 2 else probabilities,
            ]
            if link != "probabilities":
                values.append(model.decision_function(x).reshape(len(x), -1))
        else:
            values = [predicted.reshape(-1, 1)]
            if link != "mean":
                raw = model._raw_predict(x) if link == "exponential" else predicted
                values.append(numpy.reshape(raw, (len(x), -1)))
        found = numpy.hstack(values).astype(float)
        errors = numpy.zeros(found.shape)
        rounded = slice(1, outputs) if hasattr(model, "classes_") else slice(0, 1)
        errors[:, rounded] = ulps * EPSILON * numpy.abs(found[:, rounded])
        return found, errors

    return evaluate


def samme(model):
    """AdaBoost on trees: a forest whose leaves have the terms of each class, and its evaluation."""
    classes = len(model.classes_)
    trees = model.estimators_
    if any(not hasattr(each, "tree_") or len(each.classes_) != classes for each in trees):
        raise Unsupported("the AdaBoostClassifier has estimators that are no trees of all classes; supported are trees")
    is_real = getattr(model, "algorithm", "SAMME") == "SAMME.R"
    forest = Forest(classes, [0.0] * classes, [None] * model.n_features_in_, 1)

    def real(value):
        share = numpy.clip(value / value.sum(), EPSILON, None)
        logarithms = numpy.log(share)
        return (classes - 1) * (logarithms - (1.0 / classes) * logarithms.sum())

    def votes(weight):
        def leaf(value):
            return [weight if i == value.argmax() else -1 / (classes - 1) * weight for i in range(classes)]

        return leaf

    for each, weight in zip(trees, model.estimator_weights_):
        forest.add(0, nodes_of(each, real if is_real else votes(float(weight))), covers_of(each))
    document = {"precision": "float32", "link": "softmax", **forest.document()}

    def evaluate(x):
        sums = numpy.zeros((len(x), classes))
        for each, weight in zip(trees, model.estimator_weights_):
            if is_real:
                logarithms = numpy.log(numpy.clip(each.predict_proba(x), EPSILON, None))
                sums += (classes - 1) * (logarithms - (1.0 / classes) * logarithms.sum(axis=1)[:, None])
            else:
                hit = each.predict_proba(x).argmax(axis=1)[:, None] == numpy.arange(classes)
                sums += numpy.where(hit, weight, -1 / (classes - 1) * weight)
        shares = numpy.exp(sums - sums.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        outputs = numpy.hstack([sums.argmax(axis=1)[:, None], shares[:, 1:] if classes == 2 else shares, sums])
        errors = numpy.zeros(outputs.shape)
        errors[:, -classes:] = (len(trees) + 4) * 8 * EPSILON * numpy.maximum(1, numpy.abs(sums))
        return outputs, errors

    return document, evaluate


def isolation(model):
    """The depths of an isolation forest, summed; what they are divided by; and their evaluation."""
    forest = Forest(1, [0.0], [None] * model.n_features_in_)
    tables = []
    for each in model.estimators_:
        found = each.tree_
        depths = numpy.zeros(found.node_count)
        for node in range(found.node_count):
            if found.children_left[node] != -1:
                depths[[found.children_left[node], found.children_right[node]]] = depths[node] + 1
        lengths = depths + path_length(found.n_node_samples)
        tables.append((each, lengths))
        forest.add(0, leaves_of(each, lengths), covers_of(each))
    divisor = len(model.estimators_) * float(path_length(numpy.array([model._max_samples]))[0])
    document = {"precision": "float32", "link": "identity", **forest.document()}

    def evaluate(x):
        sums = sum(lengths[each.apply(x)] for each, lengths in tables)[:, None]
        return numpy.hstack([sums, sums]), (len(tables) + 4) * EPSILON * numpy.abs(numpy.hstack([sums, sums]))

    return document, divisor, evaluate


def leaves_of(fitted, values):
    """The nodes of a tree whose leaves have other values."""
    inner = nodes_of(fitted, lambda value: value)

    def node(i):
        found = inner(i)
        return [float(values[i])] if isinstance(found, list) else found

    return node


def path_length(samples):
    """The mean length of the path to one of these samples in a random tree."""
    samples = numpy.asarray(samples, dtype=float)
    more = numpy.maximum(samples, 3)
    lengths = 2.0 * (numpy.log(more - 1.0) + numpy.euler_gamma) - 2.0 * (more - 1.0) / more
    return numpy.where(samples <= 1, 0.0, numpy.where(samples == 2, 1.0, lengths))


def linear_is_one_vs_rest(model):
    """Whether a LogisticRegression has one classifier for each class against the rest."""
    way = getattr(model, "multi_class", "auto")
    return way == "ovr" or (way != "multinomial" and (len(model.classes_) == 2 or fits_one_by_one(model.solver)))


def fits_one_by_one(solver):
    """Whether a solver fits the classes one by one where it may choose: newton-cholesky does before scikit-learn 1.6."""
    version = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
    return solver == "liblinear" or (solver == "newton-cholesky" and version < (1, 6))
