#!/usr/bin/env bash
# Measures the main job as a user starts it: time to the first scored row, wall time and peak memory of the example, of
# three million flights, and of thirty million (the same file ten times). Prints a table in Markdown.
#
#   bench/main-job.sh [RUNS]          RUNS is how often each is run, 10 by default
#
# Needs hyperfine, jq and GNU time (Debian: apt-get install hyperfine jq time), and the three million flights:
# examples/flights/full.sh fetches them, or FLIGHTS_3M names the file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

runs=${1:-10}
flights=${FLIGHTS_3M:-examples/flights/full/flights-3m.parquet}
[[ -f $flights ]] || {
    echo "main-job.sh: there is no $flights; run examples/flights/full.sh first, or set FLIGHTS_3M." >&2
    exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/ten"
for i in 0 1 2 3 4 5 6 7 8 9; do cp "$flights" "$work/ten/flights-$i.parquet"; done

job() {
    echo ./nightshift run examples/flights/job.yaml --new --home "$work/home" -o json \
        --set destination.parquet="$work/out" "$@"
}

full="--set partitions.rows=250000 --set errors.max-rows=3000"
declare -A commands=(
    [example]=$(job)
    [three]=$(job --set job=three --set source.parquet="$(realpath "$flights")" $full)
    [thirty]=$(job --set job=thirty --set source.parquet="$work/ten" $full)
)

median() {
    sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

./nightshift run examples/flights/job.yaml --home "$work/home" --set destination.parquet="$work/out" >/dev/null 2>&1

echo "| job | rows | first row, s | whole job, s (median, min–max of $runs) | rows/s | peak MB |"
echo "|---|---|---|---|---|---|"
for name in example three thirty; do
    : >"$work/results"
    hyperfine --warmup 1 --runs "$runs" --export-json "$work/times.json" --prepare "rm -rf $work/out" \
        "/usr/bin/time -a -o $work/memory -f %M ${commands[$name]} | tail -n 1 >>$work/results" >/dev/null 2>&1
    rows=$(tail -n 1 "$work/results" | jq .rows)
    first=$(jq .seconds_to_first_row "$work/results" | median)
    wall=$(jq '.results[0].median' "$work/times.json")
    memory=$(sort -n "$work/memory" | tail -n 1)
    printf '| %s | %d | %.2f | %.2f (%.2f–%.2f) | %.0f | %.0f |\n' "$name" "$rows" "$first" "$wall" \
        "$(jq '.results[0].min' "$work/times.json")" "$(jq '.results[0].max' "$work/times.json")" \
        "$(echo "$rows $wall" | awk '{ print $1 / $2 }')" "$(echo "$memory" | awk '{ print $1 / 1024 }')"
    rm -f "$work/memory"
done
