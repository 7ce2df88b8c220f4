"""Rows with the library's own results, which Nightshift compares with its own when it reads the file."""

import warnings

import numpy

from .bounds import Bounds
from .outcome import classes_of
from .unsupported import Unsupported

MOST_TRACED = 40_000
EPSILON = float(numpy.finfo(float).eps)


def results_of(model, given, outputs):
    """The library's prediction, probabilities and margins, as far as they are results of the file."""
    prediction, probabilities, margins = outputs
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        predicted = model.predict(given)
        classes = classes_of(model)
        found = [predicted if classes is None else numpy.searchsorted(classes, numpy.ravel(predicted))]
        if len(probabilities):
            if hasattr(model, "predict_proba"):
                shares = model.predict_proba(given)
                found += list(shares[:, 1:].T if len(probabilities) == 1 else shares.T)
            else:
                positions = [1] if len(probabilities) == 1 else range(len(probabilities))
                found += [found[0] == position for position in positions]
        if len(margins):
            found += margins_of(model, given, len(margins))
    return numpy.array([numpy.ravel(each).astype(float) for each in found]).T


def margins_of(model, given, count):
    if hasattr(model, "decision_function"):
        return list(numpy.reshape(model.decision_function(given), (-1, count)).T)
    return []


def proof(model, graph, sample, outputs, numbering):
    """The member `proof` of the document."""
    given = sample.given()
    results = [outputs[0], *outputs[1], *outputs[2]]
    bounds = Bounds(graph, sample.rows)
    expected = results_of(model, given, outputs)
    values = bounds.values[:, results]
    if expected.shape[1] < len(results):  # The library has no public name for the raw value.
        expected = numpy.hstack([expected, values[:, expected.shape[1] :]])
    tolerances = 2 * bounds.errors[:, results]
    stable = ~bounds.unstable
    compare(graph, bounds, expected, values, tolerances, stable)
    if not stable.any():
        raise Unsupported("rounding decides in all rows of its proof; give it other rows with --sample")
    columns, between = traced_columns(graph, bounds, numbering, stable)
    found = {
        "rows": int(stable.sum()),
        "features": [values_of(each, sample.rows[stable][:, each.position]) for each in graph.used],
        "results": listed(expected[stable]),
        "tolerances": listed(tolerances[stable]),
    }
    if columns:
        found.update({"columns": columns, "values": between})
    return found


def compare(graph, bounds, expected, values, tolerances, stable):
    """Refuses an export whose steps don't compute what the library computes."""
    differs = ~(numpy.abs(values - expected) <= tolerances) & ~(numpy.isnan(values) & numpy.isnan(expected))
    rows = numpy.flatnonzero(differs.any(axis=1) & stable)
    if not len(rows):
        return
    row = rows[0]
    column = numpy.flatnonzero(differs[row])[0]
    raise Unsupported(
        f"its steps give other results than the model: {values[row, column]!r} instead of {expected[row, column]!r}"
        f"{first_difference(graph, bounds, stable)}; scikit-learn may have changed since this script was written"
    )


def first_difference(graph, bounds, stable):
    for step, _, found, values in traced(graph, bounds):
        own = bounds.values[:, [column.number for column in found]]
        with numpy.errstate(all="ignore"):
            close = numpy.abs(own - values) <= 1e-9 * numpy.maximum(1, numpy.abs(values))
        close |= numpy.isnan(own) & numpy.isnan(values)
        if not close[stable].all():
            return f", because of its {type(step).__name__}"
    return ""


def traced(graph, bounds):
    """What the library's transformers themselves make of their columns, in the order of the pipeline."""
    for step, given, found in graph.leaves:
        if not found:
            continue
        if any(column.width or (column.feature is not None and column.feature.documents is not None) for column in given):
            continue  # The values of sparse rows are too many.
        texts = any(column.feature is not None and column.feature.texts for column in given)
        rows = numpy.empty((len(bounds.values), len(given)), dtype=object if texts else float)
        for i, column in enumerate(given):
            numbers = bounds.values[:, column.number]
            rows[:, i] = numbers if column.feature is None else column.feature.decoded(numbers)
        if any(column.feature is not None and column.feature.texts for column in found):
            continue  # Texts are compared where they have become numbers.
        try:
            values = transform(step, rows)
        except (ValueError, TypeError):
            continue  # A row that the step refuses alone, but never gets.
        yield step, given, found, values


def transform(step, rows):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = step.transform(rows)
    values = values.toarray() if hasattr(values, "toarray") else values
    return numpy.asarray(values, dtype=float)


def traced_columns(graph, bounds, numbering, stable):
    """The library's columns between steps, as many as there is room for."""
    columns, found = [], []
    for _, _, given, values in traced(graph, bounds):
        for column, own in zip(given, values.T):
            number = column.number
            if number in numbering and number >= len(graph.features) and (len(found) + 1) * len(own) <= MOST_TRACED:
                columns.append(numbering[number])
                found.append([float(each) for each in own[stable]])
    return columns, found


def values_of(feature, numbers):
    return feature.decoded(numbers) if feature.documents is not None else [float(each) for each in numbers]


def listed(table):
    return [[float(each) for each in column] for column in table.T]
