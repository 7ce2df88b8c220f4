#!/usr/bin/env bash
# Compares the writing of predictions to Redis with `redis-cli --pipe` of the same records, as hashes with the same
# fields. Starts its own server without persistence. Prints a table in Markdown.
#
#   bench/redis.sh [RUNS]          RUNS is the number of measured runs, 3 by default
#
# Needs jq, java 25 and a server with its client (Debian: apt-get install jq valkey). REDIS_SERVER and REDIS_CLI name other
# programs. Scores the 300,000 flights of the example, or the file that FLIGHTS_3M names.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

runs=${1:-3}
server=${REDIS_SERVER:-valkey-server}
client=${REDIS_CLI:-valkey-cli}
for program in "$server" "$client" jq java; do
    command -v "$program" >/dev/null || { echo "redis.sh: there is no $program." >&2 && exit 2; }
done
flights=$(realpath "${FLIGHTS_3M:-examples/flights/flights.parquet}")
work=$(mktemp -d)
port=$((20000 + RANDOM % 20000))
"$server" --port "$port" --bind 127.0.0.1 --save '' --dir "$work" >"$work/log" &
pid=$!

stop() {
    kill -9 "$pid" 2>/dev/null || :
    rm -rf "$work"
}
trap stop EXIT

redis() { "$client" -p "$port" "$@"; }
until redis PING >/dev/null 2>&1; do sleep 0.1; done
rows() { java -cp "cli/target/nightshift/lib/*" bench/RedisRows.java "$@" 2>/dev/null; }

cat >"$work/node.conf" <<EOF
nightshift.data-sources.cache { url = "redis://127.0.0.1:$port/0" }
EOF

now() { date +%s.%N; }
since() { echo "$1 $(now)" | awk '{ print $2 - $1 }'; }
median() {
    sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
processor() { redis INFO cpu | tr -d '\r' | awk -F: '/^used_cpu_(user|sys):/ { s += $2 } END { print s }'; }

score() {
    ./nightshift run examples/flights/job.yaml --new --home "$work/home" --config "$work/node.conf" -o json \
        --set source.parquet="$work/numbered.parquet" --set source.id=id --set errors.max-rate=0.01 \
        --set errors.max-rows=100000 --set partitions.rows=25000 \
        --set 'destination={redis: {data-source: cache, name: flights}}' 2>/dev/null | tail -n 1
}

rows number "$flights" "$work/numbered.parquet"
score >/dev/null # the first one builds, registers the model and makes the start-up cache
rows commands "$port" "$work/commands"

for _ in $(seq "$runs"); do
    redis FLUSHALL >/dev/null
    before=$(processor)
    score >>"$work/scored"
    echo "$before $(processor)" | awk '{ print $2 - $1 }' >>"$work/scored-processor"
    redis FLUSHALL >/dev/null
    before=$(processor)
    start=$(now)
    redis --pipe <"$work/commands" >/dev/null
    since "$start" >>"$work/piped"
    echo "$before $(processor)" | awk '{ print $2 - $1 }' >>"$work/piped-processor"
done

rows=$(tail -n 1 "$work/scored" | jq .predictions)
job=$(jq .seconds "$work/scored" | median)
into=$(jq '.seconds - .seconds_to_first_row' "$work/scored" | median)
piped=$(median <"$work/piped")

line() { # what, seconds, the server's processor time
    echo "$rows $2 $piped" | awk -v what="$1" -v processor="$3" \
        '{ printf "| %s | %.2f | %s | %.0f | %.2f |\n", what, $2, processor, $1 / $2, $3 / $2 }'
}
echo "| what (medians of $runs, $rows records) | s | processor time of the server, s | records/s | to --pipe |"
echo "|---|---|---|---|---|"
line "\`redis-cli --pipe\` of \`HSET\`" "$piped" "$(median <"$work/piped-processor")"
line "\`nightshift run\`, from the first row: reading, scoring, staging, storing, publishing" "$into" "$(median <"$work/scored-processor")"
line "\`nightshift run\`, from the start of the process" "$job" "–"
