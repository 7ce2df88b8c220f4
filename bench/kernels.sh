#!/usr/bin/env bash
# Measures the kernels of forests with JMH: one thread, from columns of features to probabilities. Prints rows per
# microsecond, that is, millions of rows per second. The models are that of the example (XGBoost, 100 trees of depth 6) and
# synthetic ones of other shapes. The rows are those of the example, or random if a model has more features.
#
#   bench/kernels.sh [JMH OPTION…]    e.g. -p forest=flights -p kernel=auto,ranked, or -prof gc; -h lists all
#
# Needs a JDK of 25 or newer in JAVA_HOME. Maven downloads JMH.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

java=${JAVA_HOME:?names no JDK}/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

./nightshift --version >/dev/null # builds it where that is needed
mvn -B -q -f bench/kernels/pom.xml org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath \
    -Dmdep.outputFile="$work/path"
path="cli/target/nightshift/lib/*:$(<"$work/path")"
mkdir "$work/classes"
"$java/javac" -nowarn -processor org.openjdk.jmh.generators.BenchmarkProcessor -cp "$path" -d "$work/classes" \
    bench/kernels/io/nightshift/bench/kernels/*.java
"$java/java" -Xlog:disable --sun-misc-unsafe-memory-access=allow -cp "$work/classes:$path" org.openjdk.jmh.Main \
    -jvmArgs "-XX:+UseSerialGC -Xmx1g --enable-native-access=ALL-UNNAMED" KernelsBenchmark "$@"
