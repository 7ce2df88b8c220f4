#!/usr/bin/env bash
# Measures the reading of a PostgreSQL table as a source: `nightshift run` over a table with a skewed key, by pages and by
# the key, into Parquet and back into PostgreSQL, beside the PostgreSQL driver alone (one JDBC cursor over the same columns)
# and `psql \copy` of them. Starts its own PostgreSQL with default settings. Prints a table in Markdown.
#
#   bench/sql-source.sh [RUNS]        RUNS is the number of measured runs, 3 by default
#
# SPARK=1 also measures Spark's JDBC source, on two threads, which cuts the key into even strides. Maven downloads Spark, once.
# Needs jq, java 25, psql and the programs of the server (Debian: apt-get install jq postgresql). Reads the 300,000 flights
# of the example ten times over, or the file that FLIGHTS_3M names.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

runs=${1:-3}
program=${NIGHTSHIFT:-./nightshift}
server=$(dirname "$(command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb | tail -n 1)")
work=$(mktemp -d)
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
url="jdbc:postgresql://127.0.0.1:$port/postgres"
echo "nightshift.data-sources.db { url = \"$url\", user = postgres }" >"$work/node.conf"
echo "nightshift.files.read = [\"/\"]" >>"$work/node.conf"

# The key is skewed: nine of ten rows are in a thousandth of its range.
cat >"$work/Load.java" <<'JAVA'
void main(String[] a) throws Exception {
    try (var c = java.sql.DriverManager.getConnection("jdbc:duckdb:"); var s = c.createStatement()) {
        s.execute("COPY (SELECT CASE WHEN n % 10 > 0 THEN n ELSE n * 1000 END AS id, date, distance, origin, destination FROM (SELECT row_number() OVER () AS n, * FROM (" + a[0] + "))) TO '" + a[1] + "' (FORMAT csv, HEADER false)");
    }
}
JAVA
libraries="cli/target/nightshift/lib/*"
example=$(realpath examples/flights/flights.parquet)
from="SELECT f.* FROM '$example' f, range(10)"
[[ -z ${FLIGHTS_3M:-} ]] || from="SELECT * FROM '$(realpath "$FLIGHTS_3M")'"
java --enable-native-access=ALL-UNNAMED -cp "$libraries" "$work/Load.java" "$from" "$work/rows.csv"
sql -c "CREATE TABLE flights (id bigint PRIMARY KEY, date timestamp, distance int, origin text, destination text)" \
    -c "\\copy flights from '$work/rows.csv' (format csv)" -c "VACUUM ANALYZE flights" -c CHECKPOINT
rows=$(sql -c "SELECT count(*) FROM flights")
columns="id, date, distance, origin, destination"

run() { # $1: the source's keys, $2: the destination
    "$program" run examples/flights/job.yaml --new --home "$work/home" --config "$work/node.conf" -o json --threads 2 \
        --set "source={postgres: {data-source: db, table: flights$1}, id: id}" --set errors.max-rate=0.01 \
        --set errors.max-rows=100000 --set partitions.rows=100000 --set "destination=$2" \
        --set "output.columns=[]" "${select[@]}" 2>>"$work/err" | tail -n 1 | jq -r '.seconds, .seconds_to_first_row' | paste -sd' '
}
# The example's computed columns, since --set replaces the whole section.
select=()
while IFS= read -r line; do
    select+=(--set "source.select.${line%%:*}=${line#*: }")
done < <(sed -n '/^  select:/,/^$/p' examples/flights/job.yaml | sed -n 's/^    \([a-z_]*: .*\)/\1/p')

cursor() { java -cp "$libraries" bench/SqlCursor.java "$url" postgres "SELECT $columns FROM flights" | awk '{ print $2 }'; }
now() { date +%s.%N; }
binary() {
    local start
    start=$(now)
    sql -c "\\copy (SELECT $columns FROM flights) to '/dev/null' (format binary)"
    echo "$start $(now)" | awk '{ print $2 - $1 }'
}
median() {
    sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
spark() {
    java @bench/jobs/spark.options -cp "$LIBRARIES:$(ls cli/target/nightshift/lib/postgresql-*.jar)" bench/SparkSql.java "$url" postgres \
        flights id "$work/spark" 2>>"$work/err" | awk '/^seconds/ { print $2 }'
}
if [[ -n ${SPARK:-} ]]; then
    bench/peers/install.sh spark >"$work/spark.env"
    source "$work/spark.env"
fi

run "" "{parquet: $work/out}" >/dev/null # registers the model and makes the start-up cache
for _ in $(seq "$runs"); do
    cursor >>"$work/cursor"
    binary >>"$work/binary"
    run "" "{parquet: $work/out}" >>"$work/pages"
    run ", key: id" "{parquet: $work/out}" >>"$work/key"
    run "" "{postgres: {data-source: db, table: scores}}" >>"$work/through"
    [[ -z ${SPARK:-} ]] || spark >>"$work/spark-seconds"
done

base=$(median <"$work/cursor")
line() { # what, seconds
    echo "$rows $2 $base" | awk -v what="$1" '{ printf "| %s | %.1f | %.0f | %.2f |\n", what, $2, $1 / $2, $3 / $2 }'
}
reading() { awk '{ print $1 - $2 }' "$1" | median; }
echo "| what (medians of $runs, $rows rows) | s | rows/s | to the cursor |"
echo "|---|---|---|---|"
line "the driver alone: one JDBC cursor" "$base"
line "\`psql \\copy … (format binary)\`" "$(median <"$work/binary")"
line "\`nightshift run\` by pages, from the first row: reading, scoring, Parquet" "$(reading "$work/pages")"
line "the same from the start of the process, with the check and the plan" "$(awk '{ print $1 }' "$work/pages" | median)"
line "\`nightshift run\` by the skewed key, from the first row" "$(reading "$work/key")"
line "PostgreSQL to PostgreSQL, from the first row: reading, scoring, copying, indexing" "$(reading "$work/through")"
[[ -z ${SPARK:-} ]] || line "Spark's JDBC source to Parquet, without scoring, from its first query" "$(median <"$work/spark-seconds")"
