"""Stands in for CatBoost where it can't be installed: estimators with the names and attributes of CatBoost's own that the
exporter reads. Training takes the trees of a file that CatBoost has written, and a prediction follows them split by split.
"""

import struct
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

HEADER = 8


class Table:
    """A table of a FlatBuffers document."""

    def __init__(self, data, at):
        self.data, self.at = data, at
        self.fields = at - self.one("i", at)

    def one(self, kind, at):
        return struct.unpack_from("<" + kind, self.data, at)[0]

    def place(self, field):
        offset = 4 + 2 * field
        found = self.one("H", self.fields + offset) if offset < self.one("H", self.fields) else 0
        return self.at + found if found else None

    def scalar(self, field, kind, default):
        return default if self.place(field) is None else self.one(kind, self.place(field))

    def vector(self, field, kind):
        at = self.place(field)
        if at is None:
            return []
        at += self.one("I", at)
        return list(struct.unpack_from(f"<{self.one('I', at)}{kind}", self.data, at + 4))

    def tables(self, field):
        at = self.place(field)
        start = 0 if at is None else at + self.one("I", at) + 4
        return [Table(self.data, start + 4 * i + each) for i, each in enumerate(self.vector(field, "I"))]


class Trees:
    def __init__(self, content):
        self.content = content
        data = content[HEADER:]
        core = Table(data, struct.unpack_from("<I", data)[0])
        trees = Table(data, core.place(1) + core.one("I", core.place(1)))
        self.dimensions = trees.scalar(0, "i", 0)
        self.splits, self.sizes = trees.vector(1, "i"), trees.vector(2, "i")
        self.categories = [each.scalar(1, "i", -1) for each in trees.tables(4)]
        self.numbers = [
            (each.scalar(2, "i", -1), each.scalar(0, "B", 0), each.scalar(5, "b", 0), each.vector(3, "f"))
            for each in trees.tables(5)
        ]
        self.borders = [(at, nans and mode == 2, border) for at, nans, mode, borders in self.numbers for border in borders]
        self.leaves, self.steps, self.leaf_of = trees.vector(8, "d"), trees.vector(10, "I"), trees.vector(11, "I")
        self.scale, bias = trees.scalar(14, "d", 1.0), trees.scalar(15, "d", 0.0)
        self.bias = np.array(trees.vector(16, "d") or [bias] * self.dimensions)
        self.count = 1 + max([at for at, *_ in self.numbers] + self.categories)

    def is_above(self, split, row):
        at, nan_is_above, border = self.borders[split]
        return bool(nan_is_above) if np.isnan(row[at]) else row[at] > np.float32(border)

    def leaf_numbers(self, row):
        first = first_leaf = 0
        for size in self.sizes:
            if self.steps:
                node = first
                while True:
                    step = self.steps[node] >> 16 if self.is_above(self.splits[node], row) else self.steps[node] & 0xFFFF
                    if self.steps[node] == 0 or step == 0:
                        break
                    node += step
                yield self.leaf_of[node]
            else:
                bits = [self.is_above(split, row) << k for k, split in enumerate(self.splits[first : first + size])]
                yield first_leaf + sum(bits) * self.dimensions
                first_leaf += (1 << size) * self.dimensions
            first += size

    def raw(self, rows):
        sums = np.zeros((len(rows), self.dimensions))
        for i, row in enumerate(np.asarray(rows, dtype=float).astype(np.float32)):
            for leaf in self.leaf_numbers(row):
                sums[i] += self.leaves[leaf : leaf + self.dimensions]
        return self.scale * sums + self.bias


class CatBoost(BaseEstimator):
    """`file` is what CatBoost wrote."""

    def __init__(self, file=None):
        self.file = file

    def fit(self, X, y):
        self._trees = Trees(Path(self.file).read_bytes())
        self._labels = []
        self._n_features_in = X.shape[1]
        self._is_fitted_ = True
        return self

    @property
    def n_features_in_(self):
        return self._n_features_in

    @property
    def classes_(self):
        return np.array(self._labels)

    def get_cat_feature_indices(self):
        return self._trees.categories

    def get_text_feature_indices(self):
        return []

    def get_embedding_feature_indices(self):
        return []

    def get_scale_and_bias(self):
        return self._trees.scale, list(self._trees.bias)

    def save_model(self, fname, format="cbm"):
        Path(fname).write_bytes(self._trees.content)

    def raw(self, data):
        found = self._trees.raw(data)
        return found[:, 0] if self._trees.dimensions == 1 else found


class CatBoostRegressor(RegressorMixin, CatBoost):
    def predict(self, data, prediction_type=None):
        return self.raw(data)


class CatBoostClassifier(ClassifierMixin, CatBoost):
    def fit(self, X, y):
        super().fit(X, y)
        self._labels = list(np.unique(y))
        return self

    def predict(self, data, prediction_type="Class"):
        raw = self.raw(data)
        if prediction_type == "RawFormulaVal":
            return raw
        if raw.ndim == 1:
            return self.classes_[(raw > 0).astype(int)]
        return self.classes_[raw.argmax(axis=1)][:, None]  # CatBoost's labels of several classes are a column.

    def predict_proba(self, X):
        raw = self.raw(X)
        if raw.ndim == 1:
            positive = 1 / (1 + np.exp(-raw))
            return np.array([1 - positive, positive]).T
        powers = np.exp(raw - raw.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)
