"""Texts and models of texts for bench/texts.sh, and scikit-learn's part of it.

texts.py train MODELS          trains and exports the models: words, hashing, characters
texts.py data FILE ROWS        writes a Parquet file with texts and two other columns
texts.py memory MODEL ROWS     scores texts in memory whenever a line arrives, and answers with its processor time
texts.py lines FILE ROWS       writes the texts of `memory`, a line each
texts.py job MODEL IN OUT      a batch job: Parquet by DuckDB, scores by scikit-learn, all in memory

A text has 70 words on average. The words are random syllables, and their frequencies are those of a natural language:
the n-th word is 1 / (n + 2.7) times as frequent as the first (Zipf and Mandelbrot).
"""

import sys
import time
from pathlib import Path

import joblib
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.path.insert(0, str(ROOT / "bench" / "jobs"))

TRAINED = 20_000
WORDS = 30_000
LENGTH = 70
CHUNK = 2048


def words():
    random = np.random.default_rng(1)
    syllables = ["".join(pair) for pair in np.array(np.meshgrid(list("bcdfghklmnprstvwz"), list("aeiou"))).T.reshape(-1, 2)]
    found = {}
    while len(found) < WORDS:
        word = "".join(random.choice(syllables, random.integers(1, 5)))
        found.setdefault(word + random.choice(["", "n", "s", "r"]), None)
    return np.array(list(found), dtype=object)


def texts(count, seed):
    random = np.random.default_rng(seed)
    vocabulary = words()
    shares = 1 / (np.arange(WORDS) + 2.7)
    lengths = random.poisson(LENGTH - 1, count) + 1
    drawn = vocabulary[random.choice(WORDS, lengths.sum(), p=shares / shares.sum())]
    ends = np.cumsum(lengths)
    return [" ".join(drawn[end - length : end]).capitalize() + "." for end, length in zip(ends, lengths, strict=True)]


def models():
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
    from sklearn.linear_model import LogisticRegression, SGDClassifier

    return {
        "words": (TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=30)),
        "hashing": (HashingVectorizer(n_features=1 << 18), LogisticRegression(max_iter=30)),
        "characters": (
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4)),
            SGDClassifier(loss="log_loss", random_state=1),
        ),
    }


def train(folder):
    import json
    import warnings

    import pandas as pd
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn_export.document import document

    warnings.simplefilter("ignore")
    given = texts(TRAINED, 2)
    frame = pd.DataFrame({"body": given})
    vocabulary = words()[:200]
    liked = dict(zip(vocabulary, np.random.default_rng(3).normal(size=len(vocabulary)), strict=True))
    score = np.array([sum(liked.get(word, 0) for word in text.lower().rstrip(".").split()) for text in given])
    target = (score + np.random.default_rng(4).normal(size=TRAINED) > 0).astype(int)
    for name, (vectorizer, classifier) in models().items():
        model = make_pipeline(make_column_transformer((vectorizer, "body")), classifier).fit(frame, target)
        joblib.dump(model, folder / f"{name}.joblib")
        exported = json.dumps(document(model, None, None), separators=(",", ":"))
        (folder / f"{name}.json").write_text(exported + "\n")


def data(file, rows):
    from duck import Duck

    duck = Duck()
    lines = Path(file + ".txt")
    with open(lines, "w") as out:
        for number, text in enumerate(texts(rows, 5)):
            out.write(f"{number}\t{number % 97}\t{text}\n")
    duck.execute(
        f"COPY (SELECT * FROM read_csv('{lines}', delim='\t', quote='', header=false,"
        f" columns={{'id': 'BIGINT', 'age': 'INTEGER', 'body': 'VARCHAR'}})) TO '{file}' (FORMAT parquet, COMPRESSION zstd)"
    )
    lines.unlink()


def memory(model, rows):
    import pandas as pd

    model = joblib.load(model)
    frame = pd.DataFrame({"body": texts(rows, 6)})
    chunks = [frame[start : start + CHUNK] for start in range(0, rows, CHUNK)]
    print("ready", flush=True)
    for line in sys.stdin:
        start = time.process_time()
        probabilities = [model.predict_proba(chunk)[:, 1] for chunk in chunks]
        print(time.process_time() - start, flush=True)
        if line.strip() != "time":
            np.concatenate(probabilities).astype(">f8").tofile(line.strip())
            print("written", flush=True)


def job(model, given, written):
    import pandas as pd
    from duck import Duck

    model = joblib.load(model)
    duck = Duck()
    frame = pd.DataFrame({"body": duck.texts("body", f"read_parquet('{given}')")})
    # A chunk at a time: the matrix of all rows would need several gigabytes.
    chunks = [frame[start : start + 50_000] for start in range(0, len(frame), 50_000)]
    probabilities = np.concatenate([model.predict_proba(chunk)[:, 1] for chunk in chunks])
    duck.execute("CREATE TABLE scores (prediction INTEGER, probability FLOAT)")
    duck.append("scores", (probabilities > 0.5).astype(np.int32), probabilities.astype(np.float32))
    duck.execute(
        f"COPY (SELECT id, prediction, probability FROM read_parquet('{given}') POSITIONAL JOIN scores)"
        f" TO '{written}' (FORMAT parquet, COMPRESSION zstd)"
    )


task, *arguments = sys.argv[1:]
match task:
    case "train":
        train(Path(arguments[0]))
    case "data":
        data(arguments[0], int(arguments[1]))
    case "memory":
        memory(arguments[0], int(arguments[1]))
    case "job":
        job(*arguments)
    case "lines":
        Path(arguments[0]).write_text("\n".join(texts(int(arguments[1]), 6)))
