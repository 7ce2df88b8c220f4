#!/usr/bin/env bash
# Compares scoring with the libraries that trained the models: two threads, rows in memory, each library with its batch
# interface. The libraries alternate. The script trains the models. Prints a table in Markdown: millions of rows per second
# (median, and all rounds), the ratio of Nightshift's rate to the library's, the target for this ratio, the largest
# difference between two probabilities, and Nightshift's kernel.
#
#   bench/peers.sh [LIBRARY…]         xgboost, xgboost-python, lightgbm, smile, sklearn, onnx; all by default
#
# bench/peers/install.sh installs a library: those for Java with Maven, those for Python from Debian or PyPI. If a library
# can't be installed, the script skips it and says so on standard error. It also prints there which model it trains: the wide
# model takes 200 seconds of processor time, for xgboost and for xgboost-python. Needs a JDK of 25 or newer in JAVA_HOME.
# Scores the 300,000 rows of the example, or those of the file in FLIGHTS_3M. ROUNDS is the number of measured rounds, 5 by
# default, after three warm-up rounds. CLOCK=cpu measures processor time instead of elapsed time, for machines on which
# other programs run: the processor time of the process, including the compilers, divided by two for the two threads.
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
