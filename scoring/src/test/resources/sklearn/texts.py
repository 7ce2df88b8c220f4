"""Trains models of texts, exports them, and writes what scikit-learn itself predicts for other texts.

texts.py EXPORTER FOLDER [CASE...] writes CASE.json, the exported model, and CASE.expected.json: the features as columns
(texts, or numbers as in pipelines.py), and the library's results.
texts.py --list prints the names of the cases.
texts.py --characters FILE writes what Python and scikit-learn make of all characters.

The cases kept-* are kept beside this script, for tests where there is no Python:

    python3 texts.py ../../../../../tools/export-sklearn.py . kept-text kept-texts
    rm kept-*.joblib
"""

import json
import random
import sys
import unicodedata
import warnings
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from cases import exporter_module
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
    strip_accents_ascii,
    strip_accents_unicode,
)
from sklearn.feature_selection import SelectKBest, VarianceThreshold, chi2
from sklearn.linear_model import LogisticRegression, PassiveAggressiveClassifier, Ridge, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import Binarizer, MaxAbsScaler, Normalizer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC

WORDS = (
    "the of and to in is was for on that with as by at from it are this be or flight late early bag lost refund thanks"
    " great terrible café naïve Straße ÖPNV 42 747 zug verspätet 日本 東京 Ночь İzmir ΟΔΟΣ σας a_b don't emoji😀 ٣٤ x"
).split()
SEED = {"random_state": 0}


def documents(seed, count):
    chance = random.Random(seed)
    return [" ".join(chance.choices(WORDS, k=chance.randint(1, 25))) for _ in range(count)]


def strange(seed, count):
    """Texts with any assigned characters between words."""
    chance = random.Random(seed)
    found = ["", " ", "the", "a\u0301\u0323 Σ ΑΣ ΣΑ Α.Σ.", "Z" * 3000, "late " * 500, "\u2028\u3000\u200b"]
    assigned = [chr(i) for i in range(0x30000) if unicodedata.category(chr(i)) not in ("Cn", "Cs", "Co")]
    while len(found) < count:
        parts = chance.choices(WORDS, k=chance.randint(0, 12))
        for _ in range(chance.randint(0, 12)):
            parts.insert(chance.randint(0, len(parts)), "".join(chance.choices(assigned, k=chance.randint(1, 4))))
        glued = chance.choice([" ", "", "\t", "  "]).join(parts)
        found.append(glued.upper() if chance.random() < 0.2 else glued)
    return found


def table(texts, seed):
    numbers = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "text": texts,
            "title": [text[:20] for text in texts],
            "age": np.round(numbers.normal(40, 9, len(texts)), 1),
            "plan": numbers.choice(["basic", "plus"], len(texts)),
        }
    )


def columns(vectorizer, **options):
    parts = [
        ("text", vectorizer, "text"),
        ("age", StandardScaler(), ["age"]),
        ("plan", OneHotEncoder(handle_unknown="ignore"), ["plan"]),
    ]
    return ColumnTransformer(parts, **options)


def logistic():
    return LogisticRegression(max_iter=300)


TRANSPARENT = FeatureUnion(
    [("words", TfidfVectorizer()), ("signs", CountVectorizer(analyzer="char", binary=True))],
    transformer_weights={"words": 2.5},
)
TWO = ColumnTransformer(
    [
        ("text", TfidfVectorizer(), "text"),
        ("title", make_pipeline(CountVectorizer(), TruncatedSVD(3, **SEED)), "title"),
    ]
)

# The estimator, and whether it reads a table.
CASES = {
    "words": (make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), logistic()), "flags"),
    "three-words": (make_pipeline(TfidfVectorizer(ngram_range=(2, 3), min_df=2, max_df=0.9), logistic()), "classes"),
    "stop-words": (make_pipeline(CountVectorizer(stop_words="english"), MultinomialNB()), "classes"),
    "own-stop-words": (make_pipeline(CountVectorizer(stop_words=["the", "café", "42"], ngram_range=(1, 2)), MultinomialNB()), "classes"),
    "binary": (make_pipeline(CountVectorizer(binary=True, max_features=20), LinearSVC(**SEED)), "classes"),
    "raw-case": (make_pipeline(TfidfVectorizer(lowercase=False, use_idf=False), logistic()), "classes"),
    "accents-unicode": (make_pipeline(TfidfVectorizer(strip_accents="unicode"), logistic()), "classes"),
    "accents-ascii": (make_pipeline(TfidfVectorizer(strip_accents="ascii", norm=None), logistic()), "classes"),
    "letters": (make_pipeline(TfidfVectorizer(token_pattern=r"[a-z]+"), logistic()), "classes"),
    "no-spaces": (make_pipeline(TfidfVectorizer(token_pattern=r"\S+"), logistic()), "classes"),
    "single": (make_pipeline(TfidfVectorizer(token_pattern=r"(?u)\b\w+\b"), logistic()), "classes"),
    "longer": (make_pipeline(TfidfVectorizer(token_pattern=r"\b\w{4,}\b"), logistic()), "classes"),
    "characters": (
        make_pipeline(
            TfidfVectorizer(analyzer="char", ngram_range=(2, 4), sublinear_tf=True, norm="l1", strip_accents="unicode"),
            LinearSVC(**SEED),
        ),
        "classes",
    ),
    "characters-of-words": (
        make_pipeline(
            CountVectorizer(analyzer="char_wb", ngram_range=(1, 4), strip_accents="ascii", lowercase=False),
            TfidfTransformer(smooth_idf=False),
            SGDClassifier(loss="log_loss", **SEED),
        ),
        "classes",
    ),
    "long-characters-of-words": (make_pipeline(CountVectorizer(analyzer="char_wb", ngram_range=(5, 7)), logistic()), "classes"),
    "hashes": (make_pipeline(HashingVectorizer(n_features=1000, norm=None), SGDClassifier(**SEED)), "flags"),
    "hashes-few": (make_pipeline(HashingVectorizer(n_features=7, norm="l1", ngram_range=(1, 2)), logistic()), "classes"),
    "hashes-binary": (
        make_pipeline(HashingVectorizer(n_features=2**14, alternate_sign=False, binary=True), TfidfTransformer(), Ridge()),
        "values",
    ),
    "hashes-signed-binary": (
        make_pipeline(HashingVectorizer(n_features=16, binary=True, analyzer="char", ngram_range=(1, 2)), logistic()),
        "classes",
    ),
    "table": (make_pipeline(columns(TfidfVectorizer(token_pattern=r"[a-z]+")), logistic()), "classes", True),
    "table-dense": (make_pipeline(columns(TfidfVectorizer(), sparse_threshold=0), logistic()), "classes", True),
    "table-forest": (make_pipeline(columns(CountVectorizer(max_df=0.5)), RandomForestClassifier(20, **SEED)), "classes", True),
    "table-two": (make_pipeline(TWO, StandardScaler(with_mean=False), logistic()), "flags", True),
    "union": (make_pipeline(TRANSPARENT, SelectKBest(chi2, k=40), MaxAbsScaler(), logistic()), "classes"),
    "svd": (make_pipeline(TfidfVectorizer(min_df=2), TruncatedSVD(8, **SEED), Normalizer(), logistic()), "classes"),
    "normalised": (make_pipeline(CountVectorizer(), VarianceThreshold(), Normalizer("max"), Ridge()), "values"),
    "thresholds": (make_pipeline(TfidfVectorizer(), Binarizer(threshold=0.3), MultinomialNB()), "classes"),
    "bernoulli": (make_pipeline(CountVectorizer(), BernoulliNB()), "classes"),
    "complement": (make_pipeline(CountVectorizer(dtype=np.int32), ComplementNB()), "classes"),
    "single-precision": (make_pipeline(TfidfVectorizer(dtype=np.float32), logistic()), "classes"),
    "single-precision-sum": (make_pipeline(TfidfVectorizer(dtype=np.float32, norm="l1"), MultinomialNB()), "classes"),
    "single-precision-hashes": (make_pipeline(HashingVectorizer(n_features=1000, dtype=np.float32), LinearSVC(**SEED)), "classes"),
    "single-precision-parts": (
        make_pipeline(CountVectorizer(dtype=np.float32), TfidfTransformer(norm=None), SelectKBest(chi2, k=30), logistic()),
        "flags",
    ),
    "single-precision-maximum": (make_pipeline(CountVectorizer(dtype=np.float32), Normalizer("max"), logistic()), "classes"),
    "single-precision-table": (make_pipeline(columns(TfidfVectorizer(dtype=np.float32)), Ridge()), "values", True),
    "machine": (make_pipeline(TfidfVectorizer(max_features=12), SVC()), "classes"),
    "calibrated": (CalibratedClassifierCV(make_pipeline(TfidfVectorizer(), LinearSVC(**SEED)), cv=2), "flags"),
    "search": (
        GridSearchCV(make_pipeline(TfidfVectorizer(), logistic()), {"tfidfvectorizer__ngram_range": [(1, 1), (1, 2)]}, cv=2),
        "flags",
    ),
    "rest": (make_pipeline(CountVectorizer(), OneVsRestClassifier(logistic())), "classes"),
    "vote": (
        make_pipeline(
            TfidfVectorizer(),
            VotingClassifier([("a", logistic()), ("b", MultinomialNB())], voting="soft"),
        ),
        "classes",
    ),
    "passive": (make_pipeline(TfidfVectorizer(vocabulary=["late", "lost", "great", "the"]), PassiveAggressiveClassifier(**SEED)), "flags"),
    "kept-text": (make_pipeline(TfidfVectorizer(ngram_range=(1, 2), max_features=60, stop_words=["the", "of"]), logistic()), "flags"),
    "kept-texts": (
        make_pipeline(
            ColumnTransformer(
                [
                    ("text", make_pipeline(HashingVectorizer(n_features=32), TfidfTransformer(sublinear_tf=False)), "text"),
                    (
                        "title",
                        make_pipeline(
                            CountVectorizer(analyzer="char_wb", ngram_range=(1, 2), max_features=40, strip_accents="unicode"),
                            SelectKBest(chi2, k=20),
                            FeatureUnion([("svd", TruncatedSVD(2, **SEED)), ("same", MaxAbsScaler())]),
                        ),
                        "title",
                    ),
                    ("age", StandardScaler(), ["age"]),
                ]
            ),
            logistic(),
        ),
        "classes",
        True,
    ),
}


def target(texts, kind):
    classes = np.array(["good" if "great" in each or "thanks" in each else "bad" if "late" in each else "none" for each in texts])
    if kind == "classes":
        return classes
    return (classes == "good").astype(int if kind == "flags" else float) * (1 if kind == "flags" else 2.5)


def feature(frame, position, described):
    values = frame.iloc[:, position] if isinstance(frame, pd.DataFrame) else pd.Series(frame)
    if "levels" in described:
        return [described["levels"].index(each) for each in values]
    return list(values)


def expected(model, given, described):
    chosen = list(given.columns).index if isinstance(given, pd.DataFrame) else lambda _: 0
    found = {
        "rows": len(given),
        "features": [feature(given, chosen(each.get("name")), each) for each in described["features"]],
        "prediction": model.predict(given),
    }
    if hasattr(model, "classes_"):
        found["prediction"] = np.searchsorted(model.classes_, found["prediction"])
        if hasattr(model, "predict_proba"):
            shares = model.predict_proba(given).T
            found["probabilities"] = [list(each) for each in (shares[1:] if len(shares) == 2 else shares)]
        if hasattr(model, "decision_function") and described["results"]["margins"]:
            margins = model.decision_function(given)
            found["margins"] = [list(each) for each in np.reshape(margins, (len(given), -1)).T]
    found["prediction"] = [float(each) for each in found["prediction"]]
    return found


def characters(path):
    """A line for each assigned character and each kind of folding: the small letters, those without accents, and what
    becomes of a capital sigma next to the character."""
    with open(path, "w", encoding="utf-8") as file:
        for i in range(0x110000):
            each = chr(i)
            if unicodedata.category(each) in ("Cn", "Cs", "Co"):
                continue
            small = each.lower()
            sigmas = ["A" + each + "Σ", "AΣ" + each + "A", each + "Σ"]
            found = [
                [small],
                [strip_accents_ascii(each)],
                [strip_accents_unicode(each)],
                [strip_accents_unicode(small)],
                [text.lower() for text in sigmas],
            ]
            file.write(json.dumps({"character": i, "folded": [each for part in found for each in part]}) + "\n")


def main():
    if sys.argv[1] == "--list":
        print("\n".join(CASES))
        return
    if sys.argv[1] == "--characters":
        characters(sys.argv[2])
        return
    exporter, folder = exporter_module(sys.argv[1]), Path(sys.argv[2])
    from sklearn_export.document import document

    for name in sys.argv[3:] or CASES:
        model, kind, *is_table = CASES[name]
        trained = documents(1, 300)
        scored = documents(2, 60) + strange(3, 60 if name.startswith("kept") else 240)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            given = [table(texts, i) if is_table else texts for i, texts in enumerate((trained, scored))]
            model.fit(given[0], target(trained, kind))
            described = document(model)
            results = expected(model, given[1], described)
        (folder / f"{name}.json").write_text(json.dumps(described, separators=(",", ":")) + "\n")
        (folder / f"{name}.expected.json").write_text(json.dumps(results, separators=(",", ":")) + "\n")
        joblib.dump(model, folder / f"{name}.joblib")


main()
