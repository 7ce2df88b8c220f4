#!/usr/bin/env bash
# Reads with Spark what Nightshift writes to a Delta Lake table and to an Iceberg table: the rows and the distinct records of
# each batch, the columns, the newest batch, and the history. Exit status 1 if the two tables differ.
#
#   bench/spark-readers.sh [BATCHES]     BATCHES is the number of batches, 11 by default: one more than to the first checkpoint
#
# bench/peers/install.sh installs Spark 4.1 with the readers of both formats by Maven, once: about 400 MB. Spark 4.1 needs a
# JDK of 17 or 21: SPARK_JAVA names it. JAVA_HOME names a JDK of 25 or newer for Nightshift. NIGHTSHIFT is the program,
# ./nightshift by default.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

batches=${1:-11}
nightshift=${NIGHTSHIFT:-./nightshift}
[[ -x ${SPARK_JAVA:-}/bin/java ]] || { echo "spark-readers.sh: SPARK_JAVA names no JDK of 17 or 21." >&2 && exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

bench/peers/install.sh spark-readers >"$work/spark.env"
source "$work/spark.env"
mkdir "$work/home"
echo "nightshift.catalogs.lake { type = folder, warehouse = \"$work/warehouse\" }" >"$work/home/nightshift.conf"

score() {
    "$nightshift" run examples/flights/job.yaml --new --home "$work/home" --set errors.max-rate=0.01 \
        --set errors.max-rows=100000 --set partitions.rows=100000 --set "destination={several: [
            {delta: $work/delta}, {iceberg: {catalog: lake, table: scores.flights}}]}" >>"$work/log" 2>&1
}

for _ in $(seq "$batches"); do
    score || { cat "$work/log" >&2 && exit 2; }
done
"$nightshift" batch verify latest --home "$work/home" | tail -n 12
ls "$work/delta/_delta_log" | tail -n 4
grep -v sun-misc-unsafe bench/jobs/spark.options >"$work/spark.options" # which old JDKs don't know
"$SPARK_JAVA/bin/java" "@$work/spark.options" -cp "$LIBRARIES" bench/SparkTables.java \
    "$work/delta" "$work/warehouse" scores.flights 2>"$work/spark.log" ||
    { status=$? && grep -v '^[[:space:]]*at ' "$work/spark.log" | tail -n 30 >&2 && exit $status; }
