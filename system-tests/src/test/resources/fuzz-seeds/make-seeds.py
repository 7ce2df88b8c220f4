#!/usr/bin/env python3
"""Makes the small model files beside this script, from which the fuzzer starts: run it here without arguments.

Each file is below the 64 kB of an input of the fuzzer, and is a whole model. Together they have the parts of each format
that the kept models of the other tests lack, or have only in files that are larger. Needs scikit-learn, pandas and XGBoost.

The ONNX files are those of OnnxSample and OnnxGraphs, the MOJO is one of MojoSample, and Smile's models are those of
SmileContractTest.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import joblib
import numpy
import pandas
import xgboost
from sklearn.compose import make_column_transformer
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.impute import IterativeImputer, KNNImputer
from sklearn.linear_model import LogisticRegression, PoissonRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, PowerTransformer, SplineTransformer

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[4]
FUNCTIONS = (
    "arccos arcsin arctan cbrt ceil cos cosh deg2rad exp exp2 expm1 floor log log10 log2 rad2deg reciprocal rint sign sin"
    " sinh sqrt tan tanh trunc"
).split()
WORDS = "the bag was late and nobody came thanks great 42 İΣ é".split()


def folder(name):
    path = HERE / name
    path.mkdir(exist_ok=True)
    return path


def exported(name, model, sample):
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        joblib.dump(model, work / "model.joblib")
        sample.to_csv(work / "sample.csv", index=False)
        output = folder("model-sklearn") / f"{name}.json"
        command = [sys.executable, ROOT / "tools/export-sklearn.py", work / "model.joblib", output, "--sample", work / "sample.csv"]
        subprocess.run(command, check=True)


def xgboost_seeds():
    random = numpy.random.default_rng(1)
    features = random.normal(size=(200, 3))
    features[random.random(features.shape) < 0.1] = numpy.nan
    classes = random.integers(0, 3, 200)
    several = {"objective": "multi:softprob", "num_class": 3, "max_depth": 3}
    numbers = xgboost.DMatrix(features, classes)
    path = folder("model-xgboost")
    for name, parameters, data in [
        ("classes.json", several, numbers),
        ("classes.ubj", several, numbers),
        ("dart.json", {"objective": "count:poisson", "booster": "dart", "rate_drop": 0.5, "max_depth": 2}, numbers),
        ("linear.ubj", {"objective": "reg:squarederror", "booster": "gblinear"}, xgboost.DMatrix(numpy.nan_to_num(features), classes)),
    ]:
        xgboost.train(parameters, data, 3).save_model(path / name)


def lightgbm_seed():
    """The first trees of the model of storms."""
    text = (ROOT / "examples/storms/storms.lightgbm").read_text(encoding="utf-8")
    start, *trees = re.split(r"(?=^Tree=)", text, flags=re.MULTILINE)
    end = trees[-1][trees[-1].index("end of trees") :]
    sizes = re.search(r"tree_sizes=(.*)", start).group(1).split()[:4]
    start = re.sub(r"tree_sizes=.*", "tree_sizes=" + " ".join(sizes), start)
    (folder("model-lightgbm") / "storms.lightgbm").write_text(start + "".join(trees[:4]) + end, encoding="utf-8")


def pipeline_seeds():
    random = numpy.random.default_rng(2)
    frame = pandas.DataFrame(random.uniform(0.1, 0.9, (60, 3)), columns=["a", "b", "c"])
    label = random.integers(0, 2, 60)
    gaps = frame.mask(random.random(frame.shape) < 0.2)
    functions = make_column_transformer(*[(FunctionTransformer(getattr(numpy, name)), ["a"]) for name in FUNCTIONS])
    exported("functions", make_pipeline(functions, PoissonRegressor()).fit(frame, label), frame[:3])
    exported(
        "imputed",
        make_pipeline(KNNImputer(n_neighbors=2), SplineTransformer(3), LogisticRegression()).fit(gaps[:12], label[:12]),
        gaps[12:16],
    )
    estimated = make_pipeline(IterativeImputer(max_iter=2), LogisticRegression())
    exported("estimated", estimated.fit(gaps, label), gaps[:4])
    exported(
        "neighbours",
        make_pipeline(PowerTransformer("box-cox"), KNeighborsClassifier(3, weights="distance")).fit(frame[:12], label[:12]),
        frame[12:15],
    )
    texts = pandas.DataFrame({"text": [" ".join(random.choice(WORDS, 5)) for _ in range(60)]})
    words = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), max_features=20), SelectKBest(chi2, k=8))
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3), max_features=20, strip_accents="unicode")
    hashes = HashingVectorizer(n_features=16)
    for name, counts in [("words", words), ("characters", characters), ("hashes", hashes)]:
        columns = make_column_transformer((counts, "text"))
        exported(name, make_pipeline(columns, LogisticRegression()).fit(texts, label), texts[:4])
    dense = make_pipeline(make_column_transformer((characters, "text"), sparse_threshold=0), GaussianNB())
    exported("dense", dense.fit(texts[:12], label[:12]), texts[:2])


if __name__ == "__main__":
    xgboost_seeds()
    lightgbm_seed()
    pipeline_seeds()
