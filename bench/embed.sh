#!/usr/bin/env bash
# Compares Nightshift's scoring library with the library that trained a model, each through its Java API, with JMH. Scores
# the same rows in memory on two threads. Prints rows per microsecond, that is, millions of rows per second. The script
# trains the model.
#
#   bench/embed.sh LIBRARY [JMH OPTION…]      xgboost, lightgbm, onnx or smile; e.g. -f 3, or -prof gc; -h lists all
#
# Needs a JDK of 25 or newer in JAVA_HOME. Maven downloads JMH and the library.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

library=${1:?name a library: xgboost, lightgbm, onnx or smile}
shift
java=${JAVA_HOME:?names no JDK}/bin
sources=bench/peers/io/nightshift/bench/peers
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

case $library in
    xgboost) classes=XgboostRival ;;
    lightgbm) classes=LightgbmRival ;;
    onnx) classes="XgboostRival OnnxRival OnnxFile" ;;
    smile) classes=SmileRival ;;
    *)
        echo "embed.sh: no library is called $library; name xgboost, lightgbm, onnx or smile" >&2
        exit 2
        ;;
esac
export OMP_WAIT_POLICY=passive # or a library's idle threads would take the processor
bench/peers/install.sh "$library" >"$work/library.env"
LIBRARIES=
source "$work/library.env"

./nightshift --version >/dev/null # builds it where that is needed
mvn -B -q -f bench/kernels/pom.xml org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath \
    -Dmdep.outputFile="$work/path"
path="cli/target/nightshift/lib/*:$LIBRARIES:$(<"$work/path")"
mkdir "$work/classes"
files=()
for class in EmbeddingBenchmark PeersBenchmark Clock Rival Rows $classes; do files+=("$sources/$class.java"); done
"$java/javac" -nowarn -processor org.openjdk.jmh.generators.BenchmarkProcessor -cp "$path" -d "$work/classes" "${files[@]}"
# XGBoost and ONNX Runtime need more stack than a Java thread has by default.
"$java/java" -Xlog:disable --sun-misc-unsafe-memory-access=allow -Djava.io.tmpdir="$work" -cp "$work/classes:$path" \
    org.openjdk.jmh.Main -jvmArgs "-XX:+UseParallelGC -Xss16m -Xmx3g --enable-native-access=ALL-UNNAMED -Djava.io.tmpdir=$work" \
    -p library="$library" EmbeddingBenchmark "$@"
