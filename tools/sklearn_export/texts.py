"""The vectorizers of texts as steps.

The classes of characters and their version of Unicode are those of the Python that runs the export: the steps have
them as ranges of code points.
"""

import functools
import random
import re
import unicodedata

import numpy
from scipy import sparse  # scikit-learn itself needs SciPy.
from sklearn.feature_extraction.text import CountVectorizer

from .sparse import MOST_COLUMNS, scaled_rows
from .unsupported import Unsupported

ANALYZERS = {"word": 0, "char": 1, "char_wb": 2}
ACCENTS = {None: 0, "ascii": 1, "unicode": 2}
NORMS = {"max": 0, "l1": 1, "l2": 2}
MOST_UNITS = 1000
DOCUMENTS = 160
ODD = [
    "",
    " \t\n",
    "x",
    "Straße STRASSE ẞ",
    "İstanbul Iğdır ı",
    "ΟΔΟΣ Σ ΣΑΣ ΟΔΟΣ. Ο'Σ ΑΣ\u0301 Σ1",
    "naïve café cafe\u0301 a\u0308\u0323 Ångström Å",
    "日本語 テキスト 한국어 각 ไทย देवनागरी",
    "٣٤٥ ४५६ ²³ Ⅷ ½ ① 12345",
    "emoji 😀 🏳️‍🌈 👩‍👩‍👧 👍🏽",
    "zero\u200bwidth\u200djoined soft\u00adhyphen",
    "don't l'été o’clock rock'n'roll",
    "under_score __a__ _ a_1 kebab-case",
    "ﬁne ﬂow ﷺ ǅ ŉ ǰ ᾳ",
    "a\u00a0b\u3000c\u0085d\u001ce  f\u2003 g",
    "𝔘𝔫𝔦 𐐀𐐨 𞤀𞤢 ꯍ",
    "\ufeffbom \u202eright\u202c",
    "e-mail@example.org https://example.org/?q=1&r=%20 3.14 1,000 A&B C++ #tag",
]


def is_vectorizer(step):
    return type(step).__name__ in ("CountVectorizer", "TfidfVectorizer", "HashingVectorizer")


def takes_series(model):
    """Whether a model takes texts themselves, and no table with columns."""
    while not is_vectorizer(model):
        if hasattr(model, "best_estimator_"):
            model = model.best_estimator_
        elif getattr(model, "steps", None):
            model = model.steps[0][1]
        elif getattr(model, "transformer_list", None):
            model = model.transformer_list[0][1]
        elif hasattr(model, "calibrated_classifiers_"):
            model = model.calibrated_classifiers_[0].estimator
        elif hasattr(model, "estimators_") and isinstance(model.estimators_, list):
            model = model.estimators_[0]
        else:
            model = getattr(model, "estimator_", getattr(model, "estimator", None))
            if model is None or isinstance(model, str):
                return False
    return True


def ranges(holds):
    """The characters for which something holds, as the first code point of each range and the one behind its end."""
    found = numpy.array([not 0xD800 <= i < 0xE000 and bool(holds(chr(i))) for i in range(0x110000)])
    return numpy.flatnonzero(numpy.diff(found.astype(int), prepend=0, append=0)).tolist()


@functools.lru_cache
def members(atom):
    return ranges(re.compile(atom).fullmatch)


@functools.lru_cache
def unassigned():
    return ranges(lambda character: unicodedata.category(character) == "Cn")


@functools.lru_cache
def cased():
    """The characters after which a capital sigma is at the end of a word."""
    return ranges(lambda character: (character + "Σ").lower()[-1] == "ς")


@functools.lru_cache
def ignored():
    """The characters that may be between such a character and the sigma."""
    return ranges(lambda character: (character + "Σ").lower()[-1] != ("A" + character + "Σ").lower()[-1])


@functools.lru_cache
def combining():
    return ranges(unicodedata.combining)


def tokens(pattern, path):
    """The characters of words, and how many of them a word has at least, for patterns whose words are as many of these
    characters in a row as possible."""
    found = re.fullmatch(
        r"(?:\(\?u\))?(?P<b>\\b)?(?P<atom>\\w|\\S|\[\^\\s\]|\[(?:[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9]|[A-Za-z0-9_])+\])"
        r"(?P<more>.*?)(?P<end>\\b)?",
        pattern,
    )
    if found:
        atom, more = found["atom"], found["more"]
        bounded = bool(found["b"])
        isword = atom == r"\w"
        repeats = re.fullmatch(r"\{(\d{1,3}),\}", more)
        count = (len(more) - 1) // len(atom)
        shortest = int(repeats[1]) if repeats else 1 + count if more == atom * count + "+" else 0
        if shortest and bounded == bool(found["end"]) and (isword or not bounded):
            return members(atom), shortest
    raise Unsupported(
        f"the step {path} has the token_pattern {pattern!r}; supported are \\w+, \\w\\w+, \\w{{n,}} with or without \\b at both"
        " ends and (?u), \\S+, and sets of letters and digits such as [a-zA-Z]+"
    )


def analyzer(step, path):
    """The parameters of a step for how texts are split, and its stop words."""
    for name in ("preprocessor", "tokenizer"):
        if getattr(step, name) is not None:
            raise Unsupported(f"the step {path} has a function of its own ({name}); a file can't hold functions")
    for name in ("analyzer", "strip_accents"):
        if callable(getattr(step, name)):
            raise Unsupported(f"the step {path} has a function of its own ({name}); a file can't hold functions")
    if step.input != "content":
        raise Unsupported(f"the step {path} has input={step.input!r}; supported are texts themselves (content)")
    low, high = step.ngram_range
    if high > MOST_UNITS:
        raise Unsupported(f"the step {path} has n-grams of {high} units; supported are {MOST_UNITS}")
    numbers = {
        "analyzer": [ANALYZERS[step.analyzer]],
        "ngrams": [low, high],
        "lowercase": [int(bool(step.lowercase))],
        "accents": [ACCENTS[step.strip_accents]],
        "binary": [int(bool(step.binary))],
    }
    if step.lowercase or step.strip_accents:
        numbers["unassigned"] = unassigned()
    if step.lowercase:
        numbers.update({"cased": cased(), "ignored": ignored()})
    if step.strip_accents == "unicode":
        numbers["combining"] = combining()
    stops = []
    if step.analyzer == "word":
        numbers["token"], shortest = tokens(step.token_pattern, path)
        numbers["shortest"] = [shortest]
        stops = sorted(step.get_stop_words() or [])
    return numbers, stops


def text_column(columns, path):
    """The column with the texts that a vectorizer reads."""
    if len(columns) != 1 or columns[0].feature is None or columns[0].number != columns[0].feature.position:
        raise Unsupported(f"the step {path} reads {len(columns)} columns or computed ones; supported is a column of texts")
    feature = columns[0].feature
    if feature.texts or feature.numbers:
        raise Unsupported(f"{feature.called()} is a text for the step {path}, and has categories or numbers for another")
    if feature.documents is None:
        feature.documents = []
        feature.missing_value = numpy.nan
    return columns[0]


def is_single(step, path):
    """Whether a vectorizer gives columns of single precision, which have the same counts."""
    dtype = numpy.dtype(step.dtype)
    if dtype not in (numpy.float64, numpy.float32) and not (dtype.kind in "iu" and dtype.itemsize >= 4):
        raise Unsupported(f"the step {path} has the dtype {dtype}; supported are float64, float32, int64 and int32")
    return dtype == numpy.float32


def marked(columns, single):
    for column in columns:
        column.single = single
    return columns


def counts(graph, step, columns, path):
    single = is_single(step, path)
    if not hasattr(step, "vocabulary_"):
        step._validate_vocabulary()
    column = text_column(columns, path)
    numbers, stops = analyzer(step, path)
    vocabulary = sorted(step.vocabulary_, key=step.vocabulary_.get)
    require_width(len(vocabulary), path)
    texts = {"vocabulary": vocabulary, **({"stop-words": stops} if stops else {})}
    add_documents(column.feature, vocabulary, stops, step)

    def evaluate(documents):
        return CountVectorizer.transform(step, documents).astype(float)

    width = len(vocabulary)
    found = graph.add("text-counts", path, [column], 1, numbers, texts=texts, evaluate=evaluate, width=width)
    return marked(found, single)


def require_width(width, path):
    if width > MOST_COLUMNS:
        raise Unsupported(f"the step {path} gives {width:,} columns; supported are {MOST_COLUMNS:,}")


def tfidf_vectorizer(graph, step, columns, path):
    found = counts(graph, step, columns, path)
    return tfidf(graph, step._tfidf, found, path)


def tfidf(graph, step, columns, path):
    if len(columns) != 1 or not columns[0].width:
        raise Unsupported(f"the step {path} reads columns that are no counts of texts")
    width = columns[0].width
    numbers = {}
    if step.sublinear_tf and columns[0].single:
        raise Unsupported(f"the step {path} has logarithms of single precision (sublinear_tf and dtype=float32); train it with float64")
    if step.sublinear_tf:
        numbers["log"] = [1]
    if step.use_idf:
        numbers["multiply"] = numpy.ravel(step.idf_)
    if step.norm is not None:
        numbers["norm"] = [NORMS[step.norm]]
    if width > 1:
        pair = sparse.csr_matrix(([1.0, 1.0], [0, 1], [0, 2]), shape=(1, width))
        if step.transform(pair).indices[0] == 1:
            numbers["reversed"] = [1]
    return scaled_rows(graph, path, columns[0], numbers) if numbers else columns


def hashes(graph, step, columns, path):
    single = is_single(step, path)
    column = text_column(columns, path)
    numbers, stops = analyzer(step, path)
    require_width(step.n_features, path)
    numbers.update({"columns": [step.n_features], "signed": [int(bool(step.alternate_sign))]})
    add_documents(column.feature, [], stops, step)
    plain = type(step)(**{**step.get_params(), "norm": None})
    texts = {"stop-words": stops} if stops else None
    found = graph.add(
        "text-hashes", path, [column], 1, numbers, texts=texts, evaluate=plain.transform, width=step.n_features
    )
    marked(found, single)
    return found if step.norm is None else scaled_rows(graph, path, found[0], {"norm": [NORMS[step.norm]]})


def add_documents(feature, vocabulary, stops, step):
    """Texts for the proof: of the vocabulary, of stop words, and with characters that are easily taken for others."""
    chance = random.Random(1)
    terms = chance.sample(vocabulary, min(len(vocabulary), 5000))
    words = [term for term in terms if term.strip()] or ["some", "words", "no", "vocabulary", "has", "AND", "more"]
    glue = " " if step.analyzer == "word" else ""
    found = [*ODD, " ".join(stops[:40]), glue.join(chance.choices(words, k=1500))]
    for i in range(DOCUMENTS):
        chosen = chance.choices(words, k=chance.choice([1, 2, 5, 12, 40]))
        if i % 3 == 1:
            chosen = [each.upper() if chance.random() < 0.3 else each for each in chosen]
        if i % 4 == 2:
            chosen.insert(chance.randrange(len(chosen)), chance.choice(ODD))
        if stops and i % 5 == 3:
            chosen[1:1] = chance.choices(stops, k=3)
        found.append(chance.choice([" ", ", ", " ", "\n"] if glue else ["", "", " "]).join(chosen))
    known = set(feature.documents)
    feature.documents += [each for each in dict.fromkeys(found) if each not in known]


TEXTS = {
    "CountVectorizer": counts,
    "HashingVectorizer": hashes,
    "TfidfTransformer": tfidf,
    "TfidfVectorizer": tfidf_vectorizer,
}
