#!/usr/bin/env bash
# Measures what a partition costs beyond its rows, in milliseconds of processor time: the same three million flights are scored
# in many small partitions and in few large ones, and the difference in processor time of the whole process is divided by
# the difference in partitions. The runs alternate. Prints a table in Markdown: the median and the range of the rounds.
#
#   bench/partition-cost.sh [CHECKOUT…]     this checkout, and others to compare with, such as one of the commit before
#
# ROUNDS is the number of measured rounds, 5 by default, after one warm-up round. ROWS is the number of rows of a small partition,
# 2,000 by default. Needs a JDK of 25 or newer in JAVA_HOME and GNU time (Debian: apt-get install time). Also needs the three million
# flights: examples/flights/full.sh downloads them, or FLIGHTS_3M names the file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rounds=${ROUNDS:-5}
small=${ROWS:-2000}
large=250000
flights=${FLIGHTS_3M:-examples/flights/full/flights-3m.parquet}
[[ -f $flights ]] || {
    echo "partition-cost.sh: there is no $flights; run examples/flights/full.sh first, or set FLIGHTS_3M." >&2
    exit 2
}
flights=$(realpath "$flights")
: "${JAVA_HOME:?names no JDK}"
model=$PWD/examples/flights/flights.ubj
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

checkouts=("$PWD")
for other in "$@"; do checkouts+=("$(realpath "$other")"); done
for checkout in "${checkouts[@]}"; do "$checkout/nightshift" --version >/dev/null; done # builds it where that is needed

# Prints the processor seconds and the partitions of one run.
run() { # checkout, rows of a partition
    rm -rf "$work/out"
    /usr/bin/time -o "$work/time" -f "%U %S" "$1/nightshift" run "$1/examples/flights/job.yaml" --new --home "$work/home-${1//\//-}" \
        -o json --set "model=$model" --set "source.parquet=$flights" --set "destination.parquet=$work/out" \
        --set "partitions.rows=$2" --set errors.max-rows=3000 >"$work/log" 2>&1 || {
        cat "$work/log" >&2
        exit 1
    }
    echo "$(tail -n 1 "$work/time" | awk '{ print $1 + $2 }') $(tail -n 1 "$work/log" | sed -E 's/.*"partitions":([0-9]+).*/\1/')"
}

for round in $(seq 0 "$rounds"); do
    for checkout in "${checkouts[@]}"; do
        many=$(run "$checkout" "$small")
        few=$(run "$checkout" "$large")
        if [[ $round -gt 0 ]]; then
            echo "$many $few" | awk '{ printf "%.3f %d %d\n", ($1 - $3) * 1000 / ($2 - $4), $2, $4 }' >>"$work/cost.${checkout//\//-}"
        fi
    done
done

echo "| checkout | partitions | processor time of a partition beyond its rows, ms (median, min–max of $rounds) |"
echo "|---|---|---|"
for checkout in "${checkouts[@]}"; do
    sort -n "$work/cost.${checkout//\//-}" | awk -v commit="$(git -C "$checkout" rev-parse --short HEAD)" \
        '{ v[NR] = $1; many = $2; few = $3 } END {
            median = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
            printf "| %s | %d and %d | %.1f (%.1f–%.1f) |\n", commit, many, few, median, v[1], v[NR]
        }'
done
