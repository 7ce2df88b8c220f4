#!/usr/bin/env bash
# Trains every estimator of sklearn.utils.all_estimators() that predicts or transforms on small data: as the whole model, and if it
# transforms, before a LogisticRegression. Exports each, scores other rows with Nightshift, and compares the scores with those of
# scikit-learn. Prints which classes are equal, differ, fail, are refused, and can't be trained on such data, each with its reason.
# Ends with 1 if a score differs, a bound is not as the table of the supported classes says, or an error was unexpected.
#
#   bench/sklearn-kinds.sh
#
# Needs Python 3 with scikit-learn and pandas (in PYTHON, python3 by default), and a JDK of 25 or newer in JAVA_HOME.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

java=${JAVA_HOME:?names no JDK}/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

path=${CLASS_PATH:-}
if [[ -z $path ]]; then
    ./nightshift --version >/dev/null # builds it where that is needed
    path="cli/target/nightshift/lib/*"
fi
"${PYTHON:-python3}" -B bench/sklearn/kinds.py "$work"
"$java/java" -Xlog:disable --sun-misc-unsafe-memory-access=allow -cp "$path" bench/sklearn/Kinds.java "$work"
