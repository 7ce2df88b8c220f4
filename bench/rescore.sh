#!/usr/bin/env bash
# How long does `batch rescore` take that scores one partition of a published batch again and reuses the parts of all others,
# compared with a batch that scores everything? In a folder, PostgreSQL and Redis. The two alternate. Prints a table in
# Markdown, with medians of the seconds from the submission to the publication.
#
#   bench/rescore.sh [ROUNDS]          ROUNDS is the number of measured rounds, 3 by default, after a warm-up round
#
# Needs jq, the programs of a PostgreSQL server, valkey (Debian: apt-get install jq postgresql valkey), and a JDK 25 in JAVA_HOME.
# Scores the 300,000 flights of the example, or the file that FLIGHTS_3M names, with IDs. NIGHTSHIFT is the program, ./nightshift by
# default.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rounds=${1:-3}
nightshift=${NIGHTSHIFT:-./nightshift}
java=${JAVA_HOME:?names no JDK}/bin/java
flights=$(realpath "${FLIGHTS_3M:-examples/flights/flights.parquet}")
server=$(dirname "$(command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb | tail -n 1)")
work=$(mktemp -d)
mkdir "$work/home" "$work/times" "$work/pg"
# The server refuses to run as root.
as=()
if [[ $(id -u) = 0 ]]; then
    chown postgres "$work/pg"
    chmod 755 "$work"
    as=(runuser -u postgres --)
fi
port=$((20000 + RANDOM % 20000))
pids=()

stop() {
    kill "${pids[@]}" 2>/dev/null || :
    wait
    "${as[@]}" "$server/pg_ctl" -D "$work/pg/data" -m immediate stop >/dev/null 2>&1 || :
    rm -rf "$work"
}
trap stop EXIT

"${as[@]}" "$server/initdb" -D "$work/pg/data" -A trust -U postgres >/dev/null 2>&1
"${as[@]}" "$server/pg_ctl" -D "$work/pg/data" -o "-p $port -k $work/pg -c max_wal_size=8GB" -l "$work/pg/log" -w start >/dev/null
valkey-server --port $((port + 1)) --bind 127.0.0.1 --save '' --dir "$work" >"$work/valkey.log" &
pids+=($!)

cat >"$work/home/nightshift.conf" <<END
nightshift.data-sources.db { url = "jdbc:postgresql://127.0.0.1:$port/postgres", user = postgres }
nightshift.data-sources.cache { url = "redis://127.0.0.1:$((port + 1))/0" }
END

night() { "$nightshift" "$@" --home "$work/home"; }
median() {
    sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# The same model twice, with another base score.
cp examples/flights/flights.ubj "$work/delays.ubj"
night model import "$work/delays.ubj" >/dev/null
sed 's/1\.9964166E-1/2.9964166E-1/' examples/flights/flights.ubj >"$work/delays.ubj"
night model import "$work/delays.ubj" >/dev/null
sed -e "s|flights.ubj|delays@1|" -e "s|parquet: flights.parquet|parquet: $flights|" examples/flights/job.yaml >"$work/job.yaml"

"$nightshift" serve --home "$work/home" >"$work/serve.log" 2>&1 &
pids+=($!)
until night node list >/dev/null 2>&1; do
    kill -0 $! 2>/dev/null || { cat "$work/serve.log" >&2 && exit 2; }
    sleep 0.2
done

# The seconds from the submission of a batch to its publication.
seconds() { # batch
    night batch watch "$1" >/dev/null 2>&1
    night batch events "$1" -o json | jq -rs '
        def time: capture("(?<s>[^.Z]+)(?<f>[.][0-9]+)?Z") | (.s + "Z" | fromdate) + ((.f // "0") | tonumber);
        (map(select(.event == "published"))[0].at | time) - (.[0].at | time)'
}

measure() { # destination, its section, times of the round
    local batch
    batch=$(night batch submit "$work/job.yaml" --new -o json --set partitions.rows=25000 --set errors.max-rate=0.01 \
        --set errors.max-rows=100000 --set source.id=id --set "destination={$2}" | jq -r .batch)
    seconds "$batch" >>"$3/$1-whole"
    batch=$(night batch rescore "$batch" --model delays@2 --partitions 0 -o json | jq -r .batch)
    seconds "$batch" >>"$3/$1-rescored"
}

numbered=$work/numbered.parquet
"$java" -cp "cli/target/nightshift/lib/*" bench/RedisRows.java number "$flights" "$numbered" 2>/dev/null
sed -i "s|parquet: $flights|parquet: $numbered|" "$work/job.yaml"
for round in $(seq 0 "$rounds"); do
    times=$work/times
    [[ $round -gt 0 ]] || times=$work # the first round warms up
    measure folder "parquet: $work/out" "$times"
    measure PostgreSQL "postgres: {data-source: db, table: delays}" "$times"
    measure Redis "redis: {data-source: cache, name: delays}" "$times"
done

echo "| destination | all partitions scored, s | one scored, the others reused, s |"
echo "|---|---|---|"
for destination in folder PostgreSQL Redis; do
    printf '| %s | %.1f | %.1f |\n' "$destination" \
        "$(median <"$work/times/$destination-whole")" "$(median <"$work/times/$destination-rescored")"
done
