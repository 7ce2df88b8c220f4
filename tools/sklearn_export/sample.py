"""Rows for a model: those of a file, or rows made to hit every category, bound and missing value."""

import warnings

import numpy

from .graph import NAN, OTHER, is_missing
from .unsupported import Unsupported

ROWS = 200
MOST = 400
TRIED = 20
GENERIC = [0.0, 1.0, -1.0, 0.5, 2.0, -2.5, 10.0, 100.0]


class Sample:
    """Rows as numbers, a column for each feature, and as the model is given them."""

    def __init__(self, model, graph, rows):
        self.model, self.graph, self.rows = model, graph, rows
        self.as_objects = False  # Numbers too: a model that was trained on booleans may have seen objects.

    def given(self, rows=None):
        """The rows as the model was trained on them: a data frame if it knows names, otherwise an array."""
        rows = self.rows if rows is None else rows
        columns = [objects(feature, rows[:, feature.position], self.as_objects) for feature in self.graph.features]
        if self.graph.is_series:
            return columns[0]
        if self.graph.features[0].name is None:
            texts = self.as_objects or any(
                feature.texts or feature.documents is not None for feature in self.graph.features
            )
            return numpy.array(columns, dtype=object if texts else float).T
        import pandas  # A model with names was trained on a data frame.

        return pandas.DataFrame({feature.name: each for feature, each in zip(self.graph.features, columns)})

    def accepts(self, rows):
        """Whether the model has an answer for each of some rows."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                self.model.predict(self.given(rows))
                return True
            except (ValueError, TypeError, KeyError, IndexError):
                return False

    def accepted(self, rows):
        """Those of some rows for which the model has an answer, found by halves."""
        if len(rows) == 0 or self.accepts(rows):
            return rows
        if len(rows) == 1:
            return rows[:0]
        middle = len(rows) // 2
        return numpy.concatenate([self.accepted(rows[:middle]), self.accepted(rows[middle:])])


def objects(feature, numbers, as_objects):
    """The values of a feature as an array: of texts, or of the numbers themselves."""
    if not feature.texts and feature.documents is None:
        return numbers.astype(object) if as_objects else numbers
    found = numpy.empty(len(numbers), dtype=object)
    found[:] = feature.decoded(numbers)
    return found


def options(feature):
    """The values of a feature that steps treat in a way of their own."""
    if feature.documents is not None:
        return [float(i) for i in range(len(feature.documents))]
    if feature.texts:
        return [float(i) for i in range(len(feature.texts))]
    return [*feature.numbers, *(each for each in GENERIC if each not in feature.numbers)]


def made(graph, random):
    """Rows without missing and unknown values: each value of each feature at least once, as far as there is room."""
    every = [options(feature) for feature in graph.features]
    count = min(MOST, max(ROWS, max(len(each) for each in every)))
    columns = []
    for values in every:
        chosen = random.choice(values, count)
        chosen[: min(count, len(values))] = values[:count]
        random.shuffle(chosen)
        columns.append(chosen)
    rows = numpy.array(columns).T
    for row, example in zip(rows, graph.examples[: count // 10]):
        for position, value in example.items():
            row[position] = value
    return rows


def sampled(model, graph, seed=1):
    """The rows, and for each feature whether the model has an answer for a missing value and for another text."""
    random = numpy.random.default_rng(seed)
    sample = Sample(model, graph, numpy.empty((0, len(graph.features))))
    rows = made(graph, random)
    if not any(sample.accepts(rows[i : i + 1]) for i in range(TRIED)):
        sample.as_objects = True
        if not any(sample.accepts(rows[i : i + 1]) for i in range(TRIED)):
            sample.as_objects = False
    sound = sample.accepted(rows)
    if len(sound) == 0:
        raise Unsupported("the model has no answer for any of the rows made for its proof; give it rows with --sample")
    base = sound[:1]
    missing, other = [], []
    for feature in graph.features:
        missing.append(answers(sample, base, feature, NAN))
        other.append(bool(feature.texts) and answers(sample, base, feature, OTHER))
    rows = sound.copy()
    for feature in graph.features:
        for value, possible in ((NAN, missing), (OTHER, other)):
            if possible[feature.position]:
                chosen = random.random(len(rows)) < 0.08
                rows[chosen, feature.position] = value
    sample.rows = sample.accepted(rows)
    return sample, missing, other


def answers(sample, base, feature, value):
    row = base.copy()
    row[0, feature.position] = value
    return sample.accepts(row)


def frame_of(path):
    """The first rows of a CSV or Parquet file."""
    import pandas

    frame = pandas.read_parquet(path) if str(path).endswith(".parquet") else pandas.read_csv(path)
    return frame.head(MOST)


def read(path, graph):
    """The first rows of a CSV or Parquet file, as numbers."""
    frame = frame_of(path)
    columns = []
    for feature in graph.features:
        name = feature.name if feature.name is not None else frame.columns[feature.position]
        if name not in frame.columns:
            raise Unsupported(f"the file {path} has no column {name}")
        is_read = any(feature.position in step.inputs for step in graph.steps)
        columns.append([number(feature, value) if is_read else NAN for value in frame[name]])
    return numpy.array(columns, dtype=float).T


def number(feature, value):
    if is_missing(value):
        return NAN
    if feature.documents is not None:
        feature.documents.append(str(value))
        return float(len(feature.documents) - 1)
    if feature.texts:
        return float(feature.texts.get(str(value), OTHER))
    if isinstance(value, str):
        raise Unsupported(f"{feature.called()} has texts in the sample, and the model takes a number")
    return float(value)
