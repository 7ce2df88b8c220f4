"""What a joblib or pickle file holds, and what an exported file has, in words."""

from .unsupported import Unsupported, named


def is_estimator(value):
    return not isinstance(value, type) and hasattr(value, "fit") and (hasattr(value, "predict") or hasattr(value, "transform"))


def estimator_of(value, key=None):
    """The estimator that a file holds: its value, or a value of its dictionary or list under a key."""
    values = members(value)
    if key is not None:
        if key not in values:
            known = f"; its keys are {', '.join(values)}" if values else ""
            raise Unsupported(f"the file holds {called(value)} without the key {key}{known}")
        if not is_estimator(values[key]):
            raise Unsupported(f"the key {key} has {called(values[key])}, which is not an estimator{hint(values)}")
        return values[key]
    if not is_estimator(value):
        raise Unsupported(f"the file holds {called(value)}, which is not an estimator{hint(values)}")
    return value


def members(value):
    """The values of a dictionary by key, those of a list, tuple or array of objects by position."""
    if isinstance(value, dict):
        return {str(name): each for name, each in value.items()}
    if isinstance(value, (list, tuple)) or getattr(value, "dtype", None) == object and value.ndim == 1:
        return {str(i): each for i, each in enumerate(value)}
    return {}


def hint(values):
    """Where the estimators are."""
    found = [(key, type(each).__name__) for key, each in values.items() if is_estimator(each)]
    if not found:
        return "; save the fitted model alone, by joblib.dump(model, file)"
    listed = ", ".join(f"{key} is a {name}" for key, name in found[:5])
    last = next((key for key, each in values.items() if is_estimator(each) and hasattr(each, "predict")), found[0][0])
    return f"; {listed}: export one with --key {last}"


def called(value):
    """The type of a value with what tells values of this type apart."""
    name = type(value).__name__
    if value is None:
        return "None"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, dict):
        keys = ", ".join(str(each) for each in list(value)[:10])
        return f"a dict with the keys {keys}{', …' if len(value) > 10 else ''}" if value else "an empty dict"
    if hasattr(value, "shape"):
        words = "a NumPy array" if name == "ndarray" else named(name)
        return f"{words} of {' × '.join(str(each) for each in value.shape) or 'one value'}"
    if isinstance(value, (list, tuple, set)):
        return f"a {name} of {len(value)} values"
    return named(name)


def summary(document):
    """A line about an exported file."""
    parts = [document["algorithm"], counted(len(document["features"]), "feature")]
    if document["classes"]:
        parts.append(counted(len(document["classes"]), "class", "classes"))
    if "steps" in document:
        parts.append(counted(len(document["steps"]), "step"))
    parts.append(counted(document["proof"]["rows"], "proof row") if "proof" in document else "no proof rows")
    return ", ".join(parts)


def counted(count, one, many=None):
    return f"{count:,} {one if count == 1 else many or one + 's'}"
