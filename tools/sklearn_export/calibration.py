"""Calibrated classifiers, and the calibrations of one column."""

from .ensembles import mean
from .outcome import Outcome, both, estimated, numbers_of, softmax_probabilities
from .unsupported import Unsupported


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
    if type(part.calibrators[0]).__name__ == "_TemperatureScaling":
        return scaled_by_temperature(graph, part.calibrators[0], given, given is inner.margins, path)
    if len(part.classes) == 2:
        given = given[-1:]
    found = [calibration(graph, each, column, path) for each, column in zip(part.calibrators, given)]
    return both(graph, path, found[0]) if len(part.classes) == 2 else graph.each("share", path, found)


def scaled_by_temperature(graph, calibrator, given, are_margins, path):
    """The softmax of margins, or of the logarithms of probabilities, times a factor (scikit-learn 1.8)."""
    if are_margins and len(given) == 1:
        given = [*graph.each("negative", path, given), *given]
    elif not are_margins:
        given = graph.each("log", path, graph.each("scale", path, given, {"add": [1e-12] * len(given)}))
    logits = graph.each("scale", path, given, {"multiply": [float(calibrator.beta_)] * len(given)})
    return softmax_probabilities(graph, path, logits)


def calibration(graph, calibrator, column, path):
    name = type(calibrator).__name__
    if name == "_SigmoidCalibration":
        numbers = {"multiply": [calibrator.a_], "add": [calibrator.b_]}
        return graph.each("logistic", path, graph.each("negative", path, graph.each("scale", path, [column], numbers)))[0]
    if name == "IsotonicRegression":
        return isotonic_column(graph, calibrator, column, path)
    raise Unsupported(f"the CalibratedClassifierCV has a {name}; supported are sigmoid, isotonic and temperature")


def isotonic_column(graph, model, column, path):
    if model.out_of_bounds != "clip":
        raise Unsupported(f"the IsotonicRegression has out_of_bounds={model.out_of_bounds!r}; supported is 'clip'")
    numbers = {"x": model.X_thresholds_, "y": model.y_thresholds_}
    return graph.add("interpolate", path, [column], 1, numbers)[0]


def isotonic(graph, model, columns, path):
    numbers_of(graph, columns, path)
    return Outcome(isotonic_column(graph, model, columns[0], path))
