"""A file with the columns between the steps for rows of the user, for `nightshift model check`."""

import numpy

from .bounds import Bounds
from .proof import traced
from .sample import frame_of
from .unsupported import Unsupported


def write(file, path, positions, model, graph, sample, numbering):
    """Writes the rows of the sample that have a score, with the model's results and the columns of its steps.

    `path` is the file with the sample, and `positions` has the numbers of the rows in it."""
    frame = frame_of(path).iloc[positions].reset_index(drop=True)
    given = sample.given()
    frame["prediction"] = numpy.ravel(model.predict(given))
    if hasattr(model, "predict_proba") and len(getattr(model, "classes_", ())) == 2:
        frame["probability"] = model.predict_proba(given)[:, 1]
    steps = {column: step.name for step in graph.steps for column in range(step.first, step.first + step.outputs)}
    found = {}
    for _, _, columns, values in traced(graph, Bounds(graph, sample.rows)):
        for column, own in zip(columns, values.T):
            if column.number in numbering and column.number in steps:
                found[f"{steps[column.number]}: column {numbering[column.number]}"] = own
    if not found:
        raise Unsupported("it has no step whose columns can be compared: leave out --steps")
    import pandas

    pandas.concat([frame, pandas.DataFrame(found)], axis=1).to_csv(file, index=False)
