#!/usr/bin/env python3
"""Writes a fitted scikit-learn model, kept by joblib or pickle, as a file that Nightshift imports.

Reading a joblib or pickle file runs what its author put into it: use it only for files that you trust. The file has to
be read by the version of scikit-learn that wrote it. Needs scikit-learn 1.3 or later and numpy, and pandas for models
that were trained on data frames. The folder sklearn_export has to lie next to this script.

The format is described in docs/reference/exchange-format.md.
"""

import argparse
import json
import os
import sys
import traceback

try:
    import joblib
    import sklearn
except ImportError as error:  # --help works without the libraries
    absent = error
else:
    absent = None
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from sklearn_export.content import estimator_of, summary
    from sklearn_export.document import document
    from sklearn_export.supported import supported
    from sklearn_export.unsupported import StepFailed, Unsupported


def load(path):
    try:
        return joblib.load(path)
    except OSError:
        raise
    except Exception as broken:  # whatever a foreign pickle raises
        raise Unsupported(
            f"it can't be read by scikit-learn {sklearn.__version__} ({type(broken).__name__}: {broken}); supported are"
            " files of joblib and pickle, written by this version"
        ) from broken


class Sql(argparse.Action):
    """Says how to print the steps as SQL, and ends."""

    def __call__(self, parser, *_):
        print(
            "Export the model first. Then `nightshift model sql flights.json --rest rest.model` prints the first steps of the"
            " pipeline as SQL, for source.select of a job, and writes the others as a model of their own."
        )
        parser.exit()


class Supported(argparse.Action):
    """Prints the supported classes, and ends."""

    def __call__(self, parser, *_):
        print(supported())
        parser.exit()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="the joblib or pickle file")
    parser.add_argument("output", help="the file to write, such as flights.json")
    parser.add_argument(
        "--sample",
        metavar="FILE",
        help="a CSV or Parquet file with rows on which the exported model is checked (default: rows made for the model)",
    )
    parser.add_argument(
        "--steps",
        metavar="FILE",
        help="a CSV file to write: the rows of --sample with the results of the model and of its steps, with which"
        " `nightshift model check` names the first step that differs",
    )
    parser.add_argument("--key", metavar="KEY", help="the key of the model, if the file holds a dictionary or a list")
    parser.add_argument(
        "--target",
        metavar="N",
        type=int,
        help="the position of the target to export, from 0, if the model predicts several; each has a file of its own",
    )
    parser.add_argument("--supported", nargs=0, action=Supported, help="print the supported classes, and end")
    parser.add_argument("--sql", nargs=0, action=Sql, help="say how to print the steps of the model as SQL, and end")
    parser.add_argument("--debug", action="store_true", help="print the traceback of an unexpected error")
    arguments = parser.parse_args()
    if arguments.steps is not None and arguments.sample is None:
        parser.error("--steps needs the rows of --sample")
    if absent is not None:
        sys.exit(
            f"scikit-learn can't be imported: {absent}. Run this script with the Python that trained the model, or install"
            " scikit-learn (Debian: apt-get install python3-sklearn)"
        )
    try:
        found = document(estimator_of(load(arguments.model), arguments.key), arguments.sample, arguments.target, arguments.steps)
        content = json.dumps(found, separators=(",", ":")) + "\n"
        partial = arguments.output + ".partial"
        with open(partial, "w", encoding="utf-8") as file:
            file.write(content)
        os.replace(partial, arguments.output)
    except (Unsupported, OSError) as failed:
        sys.exit(f"{arguments.model} can't be exported: {failed}")
    except Exception as unexpected:  # whatever scikit-learn or NumPy raises for a model that nobody has tried
        if arguments.debug:
            traceback.print_exc()
        words = unexpected if isinstance(unexpected, StepFailed) else StepFailed("", unexpected)
        sys.exit(f"{arguments.model} can't be exported: {words}; --debug prints where")
    print(f"{arguments.output}: {summary(found)}, {len(content.encode()):,} bytes")


if __name__ == "__main__":
    main()
