#!/usr/bin/env bash
# Measures what quarantined rows cost: the example's job on three million flights, of which the distance can't be computed
# for none, one in a million, one in a thousand, and one in ten. The expression is the same in all four. Prints the
# processor seconds of each run, the quarantined rows, and the milliseconds for each of them.
#
#   bench/bad-rows.sh
#
# ROUNDS is the number of measured rounds, 3 by default. Needs GNU time, and the three million flights:
# examples/flights/full.sh downloads them, or FLIGHTS_3M names the file.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rounds=${ROUNDS:-3}
flights=${FLIGHTS_3M:-examples/flights/full/flights-3m.parquet}
[[ -f $flights ]] || {
    echo "bad-rows.sh: there is no $flights; run examples/flights/full.sh first, or set FLIGHTS_3M." >&2
    exit 2
}
flights=$(realpath "$flights")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sed "s#flights.ubj#$PWD/examples/flights/flights.ubj#; s#parquet: flights.parquet#parquet: $flights#" \
    examples/flights/job.yaml >"$work/job.yaml"

# Prints the processor seconds of a run, and the rows that it quarantined.
measure() {
    local bad="CAST(CASE WHEN hash(date, origin, destination, distance) % $1 = $2 THEN 'n/a' ELSE CAST(distance AS VARCHAR) END AS INTEGER)"
    rm -rf "$work/home" "$work/predictions"
    /usr/bin/time -f '%U %S' -o "$work/time" ./nightshift run "$work/job.yaml" --home "$work/home" \
        --set partitions.rows=250000 --set errors.max-rate=1 --set errors.max-rows=10000000 \
        --set "source.select.distance=$bad" -o json >"$work/result"
    awk '{printf "%.2f ", $1 + $2}' "$work/time"
    grep -o '"quarantined" *: *[0-9]*' "$work/result" | head -1 | grep -o '[0-9]*$'
}

measure 10 10 >/dev/null
echo "bad-rows processor-seconds quarantined milliseconds-each"
for ((i = 0; i < rounds; i++)); do
    read -r none _ <<<"$(measure 10 10)"
    echo "none $none 0 -"
    for every in 1000000 1000 10; do
        read -r seconds rows <<<"$(measure "$every" 3)"
        awk -v e="$every" -v s="$seconds" -v n="$none" -v r="$rows" \
            'BEGIN {printf "1:%d %.2f %d %s\n", e, s, r, r == 0 ? "-" : sprintf("%.4f", (s - n) * 1000 / r)}'
    done
done
