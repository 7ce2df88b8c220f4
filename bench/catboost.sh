#!/usr/bin/env bash
# Compares scoring with CatBoost's library for the JVM (ai.catboost:catboost-prediction, through JNI): one thread, rows in
# memory, 2,048 rows a call, both in the same process and in turn. The models are random symmetric trees over 50 features
# with 64 borders each; the generator of the tests writes them. CatBoost gets its rows as arrays of floats, made before the
# measurement. Prints a table in Markdown: millions of rows per second of processor time (median, lowest and highest), the
# ratio, and how many raw values differ in any bit. Both score in the calling thread, whose processor time is measured.
#
#   bench/catboost.sh [ROUNDS]     7 by default, after ten warm-up rounds
#
# Needs a JDK of 25 or newer in JAVA_HOME.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

java=${JAVA_HOME:?names no JDK}/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mvn -B -q -pl scoring -DskipTests -DskipITs test-compile dependency:build-classpath \
    -Dmdep.outputFile="$work/path" -Dmdep.includeScope=test -Dspotless.check.skip=true
path=scoring/target/test-classes:scoring/target/classes:$(<"$work/path")
mkdir "$work/classes"
"$java/javac" -nowarn -proc:none -cp "$path" -d "$work/classes" \
    bench/catboost/io/nightshift/scoring/format/catboost/*.java
"$java/java" -Xmx2g -XX:+UseSerialGC -Xlog:disable --enable-native-access=ALL-UNNAMED \
    --sun-misc-unsafe-memory-access=allow --add-modules jdk.incubator.vector -Djava.io.tmpdir="$work" \
    -cp "$work/classes:$path" io.nightshift.scoring.format.catboost.CatBoostBenchmark "${1:-7}"
