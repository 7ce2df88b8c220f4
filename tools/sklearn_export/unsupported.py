"""What a model has that can't be exported."""

def named(name):
    """The name of a class with its article."""
    return f"{'an' if name[0] in 'aeiouAEIO' else 'a'} {name}"


class Unsupported(Exception):
    """What a model has that can't be exported, as a sentence."""


class StepFailed(Exception):
    """An unexpected error in a step, as a sentence."""

    def __init__(self, path, error):
        place = f"the step {path} fails with " if path else ""
        super().__init__(f"{place}{type(error).__name__}: {' '.join(str(error).split())}")


def within(path, function, *arguments):
    """Calls a function that exports a step; an unexpected error then names the innermost step."""
    try:
        return function(*arguments)
    except (Unsupported, StepFailed):
        raise
    except Exception as unexpected:
        raise StepFailed(path, unexpected) from unexpected


def of_class(path, model):
    """The refusal of a step, or of the whole model if the path is empty, because of its class."""
    name = type(model).__name__
    if not hasattr(model, "predict") and not path:
        return Unsupported(f"the file holds {named(name)}, which predicts nothing: export the pipeline that it belongs to")
    found = f"the step {path} is {named(name)}" if path else f"the file holds {named(name)}"
    if name.startswith(("XGB", "LGBM", "CatBoost")):
        instead = "; save it with save_model of its own library, and import that file"
    else:
        instead = ""
    return Unsupported(f"{found}, which is not supported{instead}; docs/how-to/model.md lists the supported classes")
