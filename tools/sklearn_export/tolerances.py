"""How far a score may be from that of the library, by class.

Each class has the largest of the tolerances of the steps that its function can write. The kinds of these steps are found in
the function's own code, so a class can't have an old tolerance. bench/sklearn-kinds.sh compares them with the bounds of the
proofs of all classes.
"""

import types

from . import transformers
from .boosters import catboost, lightgbm, xgboost
from .ensembles import adaboost_classifier
from .trees import isolation_forest

BITS, INSIDE, FUNCTIONS, FAST, SINGLE, SUMS = range(6)
WORDS = {
    BITS: "none",
    INSIDE: "as the models inside",
    FUNCTIONS: "functions",
    FAST: "fast exponentials",
    SINGLE: "single precision",
    SUMS: "sums",
}
LEGEND = """\
The proof compares each result with a bound that the script computes for this result. ε is 2⁻⁵².

| largest difference | what applies |
|---|---|
| none | the same bits |
| functions | 8 to 16 ε of the value for each exponential, logarithm or power, because libraries round them differently; margins and other sums have the same bits |
| fast exponentials | 10⁻¹² of a prediction or probability; margins have the same bits |
| single precision | 8 · 2⁻²³ of a prediction or probability; margins have the same bits, except with `dart` |
| sums | n · ε · Σ\\|terms\\| for each sum of n terms, because BLAS adds in no fixed order; functions as above. Distances and kernels are such sums, too. Rows on which rounding decides, such as the nearest of two points, are not compared |
| as the models inside | the class adds nothing |"""

# The kinds of steps whose result is the same number in every correct computation.
EXACT = {
    "argmax", "bin", "constant", "fill", "finite", "forest", "impute", "lookup", "missing", "one-hot", "product", "scale",
    "sparse-dense", "sparse-select", "text-counts", "text-hashes", "threshold", "vote", "weighted-median",
}  # fmt: skip
EXACT_FUNCTIONS = {"absolute", "negative", "sqrt", "square", "reciprocal", "floor", "ceil", "rint", "trunc", "sign"}
OF_FUNCTIONS = {
    *transformers.FUNCTIONS.values(), "logistic", "softmax", "power", "pow", "quantile", "interpolate", "spline",
    "gaussian-integral",
} - EXACT_FUNCTIONS  # fmt: skip
OF_SUMS = {
    "coupling", "distances", "gaussian", "kernel", "knn-impute", "linear", "neighbours", "normalize", "share", "sparse-linear",
    "sparse-scale",
}  # fmt: skip
KINDS = {
    **dict.fromkeys(EXACT | EXACT_FUNCTIONS, BITS),
    **dict.fromkeys(OF_FUNCTIONS, FUNCTIONS),
    **dict.fromkeys(OF_SUMS, SUMS),
}
# Forests whose leaves are computed: the library adds other terms in another order, or in single precision.
FORESTS = {adaboost_classifier: SUMS, isolation_forest: SUMS, catboost: FAST, lightgbm: FUNCTIONS, xgboost: SINGLE}
OTHERS = ("estimated", "transformed")  # They export the models inside.


def tolerance(function):
    """The tolerance of a class whose function is given."""
    return FORESTS.get(function, max(levels(function, set()), default=BITS))


def levels(function, seen):
    """The tolerances of the steps that a function and those that it calls can write."""
    seen.add(function)
    codes = [function.__code__]
    for code in codes:
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                codes.append(constant)
            for each in constant if isinstance(constant, (tuple, frozenset)) else [constant]:
                if isinstance(each, str) and each in KINDS:
                    yield KINDS[each]
        for name in code.co_names:
            found = function.__globals__.get(name)
            if name in OTHERS:
                yield INSIDE
            elif isinstance(found, types.FunctionType) and found.__module__.startswith(__package__) and found not in seen:
                yield from levels(found, seen)
            elif isinstance(found, dict):
                yield from (KINDS[each] for each in found.values() if isinstance(each, str) and each in KINDS)
