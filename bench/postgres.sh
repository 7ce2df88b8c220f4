#!/usr/bin/env bash
# Compares the writing of predictions to PostgreSQL with plain `psql \copy` of the same rows into a table of the same
# shape, with the same indexes. Starts its own PostgreSQL with default settings, except for max_wal_size, so that no
# checkpoint disturbs only one of the runs. Prints a table in Markdown.
#
#   bench/postgres.sh [RUNS]          RUNS is the number of measured runs, 3 by default
#
# Needs jq, psql and the programs of the server (Debian: apt-get install jq postgresql). Scores the 300,000 flights of the
# example, or the file that FLIGHTS_3M names: examples/flights/full.sh downloads three million.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

runs=${1:-3}
flights=$(realpath "${FLIGHTS_3M:-examples/flights/flights.parquet}")
server=$(dirname "$(command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb | tail -n 1)")
work=$(mktemp -d)
# The server refuses to run as root.
as=()
if [[ $(id -u) = 0 ]]; then
    chown postgres "$work"
    chmod 755 "$work"
    as=(runuser -u postgres --)
fi
port=$((20000 + RANDOM % 20000))

stop() {
    "${as[@]}" "$server/pg_ctl" -D "$work/data" -m immediate stop >/dev/null 2>&1 || :
    rm -rf "$work"
}
trap stop EXIT

"${as[@]}" "$server/initdb" -D "$work/data" -A trust -U postgres >/dev/null 2>&1
"${as[@]}" "$server/pg_ctl" -D "$work/data" -o "-p $port -k $work -c max_wal_size=8GB" -l "$work/log" -w start >/dev/null
sql() { PGOPTIONS="-c client_min_messages=warning" psql -qAt -h 127.0.0.1 -p "$port" -U postgres -v ON_ERROR_STOP=1 "$@"; }

cat >"$work/node.conf" <<EOF
nightshift.data-sources.db { url = "jdbc:postgresql://127.0.0.1:$port/postgres", user = postgres }
EOF

now() { date +%s.%N; }
since() { echo "$1 $(now)" | awk '{ print $2 - $1 }'; }
median() {
    sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

score() {
    ./nightshift run examples/flights/job.yaml --new --home "$work/home" --config "$work/node.conf" -o json \
        --set source.parquet="$flights" --set errors.max-rate=0.01 --set errors.max-rows=100000 \
        --set partitions.rows=250000 \
        --set 'destination={postgres: {data-source: db, table: flights, indexes: [[origin, destination], [date]]}}' \
        2>/dev/null | tail -n 1
}

# $1: the rows' file, $2: options of COPY.
copy() {
    sql -c "DROP TABLE IF EXISTS plain; CREATE TABLE plain (LIKE flights_batches); CHECKPOINT"
    local start
    start=$(now)
    sql -c "\\copy plain from '$1' $2"
    local copied
    copied=$(since "$start")
    sql -c "CREATE UNIQUE INDEX ON plain (record_row, record_file)" \
        -c "CREATE INDEX ON plain (origin, destination)" -c "CREATE INDEX ON plain (date)"
    echo "$copied $(since "$start")"
}

score >/dev/null # the first one builds, registers the model and makes the start-up cache
sql -c "\\copy (SELECT * FROM flights_latest) to '$work/rows.txt'"
sql -c "\\copy (SELECT * FROM flights_latest) to '$work/rows.bin' (format binary)"

for _ in $(seq "$runs"); do
    sql -c "DROP TABLE IF EXISTS flights_batches, flights_quarantine_batches, nightshift_batches, nightshift_parts CASCADE" \
        -c CHECKPOINT
    score >>"$work/scored"
    copy "$work/rows.txt" "" >>"$work/text"
    copy "$work/rows.bin" "(format binary)" >>"$work/binary"
done

rows=$(tail -n 1 "$work/scored" | jq .predictions)
job=$(jq .seconds "$work/scored" | median)
into=$(jq '.seconds - .seconds_to_first_row' "$work/scored" | median)
text=$(awk '{ print $2 }' "$work/text" | median)
text_copied=$(awk '{ print $1 }' "$work/text" | median)
binary=$(awk '{ print $2 }' "$work/binary" | median)
binary_copied=$(awk '{ print $1 }' "$work/binary" | median)

line() { # what, seconds, of which copying
    echo "$rows $2 $text" | awk -v what="$1" -v copied="$3" \
        '{ printf "| %s | %s | %.1f | %.0f | %.2f |\n", what, copied, $2, $1 / $2, $3 / $2 }'
}
echo "| what (medians of $runs, $rows rows) | of it copying, s | until the indexes are there, s | rows/s | to \\copy |"
echo "|---|---|---|---|---|"
line "\`psql \\copy\`, then indexes" "$text" "$(printf %.1f "$text_copied")"
line "the same with \`(format binary)\`" "$binary" "$(printf %.1f "$binary_copied")"
line "\`nightshift run\`, from the first row: reading, scoring, copying, indexing, publishing" "$into" "–"
line "\`nightshift run\`, from the start of the process" "$job" "–"
