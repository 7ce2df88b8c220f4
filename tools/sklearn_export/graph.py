"""The steps of a pipeline over numbered columns."""

from .unsupported import Unsupported

NAN = float("nan")
OTHER = -1
UNKNOWN = "\0nightshift"  # A text that no model knows.


def is_missing(value):
    """None, NaN, and the missing values of pandas, which are not equal to themselves or have no truth."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        return True


def plain(value):
    """A number of NumPy as one of Python; a date stays a date."""
    isdate = getattr(getattr(value, "dtype", None), "kind", "") in ("M", "m")
    return value if isdate or not hasattr(value, "item") else value.item()


class Feature:
    """An input of the model: its name or None, the texts that it may have, and numbers at which the steps change
    what they do."""

    def __init__(self, name, position):
        self.name = name
        self.position = position
        self.texts = {}
        self.numbers = {}
        self.missing_value = NAN
        self.documents = None  # Texts for the proof, if the model reads the words or characters of a text.

    def called(self):
        return f"column {self.name if self.name is not None else self.position}"

    def code(self, value):
        """The number by which a column has a value: a text's position, or the number itself."""
        value = plain(value)
        if is_missing(value):
            return NAN
        if self.documents is not None:
            raise Unsupported(f"{self.called()} is a text for one step, and has categories or numbers for another")
        if isinstance(value, str):
            if self.numbers:
                raise Unsupported(f"{self.called()} has texts and numbers among its values; supported is one of them")
            return float(self.texts.setdefault(value, len(self.texts)))
        if isinstance(value, bytes) or not isinstance(value, (bool, int, float)):
            raise Unsupported(
                f"{self.called()} has the value {value!r} ({type(value).__name__}); supported are texts, numbers and booleans"
            )
        if self.texts:
            raise Unsupported(f"{self.called()} has texts and numbers among its values; supported is one of them")
        self.numbers.setdefault(float(value))
        return float(value)

    def claim_missing(self, value):
        """Takes the value by which a step recognises a missing one, if that is another than NaN."""
        if is_missing(value) and not isinstance(value, float):
            self.missing_value = value

    def decoded(self, numbers):
        """The values that numbers stand for."""
        if self.documents is not None:
            return [self.missing_value if code != code else self.documents[int(code)] for code in numbers]
        if not self.texts:
            return numbers
        texts = list(self.texts)
        return [self.missing_value if code != code else UNKNOWN if code == OTHER else texts[int(code)] for code in numbers]

    def hint(self, values):
        if not self.texts:
            for value in values:
                if value == value and abs(value) != float("inf"):
                    self.numbers.setdefault(float(value))


class Column:
    """A column of a pipeline.

    `feature` is the input whose values the column has, perhaps with the missing ones replaced; None for others. A column
    with sparse rows stands for `width` columns of the library; otherwise `width` is 0. `single` says that the library has
    these columns in single precision."""

    single = False

    def __init__(self, number, feature=None, missing=True, width=0):
        self.width = width
        self.number = number
        self.feature = feature
        self.missing = missing

    def require_number(self, path):
        if self.feature is not None and (self.feature.texts or self.feature.documents is not None):
            raise Unsupported(f"the step {path} takes numbers, and {self.feature.called()} has texts")


class Step:
    """A step as the file has it. For the bounds, `evaluate` computes a forest, `expanded` says that the library computes
    Euclidean distances as |x|² - 2xy + |y|², and `slack` is a factor for the rounding of the library's sums."""

    expanded = False
    slack = 1.0

    def __init__(self, kind, name, inputs, first, outputs, numbers, forest, evaluate, texts):
        self.texts = texts
        self.kind, self.name, self.inputs = kind, name, inputs
        self.first, self.outputs = first, outputs
        self.numbers, self.forest, self.evaluate = numbers, forest, evaluate

    def document(self, numbering):
        found = {
            "kind": self.kind,
            "name": self.name,
            "in": [numbering[each] for each in self.inputs],
            "out": self.outputs,
            "numbers": self.numbers,
        }
        if self.texts:
            found["texts"] = self.texts
        if self.forest is not None:
            found["forest"] = self.forest
        return found


class Graph:
    """Features, and the steps that add columns to them; the functions that export estimators and transformers, by the
    names of their classes."""

    def __init__(self, names, count, estimators, transformers, target=None):
        self.estimators, self.transformers = estimators, transformers
        self.target = target  # The position of the target to export, as the user gave it, or None.
        self.chosen = None  # The position of the target, for a model that can predict several.
        self.features = [Feature(None if names is None else str(names[i]), i) for i in range(count)]
        self.columns = [Column(i, feature) for i, feature in enumerate(self.features)]
        self.used = self.features
        self.steps = []
        self.is_series = False  # Whether the model takes texts themselves, and no table.
        self.examples = []  # Rows of training as {position of a feature: its number}.
        self.leaves = []  # (transformer, its columns, the columns that it gives)

    def add(
        self,
        kind,
        path,
        inputs,
        outputs,
        numbers=None,
        missing=False,
        features=None,
        forest=None,
        evaluate=None,
        texts=None,
        width=0,
    ):
        """Adds a step and returns its columns, which have sparse rows if there is a width."""
        if any(column.width for column in inputs) and not kind.startswith("sparse-"):
            raise Unsupported(f"the step {path} reads columns of texts, which it can't")
        numbers = {name: [float(each) for each in values] for name, values in (numbers or {}).items()}
        first = len(self.columns)
        inputs = [each.number for each in inputs]
        self.steps.append(Step(kind, path, inputs, first, outputs, numbers, forest, evaluate, texts))
        added = [
            Column(first + i, None if features is None else features[i], missing, width) for i in range(outputs)
        ]
        self.columns += added
        return added

    def each(self, kind, path, inputs, numbers=None, missing=None, features=None):
        """Adds a step with a column for each column that it reads, which may be missing where that is."""
        for column in inputs:
            column.require_number(path)
        added = self.add(kind, path, inputs, len(inputs), numbers, False, features)
        for column, given in zip(added, inputs):
            column.missing = given.missing if missing is None else missing
        return added

    def example(self, columns, row):
        """Notes a row of training for the proof, if the columns are features."""
        if all(column.feature is not None and column.feature.documents is None and not column.feature.texts for column in columns):
            self.examples.append({column.feature.position: float(number) for column, number in zip(columns, row)})

    def finite(self, path, inputs):
        """Refuses rows with missing values where there may be some."""
        may_miss = [column for column in inputs if column.missing and not column.width]
        if may_miss:
            self.add("finite", path, may_miss, 0)

    def prune(self, results):
        """Leaves out steps whose columns nobody reads, and named features too, and numbers the rest anew: returns the
        new number of each old one."""
        needed = set(results)
        kept = []
        for step in reversed(self.steps):
            columns = range(step.first, step.first + step.outputs)
            if step.kind == "finite" or any(column in needed for column in columns):
                needed.update(step.inputs)
                kept.append(step)
        self.steps = kept[::-1]
        self.used = [each for each in self.features if each.position in needed or each.name is None]
        numbering = {feature.position: i for i, feature in enumerate(self.used)}
        for step in self.steps:
            for column in range(step.first, step.first + step.outputs):
                numbering[column] = len(numbering)
        return numbering
