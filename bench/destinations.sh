#!/usr/bin/env bash
# Compares the writing of predictions to a destination with the loader that its users know, for the same rows. The loader
# only writes rows that are already scored. Nightshift reads the flights, scores them, stages its output and publishes it
# exactly once. The two alternate. Prints a table in Markdown: medians, and medians of the ratios of each round.
#
#   bench/destinations.sh KIND [ROUNDS]        ROUNDS is the number of measured rounds, 3 by default, after a warm-up round
#
# mariadb   `LOAD DATA LOCAL INFILE` by the client `mariadb`, into a table of the same shape with the same indexes
# objects   `aws s3 cp` of the same files, into S3Mock behind a proxy with 20 ms latency and 200 MB/s. Another line has
#           `nightshift run` into a local folder and then `aws s3 cp`
# iceberg   Spark on two threads, which reads the rows from Parquet and writes them to a new table
# delta     the same
#
# bench/postgres.sh and bench/redis.sh compare the other destinations. The script starts its own servers, from the test
# libraries of a build (mvn -B package -DskipTests). Needs jq, and a JDK of 25 or newer in JAVA_HOME; for objects, the AWS
# command line (Debian: apt-get install awscli); for iceberg and delta, a JDK of 17 or 21 in SPARK_JAVA: bench/peers/install.sh
# installs Spark 4.1 by Maven, once, about 400 MB. Scores the 300,000 flights of the example, or the file that FLIGHTS_3M names.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

kind=${1:-}
rounds=${2:-3}
fail() {
    echo "destinations.sh: $1" >&2
    exit 2
}
java=${JAVA_HOME:?names no JDK}/bin/java
case $kind in
    mariadb) ;;
    objects) command -v aws >/dev/null || fail "there is no aws." ;;
    iceberg | delta) [[ -x ${SPARK_JAVA:-}/bin/javac ]] || fail "SPARK_JAVA names no JDK of 17 or 21." ;;
    *) fail "name a destination: mariadb, objects, iceberg or delta." ;;
esac
flights=$(realpath "${FLIGHTS_3M:-examples/flights/flights.parquet}")
work=$(mktemp -d)
mkdir "$work/home" "$work/times"
servers=

# The server ends when its input does.
stop() {
    if [[ -n $servers ]]; then exec {input}>&- && wait "$servers" || :; fi
    rm -rf "$work"
}
trap stop EXIT

# Sets the variables that the server prints.
serve() { # server, its libraries
    mkfifo "$work/input"
    "$java" -cp "testing/target/classes:cli/target/nightshift/lib/*:$2" bench/DestinationServers.java "$1" \
        <"$work/input" >"$work/server" 2>"$work/server.log" &
    servers=$!
    exec {input}>"$work/input"
    until [[ -s $work/server ]]; do
        kill -0 "$servers" 2>/dev/null || { cat "$work/server.log" >&2 && fail "the server does not start."; }
        sleep 0.1
    done
    source "$work/server"
}

# The processor time of the server until now, in seconds. Empty if its time isn't measured.
server_time() {
    if [[ -n ${SERVER:-} ]]; then awk -v tick="$(getconf CLK_TCK)" '{ print ($14 + $15) / tick }' "/proc/$SERVER/stat"; fi
}

# Runs a command, and adds a line to the times of this name: seconds, processor time, and the server's.
measure() { # name, command
    local name=$1 before after TIMEFORMAT='%R %U %S'
    shift
    before=$(server_time)
    { time "$@" >"$work/out" 2>"$work/log"; } 2>"$work/time" || { cat "$work/log" "$work/out" >&2 && fail "$name failed."; }
    after=$(server_time)
    echo "${before:-0} ${after:-0}" | cat "$work/time" - | paste -sd ' ' |
        awk '{ print $1, $2 + $3, $5 - $4 }' >>"$work/times/$name"
}

# Adds a line with other seconds to the times of a name, and the processor time of the run that was measured last.
also() { # name, name of the last run, seconds
    tail -n 1 "$work/times/$2" | awk -v seconds="$3" '{ print seconds, $2, $3 }' >>"$work/times/$1"
}

score() { # destination
    ./nightshift run examples/flights/job.yaml --new --home "$work/home" -o json --set source.parquet="$flights" \
        --set errors.max-rate=0.01 --set errors.max-rows=100000 --set partitions.rows=250000 --set "destination=$1"
}

scored() { # destination
    measure nightshift score "$1"
    rows=$(tail -n 1 "$work/out" | jq .predictions)
    also first-row nightshift "$(tail -n 1 "$work/out" | jq '.seconds - .seconds_to_first_row')"
}

same() { # number of rows
    [[ $1 = "$rows" ]] || fail "the loader wrote $1 rows, and Nightshift $rows."
}

# A kind defines `round`, and `lines`: names and descriptions, the loader's first.
case $kind in
    mariadb)
        bench/peers/install.sh mariadb >"$work/mariadb.env"
        source "$work/mariadb.env"
        serve mariadb "$LIBRARIES"
        echo "nightshift.data-sources.db { url = \"$URL\", user = admin, password = admin }" >"$work/home/nightshift.conf"
        sql() {
            "$CLIENT" --no-defaults --socket="$SOCKET" --user=admin --password=admin --local-infile=1 \
                --skip-column-names --batch scores -e "$1"
        }
        load() { sql "LOAD DATA LOCAL INFILE '$work/rows.txt' INTO TABLE plain CHARACTER SET utf8mb4"; }
        load_then_index() { load && sql "ALTER TABLE plain $add"; }
        round() {
            sql "DROP DATABASE scores; CREATE DATABASE scores CHARACTER SET utf8mb4"
            scored '{mariadb: {data-source: db, table: flights, indexes: [[origin, destination], [date]]}}'
            if [[ ! -s $work/rows.txt ]]; then
                sql "SELECT * FROM flights_batches INTO OUTFILE '$work/rows.txt' CHARACTER SET utf8mb4"
                add=$(sql "SELECT CONCAT('ADD INDEX \`', index_name, '\` (', GROUP_CONCAT('\`', column_name, '\`',
                    IF(sub_part IS NULL, '', CONCAT('(', sub_part, ')')) ORDER BY seq_in_index), ')')
                    FROM information_schema.statistics WHERE table_schema = 'scores' AND table_name = 'flights_batches'
                    AND index_name <> 'PRIMARY' GROUP BY index_name" | paste -sd ,)
                drop=$(sed -E 's/ADD INDEX (`[^`]*`) [^A]*\)/DROP INDEX \1/g' <<<"$add")
            fi
            sql "CREATE TABLE plain LIKE flights_batches"
            measure load load
            same "$(sql "SELECT count(*) FROM plain")"
            sql "DROP TABLE plain; CREATE TABLE plain LIKE flights_batches"
            sql "ALTER TABLE plain $drop"
            measure load-then-index load_then_index
        }
        lines=(load "\`LOAD DATA LOCAL INFILE\` into a table with the indexes"
            load-then-index "the same without indexes, then \`ADD INDEX\`")
        did="reading, scoring, loading, publishing"
        ;;
    objects)
        serve objects "$(ls "${MAVEN_REPOSITORY:-$HOME/.m2/repository}"/com/adobe/testing/s3mock/*/s3mock-*-exec.jar | tail -n 1)"
        export AWS_ACCESS_KEY_ID=an-id AWS_SECRET_ACCESS_KEY=a-secret AWS_REGION=eu-central-1 AWS_ENDPOINT_URL_S3=$URL
        upload() { aws s3 cp --recursive --only-show-errors "$work/rows" s3://bench/plain; }
        score_then_upload() { score "{parquet: $work/rows}" && upload; }
        round() {
            aws s3 rm --recursive --only-show-errors s3://bench
            rm -rf "$work/rows"
            scored '{parquet: "s3://bench/scored"}'
            measure run-then-upload score_then_upload
            aws s3 rm --recursive --only-show-errors s3://bench/plain
            measure upload upload
            same "$(jq .rows.predictions "$work"/rows/batch=*/_manifest.json)"
        }
        lines=(upload "\`aws s3 cp --recursive\` of the same files"
            run-then-upload "\`nightshift run\` into a local folder, then \`aws s3 cp\`")
        did="reading, scoring, uploading, publishing"
        ;;
    iceberg | delta)
        echo "nightshift.catalogs.lake { type = folder, warehouse = \"$work/lake\" }" >"$work/home/nightshift.conf"
        bench/peers/install.sh spark-readers >"$work/spark.env"
        source "$work/spark.env"
        "$SPARK_JAVA/bin/javac" -nowarn -proc:none -cp "$LIBRARIES" -d "$work/classes" bench/SparkWrite.java
        grep -v sun-misc-unsafe bench/jobs/spark.options >"$work/spark.options" # which old JDKs don't know
        spark() {
            "$SPARK_JAVA/bin/java" "@$work/spark.options" -cp "$work/classes:$LIBRARIES" SparkWrite "$kind" \
                "$work/rows" "$work/spark" "$@"
        }
        round() {
            rm -rf "$work/lake" "$work/spark"
            if [[ $kind = iceberg ]]; then
                scored '{iceberg: {catalog: lake, table: scores.flights}}'
            else
                scored "{delta: $work/lake}"
            fi
            if [[ ! -d $work/rows ]]; then
                mkdir "$work/rows"
                find "$work/lake" -name 'part-*.parquet' -not -path '*/.staging/*' -exec cp {} "$work/rows" \;
                spark count >"$work/out" 2>"$work/log" || { cat "$work/log" >&2 && fail "Spark failed."; }
                same "$(awk '$1 == "rows" { print $2 }' "$work/out")"
                rm -rf "$work/spark"
            fi
            measure spark spark
            also write spark "$(awk '$1 == "seconds" { print $2 }' "$work/out")"
        }
        lines=(write "Spark, from the first row: reading, writing, committing" spark "Spark, from the start of the process")
        did="reading, scoring, writing, publishing"
        ;;
esac
lines+=(first-row "\`nightshift run\`, from the first row: $did" nightshift "\`nightshift run\`, from the start of the process")

round # builds, registers the model and makes the start-up cache
rm "$work"/times/*
for _ in $(seq "$rounds"); do round; done

median() {
    sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}
of() { awk -v field="$2" '{ print $field }' "$work/times/$1" | median; } # name, field

# The loader is the first line. Its seconds are divided by those of another line, and so is the processor time of both ends.
echo "| what (medians of $rounds, $rows rows) | s | rows/s | to the loader | processor, s | of the server, s | to the loader |"
echo "|---|---|---|---|---|---|---|"
for ((i = 0; i < ${#lines[@]}; i += 2)); do
    name=${lines[i]}
    paste -d ' ' "$work/times/${lines[0]}" "$work/times/$name" >"$work/both"
    ratio=$(awk '{ print $1 / $4 }' "$work/both" | median)
    processor=$(awk '{ print ($2 + $3) / ($5 + $6) }' "$work/both" | median)
    echo "$(of "$name" 1) $(of "$name" 2) $(of "$name" 3)" | awk -v what="${lines[i + 1]}" -v rows="$rows" -v ratio="$ratio" \
        -v processor="$processor" '{
            server = $3 > 0 ? sprintf("%.1f", $3) : "–"
            printf "| %s | %.2f | %.0f | %.2f | %.1f | %s | %.2f |\n", what, $1, rows / $1, ratio, $2, server, processor
        }'
done
