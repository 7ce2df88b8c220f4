#!/usr/bin/env bash
# Measures how long Nightshift needs to load a model file in a new process: a forest of 2,000 trees with 255 leaves each, exported from
# scikit-learn and saved by XGBoost, and a pipeline of 300 steps. Prints for each file the median of the runs, the smallest and the
# largest, in milliseconds; then how long the process needs to load the file again, as a node does that has loaded a model of its kind:
# the median of five times, and of the runs; then the model's bytes on the heap. The JVM has the launcher's options and start-up cache,
# and 1 GB. The goals are 1,000 ms for a forest and 200 ms for the pipeline.
#
#   bench/model-load.sh [RUNS]     7 by default
#
# Needs Python 3 with scikit-learn, and XGBoost for its files (in PYTHON, python3 by default), and a JDK of 25 or newer in JAVA_HOME.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

runs=${1:-7}
java=${JAVA_HOME:?names no JDK}/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The first run builds the program and makes the start-up cache.
./nightshift run examples/flights/job.yaml --home "$work/home" --set "destination.parquet=$work/predictions" >/dev/null
program=cli/target/nightshift
"${PYTHON:-python3}" -B bench/model-load/train.py tools/export-sklearn.py "$work"
"$java/javac" -d "$work/classes" -cp "$program/lib/*" bench/model-load/Load.java

# Another main class takes the launcher's as one of its arguments.
cache=$(ls -t "$program"/cache/*.aot | head -1)
options="-Xmx1g -XX:AOTCache=$cache -cp $program/lib/nightshift-cli.jar:$work/classes Load"

printf '%-14s %12s %8s %8s %8s %8s %12s\n' file bytes median least most again heap
for file in "$work"/*.json "$work"/*.ubj; do
    [[ -e $file ]] || continue
    for ((run = 0; run < runs; run++)); do
        NIGHTSHIFT_OPTS="$options" ./nightshift "$file" 2>"$work/errors" ||
            { cat "$work/errors" >&2 && exit 1; }
    done | sort -n >"$work/times"
    middle=$(((runs + 1) / 2))
    read -r median _ heap < <(sed -n "${middle}p" "$work/times")
    again=$(cut -d' ' -f2 "$work/times" | sort -n | sed -n "${middle}p")
    printf '%-14s %12d %8d %8d %8d %8d %12d\n' "$(basename "$file")" "$(stat -c %s "$file")" "$median" \
        "$(head -1 "$work/times" | cut -d' ' -f1)" "$(tail -1 "$work/times" | cut -d' ' -f1)" "$again" "$heap"
done
