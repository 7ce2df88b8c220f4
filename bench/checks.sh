#!/usr/bin/env bash
# Measures what checks before the publication cost: the example's job on three million flights, alternately without checks
# and with checks of NULLs and ranges of eight columns, or with these and distributions of predictions and three columns.
# Prints the processor seconds of each pair of runs, and the median of their ratios.
#
#   bench/checks.sh
#   bench/checks.sh distributions
#
# ROUNDS is the number of measured pairs, 5 by default, after one warm-up pair. Needs GNU time, and the three million flights:
# examples/flights/full.sh downloads them, or FLIGHTS_3M names the file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rounds=${ROUNDS:-5}
flights=${FLIGHTS_3M:-examples/flights/full/flights-3m.parquet}
[[ -f $flights ]] || {
    echo "checks.sh: there is no $flights; run examples/flights/full.sh first, or set FLIGHTS_3M." >&2
    exit 2
}
flights=$(realpath "$flights")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sed "s#flights.ubj#$PWD/examples/flights/flights.ubj#; s#parquet: flights.parquet#parquet: $flights#" \
    examples/flights/job.yaml >"$work/without.yaml"
cat "$work/without.yaml" - >"$work/with.yaml" <<'CHECKS'

checks:
  on-fail: warn
  rows: {min: 1000000, max: 10000000}
  nulls: {distance: 1%, origin: 1%, destination: 1%, date: 1%}
  range: {distance: [0, 5000], month: [1, 12], hour: [0, 23], origin_code: [0, 17575]}
CHECKS

if [[ ${1:-} == distributions ]]; then
    cat >>"$work/with.yaml" <<'CHECKS'
  prediction: {min: 0, max: 1, nulls: 0, mean-change: 10%, psi: 0.2}
  psi: {distance: 0.2, hour: 0.2, origin_code: 0.2}
CHECKS
fi

# Prints the processor seconds of a run.
measure() {
    rm -rf "$work/home" "$work/predictions"
    /usr/bin/time -f '%U %S' -o "$work/time" ./nightshift run "$work/$1.yaml" --home "$work/home" \
        --set partitions.rows=250000 -o json >/dev/null
    awk '{print $1 + $2}' "$work/time"
}

measure without >/dev/null
measure with >/dev/null
echo "without with ratio"
for ((i = 0; i < rounds; i++)); do
    without=$(measure without)
    with=$(measure with)
    awk -v a="$without" -v b="$with" 'BEGIN {printf "%.2f %.2f %.4f\n", a, b, b / a}' | tee -a "$work/ratios"
done
sort -k3 -n "$work/ratios" | awk '{ratio[NR] = $3} END {printf "median ratio %.4f\n", ratio[int((NR + 1) / 2)]}'
