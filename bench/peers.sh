#!/usr/bin/env bash
# Measures scoring against the libraries that trained the models: side by side and taking turns, two threads, rows in
# memory, each library by its batch interface; the models are trained here. Prints a table in Markdown: millions of rows a
# second (median, and all rounds), our rate over theirs, what is asked of it, the largest difference of a probability, and
# our kernel.
#
#   bench/peers.sh [RIVAL…]           xgboost, xgboost-python, lightgbm, smile, sklearn, onnx; all by default
#
# bench/peers/install.sh fetches a rival: the Java libraries by Maven, Python's from Debian or PyPI. One that can't be had is
# skipped, with a note on standard error. What is being trained is said there too: the wide model takes 200 seconds of
# processor time, for xgboost and for xgboost-python. Needs JAVA_HOME to name a JDK of 25 or newer. Takes the example's
# 300,000 rows, or those of the file in FLIGHTS_3M. ROUNDS is how often each is measured, 5 by default, after three rounds to
# warm up. CLOCK=cpu takes processor time, halved for the two threads and the compilers' included, where other work on the
# machine would disturb the wall's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ $# -eq 0 ]]; then set -- xgboost xgboost-python lightgbm smile sklearn onnx; fi
rounds=${ROUNDS:-5}
flights=${FLIGHTS_3M:-examples/flights/flights.parquet}
java=${JAVA_HOME:?names no JDK}/bin
sources=bench/peers/io/nightshift/bench/peers
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

skip() {
    echo "peers.sh: $1 is skipped: $2" >&2
}

export OMP_WAIT_POLICY=passive # or a library's threads that wait would be in the way of whose turn it is

./nightshift --version >/dev/null # builds it where that is needed
product="cli/target/nightshift/lib/*"

echo "| model | theirs, million rows/s | ours | ratio | target | largest difference | our kernel |"
echo "|---|---|---|---|---|---|---|"
for rival in "$@"; do
    case $rival in
        xgboost) classes=XgboostRival ;;
        xgboost-python) classes="XgboostRival XgboostPythonRival Python" ;;
        lightgbm) classes=LightgbmRival ;;
        smile) classes=SmileRival ;;
        sklearn) classes="SklearnRival Python" ;;
        onnx) classes="XgboostRival OnnxRival OnnxFile" ;;
        *)
            skip "$rival" "it is not known."
            continue
            ;;
    esac
    if ! bench/peers/install.sh "$rival" >"$work/$rival.env"; then
        skip "$rival" "it can't be installed, as said above."
        continue
    fi
    PYTHON= LIBRARIES=
    source "$work/$rival.env"
    export PYTHON
    path="$product:$LIBRARIES"
    mkdir -p "$work/classes-$rival"
    files=()
    for class in PeersBenchmark Clock Rival Rows $classes; do files+=("$sources/$class.java"); done
    "$java/javac" -nowarn -proc:none -cp "$path" -d "$work/classes-$rival" "${files[@]}"
    "$java/java" -Xmx6g -XX:+UseParallelGC -Xlog:disable --enable-native-access=ALL-UNNAMED \
        --sun-misc-unsafe-memory-access=allow -Djava.io.tmpdir="$work" -cp "$work/classes-$rival:$path" \
        io.nightshift.bench.peers.PeersBenchmark "$flights" "$rounds" "$work/models-$rival" "$rival" ||
        skip "$rival" "it failed, as said above."
done
