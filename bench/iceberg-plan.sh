#!/usr/bin/env bash
# Measures how long `nightshift plan` takes for an Iceberg table of many small data files with many delete files, each of which applies
# to every data file: whole processes, with their default memory. Prints a table in Markdown, and how long Iceberg's own library takes
# to plan a scan of the same table.
#
#   bench/iceberg-plan.sh [DATA_FILES [DELETE_FILES [KIND…]]]
#
# 10,000 data files and 1,000 delete files by default. KIND is `none` (no deletes), `positions` (position deletes; the default is
# these two), `nested` (position deletes that are committed between the data files, so that younger data files have fewer of them), or
# `keys` (equality deletes). ROUNDS is the number of plans for each kind, 3 by default. NIGHTSHIFT is the program, ./nightshift by
# default. Needs a build (mvn -B -DskipTests -DskipITs package), a JDK 25 as JAVA_HOME and GNU time (Debian: apt-get install time).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

files=${1:-10000}
deletes=${2:-1000}
[[ $# -gt 2 ]] && kinds=("${@:3}") || kinds=(none positions)
rounds=${ROUNDS:-3}
nightshift=${NIGHTSHIFT:-./nightshift}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
libraries="cli/target/nightshift/lib/*"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

echo "| deletes | data files | delete files | plan, s (median, min–max of $rounds) | least processor time, s | peak MB |"
echo "|---|---|---|---|---|---|"
for kind in "${kinds[@]}"; do
    home=$work/$kind
    mkdir -p "$home"
    [[ $kind == none ]] && count=0 || count=$deletes
    "$java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -cp "$libraries" bench/iceberg/PlanTable.java \
        "$home/warehouse" examples/flights/flights.parquet "$files" "$count" "$kind" 2> >(grep "^Iceberg" >&2)
    echo "nightshift.catalogs.lake { type = folder, warehouse = \"$home/warehouse\" }" >"$home/nightshift.conf"
    for _ in $(seq "$rounds"); do
        /usr/bin/time -o "$work/time" -f "%e %M %U %S" "$nightshift" plan examples/flights/job.yaml --home "$home" \
            --set "model=$PWD/examples/flights/flights.ubj" --set "source={iceberg: {catalog: lake, table: bench.flights}, select: {
                month: month(date), day: day(date), weekday: dayofweek(date), hour: hour(date), minute: minute(date),
                origin_code: ascii(origin), destination_code: ascii(destination)}}" >"$work/log" 2>&1 || {
            cat "$work/log" >&2
            exit 1
        }
        tail -n 1 "$work/time" >>"$work/$kind.times"
    done
    sort -n "$work/$kind.times" | awk -v kind="$kind" -v files="$files" -v deletes="$count" '{ v[NR] = $1; if ($2 > peak) peak = $2; if (NR == 1 || $3 + $4 < cpu) cpu = $3 + $4 } END {
        median = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
        printf "| %s | %d | %d | %.1f (%.1f–%.1f) | %.1f | %d |\n", kind, files, deletes, median, v[1], v[NR], cpu, peak / 1024
    }'
done
