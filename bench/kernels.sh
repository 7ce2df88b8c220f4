#!/usr/bin/env bash
# Measures the kernels of forests against each other: the flights model (XGBoost, 100 trees of depth 6) on real rows, one
# thread, everything from columns of features to probabilities. Prints a table in Markdown. Times are of the processor,
# compilers included, so that other work on the machine disturbs little.
#
#   bench/kernel.sh [ROUNDS]          ROUNDS is how often each is measured, 5 by default, after a first round
#
# Needs JAVA_HOME to name a JDK of 25 or newer. Takes the example's 300,000 rows, or those of the file in FLIGHTS_3M.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rounds=${1:-5}
flights=${FLIGHTS_3M:-examples/flights/flights.parquet}
classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT

./nightshift --version >/dev/null # builds it where that is needed
path="cli/target/nightshift/lib/*"
"${JAVA_HOME:?names no JDK}/bin/javac" -proc:none -cp "$path" -d "$classes" \
    bench/kernel/io/nightshift/worker/{model,scoring}/*.java
"$JAVA_HOME/bin/java" -XX:+UseSerialGC -Xmx1g -Xlog:disable --enable-native-access=ALL-UNNAMED -cp "$classes:$path" \
    io.nightshift.worker.scoring.KernelBenchmark examples/flights/job.yaml "$flights" "$rounds"
