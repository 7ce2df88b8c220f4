#!/usr/bin/env bash
# Compares whole jobs: three million flights, Parquet to Parquet, from the start of the process to its end. The jobs
# alternate. DuckDB only reads and rewrites the columns, so it shows the speed of input and output alone. DuckDB and
# Nightshift also process the same file ten times over. Prints a table in Markdown: seconds (median, min–max), rows/s,
# processor seconds, peak memory, and the ratio of Nightshift's rate to that of the job.
#
#   bench/whole-job.sh [JOB…]         nightshift, python, spark, duckdb; all by default
#
# nightshift  the job of the example, XGBoost 100 × depth 6
# python      the same model with XGBoost's Python package; DuckDB reads and writes, all rows are in memory
# spark       Spark MLlib on local[2], gradient boosting 100 × depth 6; the script first trains the model, for some minutes
# duckdb      no model
#
# If the software of a job can't be installed (see bench/peers/install.sh), the script skips the job and says so on standard
# error. ROUNDS is the number of measured rounds, 5 by default, after one warm-up round. Needs a JDK of 25 or newer in
# JAVA_HOME, GNU time and, for DuckDB, python3 with numpy (Debian: apt-get install time python3-numpy). Also needs the three
# million flights: examples/flights/full.sh downloads them, or FLIGHTS_3M names the file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ $# -eq 0 ]]; then set -- nightshift python spark duckdb; fi
rounds=${ROUNDS:-5}
flights=${FLIGHTS_3M:-examples/flights/full/flights-3m.parquet}
[[ -f $flights ]] || {
    echo "whole-job.sh: there is no $flights; run examples/flights/full.sh first, or set FLIGHTS_3M." >&2
    exit 2
}
flights=$(realpath "$flights")
java=${JAVA_HOME:?names no JDK}/bin
sample=examples/flights/flights.parquet
model=$PWD/examples/flights/flights.ubj
kept=$PWD/bench/jobs/target
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$kept" "$work/ten"
for i in 0 1 2 3 4 5 6 7 8 9; do cp "$flights" "$work/ten/flights-$i.parquet"; done

skip() {
    echo "whole-job.sh: $1 is skipped: $2" >&2
}

./nightshift --version >/dev/null # builds it where that is needed
for DUCKDB_LIBRARY in "$PWD"/cli/target/nightshift/lib/libduckdb_java.so_*; do :; done
export DUCKDB_LIBRARY PYTHONDONTWRITEBYTECODE=1

# Sets PYTHON and LIBRARIES.
install() {
    PYTHON= LIBRARIES=
    bench/peers/install.sh "$1" >"$work/$1.env" || return 1
    source "$work/$1.env"
}

declare -A commands rows
jobs=()
add() { # name, rows, command
    jobs+=("$1")
    rows[$1]=$2
    commands[$1]=$3
}

nightshift() { # the job's name, flights
    echo "./nightshift run examples/flights/job.yaml --new --home $work/home -o json --set model=$model --set job=$1" \
        "--set source.parquet=$2 --set destination.parquet=$work/out --set partitions.rows=250000" \
        "--set errors.max-rows=3000"
}

prepare_python() {
    install xgboost-python || return 1
    model=$kept/flights.ubj
    if [[ ! -f $model ]]; then "$PYTHON" bench/jobs/xgboost_job.py train "$sample" "$model" >&2 || return 1; fi
    python="$PYTHON bench/jobs/xgboost_job.py score $flights $model $work/out"
}

prepare_spark() {
    install spark || return 1
    "$java/javac" -nowarn -proc:none -cp "$LIBRARIES" -d "$work/classes" bench/jobs/io/nightshift/bench/jobs/SparkJob.java
    local job="$java/java @bench/jobs/spark.options -cp $work/classes:$LIBRARIES io.nightshift.bench.jobs.SparkJob"
    if [[ ! -d $kept/spark-model ]]; then
        $job train "$sample" "$work/spark-model" >"$work/spark.log" 2>&1 || { cat "$work/spark.log" >&2 && return 1; }
        mv "$work/spark-model" "$kept/"
    fi
    spark="$job score $flights $kept/spark-model $work/out"
}

wanted=" $* "
python=
spark=
if [[ $wanted == *" python "* ]]; then
    prepare_python || skip python "it can't be prepared, as said above."
fi
if [[ $wanted == *" spark "* ]]; then
    prepare_spark || skip spark "it can't be prepared, as said above."
fi
if [[ $wanted == *" nightshift "* ]]; then
    add "Nightshift, XGBoost 100 × depth 6" 3000000 "$(nightshift three "$flights")"
fi
if [[ -n $python ]]; then add "Python, the same model by XGBoost" 3000000 "$python"; fi
if [[ -n $spark ]]; then add "Spark MLlib, boosting 100 × depth 6" 3000000 "$spark"; fi
if [[ $wanted == *" duckdb "* ]]; then
    duckdb=python3
    "$duckdb" -c "import numpy" 2>/dev/null || duckdb=/usr/bin/python3
    if "$duckdb" -c "import numpy" 2>/dev/null; then
        duckdb+=" bench/jobs/duckdb_job.py"
        add "DuckDB, reads and rewrites the columns" 3000000 "$duckdb $flights $work/out"
        if [[ $wanted == *" nightshift "* ]]; then
            add "Nightshift, ten times the file" 30000000 "$(nightshift ten "$work/ten")"
        fi
        add "DuckDB, ten times the file" 30000000 "$duckdb $work/ten/*.parquet $work/out"
    else
        skip duckdb "there is no python3 with numpy (Debian: apt-get install python3-numpy)."
    fi
fi

run() { # number, name
    rm -rf "$work/out"
    # DuckDB expands a glob itself.
    (set -f && /usr/bin/time -o "$work/time" -f "%e %U %S %M" ${commands[$2]} >"$work/log" 2>&1) || {
        cat "$work/log" >&2
        echo "whole-job.sh: '$2' failed." >&2
        exit 1
    }
    if [[ $1 -gt 0 ]]; then tail -n 1 "$work/time" >>"$work/times.$2"; fi
}

for round in $(seq 0 "$rounds"); do
    for name in "${jobs[@]}"; do run "$round" "$name"; done
done

# The median of what an awk expression makes of each run of a job.
median() { # name, expression
    awk "{ print $2 }" "$work/times.$1" | sort -n |
        awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

echo "| job | rows | whole job, s (median, min–max of $rounds) | rows/s | processor, s | peak MB | our rate to it |"
echo "|---|---|---|---|---|---|---|"
declare -A ours
for name in "${jobs[@]}"; do
    seconds=$(median "$name" '$1')
    if [[ $name == Nightshift* ]]; then ours[${rows[$name]}]=$seconds; fi
    sort -n "$work/times.$name" | awk -v name="$name" -v rows="${rows[$name]}" -v seconds="$seconds" \
        -v processor="$(median "$name" '$2 + $3')" -v memory="$(median "$name" '$4 / 1024')" \
        -v ours="${ours[${rows[$name]}]:-}" \
        'NR == 1 { least = $1 } { most = $1 } END {
            ratio = name ~ /^Nightshift/ || ours == "" ? "" : sprintf("**%.2f**", seconds / ours)
            printf "| %s | %d | %.2f (%.2f–%.2f) | %.0f | %.1f | %.0f | %s |\n",
                name, rows, seconds, least, most, rows / seconds, processor, memory, ratio
        }'
done
