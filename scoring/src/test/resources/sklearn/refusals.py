"""Exports the values of expressions, one after the other, and prints a line for each: what the exporter says.

refusals.py EXPORTER FOLDER EXPRESSION...
"""

import sys
from pathlib import Path

import joblib
import numpy as np  # noqa: F401, this and the rest for the expressions
from cases import exporter_module
from sklearn import decomposition, ensemble, linear_model, manifold, tree  # noqa: F401
from sklearn.compose import make_column_transformer  # noqa: F401
from sklearn.feature_extraction.text import *  # noqa: F403
from sklearn.pipeline import make_pipeline  # noqa: F401
from sklearn.preprocessing import *  # noqa: F403

exporter, folder, expressions = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
module = exporter_module(exporter)
for expression in expressions:
    joblib.dump(eval(expression), folder / "any.joblib")
    sys.argv = [exporter, str(folder / "any.joblib"), str(folder / "refused.json")]
    try:
        module.main()
    except SystemExit as refused:
        print(refused)
