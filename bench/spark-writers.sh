#!/usr/bin/env bash
# Changes with Spark the tables that Nightshift writes to, as other programs do: appends rows, compacts, expires, deletes,
# changes columns and partitions. Then Nightshift verifies the batch that was in the table, scores the next batch, redrives
# the first one's quarantined rows, and deletes it. Prints what each of them did. Exit status 1 if one differs from what is
# written below, or if rows of other programs are gone.
#
#   bench/spark-writers.sh [CASE ...]     such as delta/compact; all by default, which takes about ten minutes
#
# bench/peers/install.sh installs Spark 4.1 with both formats by Maven, once: about 400 MB. Spark 4.1 needs a JDK of 17 or 21:
# SPARK_JAVA names it. JAVA_HOME names a JDK of 25 or newer for Nightshift. NIGHTSHIFT is the program, ./nightshift by default.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

nightshift=${NIGHTSHIFT:-./nightshift}
[[ -x ${SPARK_JAVA:-}/bin/java ]] || { echo "spark-writers.sh: SPARK_JAVA names no JDK of 17 or 21." >&2 && exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What is expected of: verify, the next batch, the redrive, the deletion.
expected() {
    cat <<'EXPECTED'
delta/nothing           proved   published redriven deleted
delta/append            proved   published redriven deleted
delta/append-to-batch   reported published refused  deleted
delta/add-column        proved   published redriven deleted
delta/expire            proved   published redriven deleted
delta/compact           reported published refused  deleted
delta/compact-expire    reported published refused  deleted
delta/delete            reported published refused  deleted
delta/delete-by-vector  reported refused   refused  refused
delta/map-columns       proved   refused   refused  refused
iceberg/nothing         proved   published redriven deleted
iceberg/append          proved   published redriven deleted
iceberg/append-to-batch reported published refused  deleted
iceberg/add-column      proved   published redriven deleted
iceberg/expire          proved   published redriven deleted
iceberg/compact         reported published refused  deleted
iceberg/compact-expire  reported published refused  deleted
iceberg/delete          reported published refused  deleted
iceberg/delete-on-read  reported published redriven deleted
iceberg/partitions      proved   refused   refused  refused
iceberg/partitions-back proved   published redriven deleted
iceberg/rename          proved   published redriven deleted
EXPECTED
}

# Spark's statements for the case $1, whose table is $2. Its first batch is $3.
statements() {
    local insert="INSERT INTO $2 (record_row, probability, batch_id) VALUES (7, 0.5,"
    local properties="ALTER TABLE $2 SET TBLPROPERTIES"
    case $1 in
        */nothing) ;;
        */append) echo "$insert 'other')" ;;
        */append-to-batch) echo "$insert '$3')" ;;
        */add-column) echo "ALTER TABLE $2 ADD COLUMNS (remark STRING)" ;;
        */delete) echo "DELETE FROM $2 WHERE record_row % 7 = 3" ;;
        */compact* | */expire)
            echo "$insert 'other')"
            echo "$insert 'other')"
            ;;&
        delta/compact*) echo "OPTIMIZE $2" ;;&
        delta/expire | delta/compact-expire) echo "VACUUM $2 RETAIN 0 HOURS" ;;
        delta/delete-by-vector)
            echo "$properties ('delta.enableDeletionVectors' = 'true')"
            echo "DELETE FROM $2 WHERE record_row % 7 = 3"
            ;;
        delta/map-columns) echo "$properties ('delta.columnMapping.mode' = 'name')" ;;
        iceberg/compact*)
            echo "CALL lake.system.rewrite_data_files(table => '${2#lake.}', options => map('rewrite-all', 'true'))"
            ;;&
        iceberg/expire | iceberg/compact-expire)
            echo "CALL lake.system.expire_snapshots(table => '${2#lake.}', older_than => TIMESTAMP '2100-01-01 00:00:00', retain_last => 1)"
            ;;
        iceberg/delete-on-read)
            echo "$properties ('write.delete.mode' = 'merge-on-read')"
            echo "DELETE FROM $2 WHERE record_row % 7 = 3"
            ;;
        iceberg/partitions*) echo "ALTER TABLE $2 ADD PARTITION FIELD bucket(4, record_row)" ;;&
        iceberg/partitions-back) echo "ALTER TABLE $2 DROP PARTITION FIELD bucket(4, record_row)" ;;
        iceberg/rename) echo "ALTER TABLE $2 RENAME COLUMN probability TO chance" ;;
    esac
}

# How many rows of other programs a case has.
others() {
    case $1 in
        */append) echo 1 ;;
        */expire | */compact*) echo 2 ;;
        *) echo 0 ;;
    esac
}

table() {
    case $1 in
        delta/*) echo "delta.\`$work/$1\`" ;;
        iceberg/*) echo "lake.scores.$(tr - _ <<<"${1#*/}")" ;;
    esac
}

# The job file for the case $1, with the expression $2 for the distance.
job() {
    case $1 in
        delta/*) echo "destination: {delta: $work/$1}" ;;
        iceberg/*) echo "destination: {iceberg: {catalog: lake, table: $(table "$1" | cut -d. -f2-)}}" ;;
    esac
    cat <<JOB
job: $(tr / - <<<"$1")
model: $PWD/examples/flights/flights.ubj
source:
  parquet: $PWD/examples/flights/flights.parquet
  where: date < '2001-01-08'
  select:
    month: month(date)
    day: day(date)
    weekday: dayofweek(date)
    hour: hour(date)
    minute: minute(date)
    distance: $2
    origin_code: (ascii(origin) - 65) * 676 + (ascii(origin[2]) - 65) * 26 + ascii(origin[3]) - 65
    destination_code: (ascii(destination) - 65) * 676 + (ascii(destination[2]) - 65) * 26 + ascii(destination[3]) - 65
partitions: {rows: 5000}
errors: {max-rate: 0.1, max-rows: 10000}
output: {columns: [origin, destination, date]}
JOB
}

# Runs a command of Nightshift. Its output goes to the file last, and to the log.
run() {
    echo "> $*" >>"$work/log"
    "$nightshift" "$@" --home "$work/home" >"$work/last" 2>&1 && local status=0 || local status=$?
    cat "$work/last" >>"$work/log"
    return $status
}

spark() {
    "$SPARK_JAVA/bin/java" "@$work/spark.options" -cp "$LIBRARIES" bench/SparkStatements.java "$work/warehouse" "$1" \
        >"$work/spark.log" 2>&1 ||
        { grep -v '^[[:space:]]*at ' "$work/spark.log" | grep -A 5 'Spark refuses' >&2 && exit 2; }
}

# Runs the command after $2. Prints $1 if it succeeds, and $2 if it fails with a sentence.
outcome() {
    local good=$1 bad=$2 status=0
    shift 2
    run "$@" || status=$?
    if ((status == 0)); then
        echo "$good"
    elif ((status <= 2)) && ! grep -Eq 'Exception|^[[:space:]]+at ' "$work/last"; then
        echo "$bad"
    else
        echo "failed-$status"
    fi
}

bench/peers/install.sh spark-readers >"$work/spark.env"
source "$work/spark.env"
mkdir "$work/home" "$work/delta"
echo "nightshift.catalogs.lake { type = folder, warehouse = \"$work/warehouse\" }" >"$work/home/nightshift.conf"
grep -v sun-misc-unsafe bench/jobs/spark.options >"$work/spark.options" # which old JDKs don't know

if (($#)); then cases=("$@"); else mapfile -t cases < <(expected | cut -d' ' -f1); fi
declare -A first
for case in "${cases[@]}"; do
    expected | grep -q "^$case " || { echo "spark-writers.sh: there is no case $case." >&2 && exit 2; }
    mkdir -p "$work/jobs/${case%/*}"
    job "$case" "CAST(IF(distance > 2500, 'far', CAST(distance AS VARCHAR)) AS DOUBLE)" >"$work/jobs/$case.yaml"
    job "$case" distance >"$work/jobs/$case-corrected.yaml"
    run run "$work/jobs/$case.yaml" --new -o json || { tail -n 20 "$work/log" >&2 && exit 2; }
    first[$case]=$(tail -n 1 "$work/last" | sed -E 's/.*"batch" *: *"([^"]+)".*/\1/')
    statements "$case" "$(table "$case")" "${first[$case]}" >>"$work/changes"
done
spark "$work/none" <"$work/changes"

for case in "${cases[@]}"; do
    printf '%s %s %s %s %s\n' "$case" \
        "$(outcome proved reported batch verify "${first[$case]}")" \
        "$(outcome published refused run "$work/jobs/$case.yaml" --new)" \
        "$(outcome redriven refused quarantine redrive "${first[$case]}" --job "$work/jobs/$case-corrected.yaml")" \
        "$(outcome deleted refused batch delete "${first[$case]}")" | tee -a "$work/found"
    echo "SELECT '$case', count_if(batch_id = 'other'), count(DISTINCT batch_id) FROM $(table "$case")" >>"$work/questions"
done
spark "$work/rows" <"$work/questions"

status=0
while read -r case found; do
    wanted=$(expected | sed -nE "s|^$case +||p" | tr -s ' ')
    if [[ $found != "$wanted" ]]; then
        echo "$case: $wanted was expected, but found was $found" && status=1
    fi
done <"$work/found"
while read -r case other batches; do
    if ((other != $(others "$case"))); then echo "$case: rows of other programs: $other" && status=1; fi
    echo "$case has rows of $batches batches or programs" >>"$work/log"
done <"$work/rows"
if ((status)); then cat "$work/log" >&2; else echo "as expected"; fi
exit $status
