"""Stands in for LightGBM where it can't be installed: estimators with the names and attributes of LightGBM's own that the
exporter reads. Training takes the trees of a file that LightGBM has written, and a prediction follows them node by node.
"""

import math
import re

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.preprocessing import LabelEncoder

ZERO = float(np.float32(1e-35))
CATEGORICAL, DEFAULT_LEFT = 1, 2
MISSING_ZERO, MISSING_NAN = 1, 2


class Booster:
    def __init__(self, text, best_iteration):
        self.text, self.best_iteration = text, best_iteration
        self.pandas_categorical = None
        self.groups = int(re.search(r"num_tree_per_iteration=(\d+)", text).group(1))
        head, *trees = re.split(r"(?m)^Tree=\d+\n", text[: text.index("end of trees")])
        self.head = re.sub("tree_sizes=.*\n", "", head)
        self.trees = [Tree(each) for each in trees]
        found = re.search("(?m)^objective=(.*)", head)
        self.objective = found.group(1).split() if found else []

    def used(self, iterations=None):
        if iterations is None and self.best_iteration > 0:
            iterations = self.best_iteration
        return self.trees if iterations is None else self.trees[: iterations * self.groups]

    def model_to_string(self, num_iteration=None):
        trees = "".join(f"Tree={i}\n{each.text}" for i, each in enumerate(self.used(num_iteration)))
        return f"{self.head}{trees}end of trees\n"

    def predict(self, rows, raw_score=False, num_iteration=None):
        rows = np.asarray(rows, dtype=float)
        sums = np.zeros((len(rows), self.groups))
        for i, tree in enumerate(self.used(num_iteration)):
            sums[:, i % self.groups] += [tree.value(row) for row in rows]
        found = sums if raw_score else self.link(sums)
        return found[:, 0] if self.groups == 1 else found

    def link(self, sums):
        name = self.objective[0] if self.objective else ""
        if name == "binary":
            return 1 / (1 + np.exp(-sums))
        if name == "multiclass":
            powers = np.exp(sums - sums.max(axis=1, keepdims=True))
            return powers / powers.sum(axis=1, keepdims=True)
        return np.exp(sums) if name == "poisson" else sums


class Tree:
    def __init__(self, text):
        self.text = text
        found = dict(line.split("=", 1) for line in text.split("\n") if "=" in line)
        self.feature, self.kind, self.left, self.right, bounds, bits = (
            [int(each) for each in found.get(name, "").split()]
            for name in ("split_feature", "decision_type", "left_child", "right_child", "cat_boundaries", "cat_threshold")
        )
        self.threshold, self.leaf = ([float(each) for each in found[name].split()] for name in ("threshold", "leaf_value"))
        self.sets = [bits[first:last] for first, last in zip(bounds, bounds[1:])]

    def value(self, row):
        node = 0 if self.feature else -1
        while node >= 0:
            node = self.left[node] if self.is_left(node, row[self.feature[node]]) else self.right[node]
        return self.leaf[~node]

    def is_left(self, node, x):
        kind, missing = self.kind[node], self.kind[node] >> 2
        if kind & CATEGORICAL:
            words = self.sets[int(self.threshold[node])]
            at = -1 if not math.isfinite(x) or x <= -1 else int(x)
            return 0 <= at < 32 * len(words) and bool(words[at // 32] >> at % 32 & 1)
        if math.isnan(x) and missing != MISSING_NAN:
            x = 0.0
        if (missing == MISSING_ZERO and abs(x) <= ZERO) or (missing == MISSING_NAN and math.isnan(x)):
            return bool(kind & DEFAULT_LEFT)
        return x <= self.threshold[node]


class LGBMModel(BaseEstimator):
    """`text` is what LightGBM wrote; `best` the iteration at which training stops early."""

    def __init__(self, text=None, best=-1, objective=None):
        self.text, self.best, self.objective = text, best, objective

    def fit(self, X, y):
        self._Booster = Booster(self.text, self.best)
        self._names = list(X.columns) if hasattr(X, "columns") else [f"Column_{i}" for i in range(X.shape[1])]
        self._n_features_in = X.shape[1]
        self.fitted_ = True
        return self

    def __sklearn_is_fitted__(self):
        return getattr(self, "fitted_", False)

    @property
    def booster_(self):
        return self._Booster

    @property
    def n_features_in_(self):
        return self._n_features_in

    @property
    def feature_names_in_(self):
        return np.array(self._names)

    def predict(self, X, raw_score=False):
        return self._Booster.predict(X, raw_score=raw_score)


class LGBMRegressor(RegressorMixin, LGBMModel):
    pass


class LGBMRanker(LGBMModel):
    pass


class LGBMClassifier(ClassifierMixin, LGBMModel):
    def fit(self, X, y):
        self._le = LabelEncoder().fit(y)
        return super().fit(X, y)

    @property
    def classes_(self):
        return self._le.classes_

    def predict(self, X, raw_score=False):
        if raw_score:
            return super().predict(X, raw_score=True)
        return self._le.inverse_transform(self.predict_proba(X).argmax(axis=1))

    def predict_proba(self, X):
        found = super().predict(X)
        return found if len(self.classes_) > 2 else np.vstack((1 - found, found)).T
