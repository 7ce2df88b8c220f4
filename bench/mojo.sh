#!/usr/bin/env bash
# Compares scoring with H2O's library for MOJOs (ai.h2o:h2o-genmodel): one thread, rows in memory, both in the same process
# and in turn. The models are random MOJOs over 50 columns; the generator of the tests writes their uneven trees. H2O gets
# its rows as arrays of doubles, made before the measurement, and scores them one at a time (score0). Nightshift scores 2,048
# rows a call. Prints a table in Markdown: millions of rows per second of processor time (median, lowest and highest), the
# ratio, and how many results differ in any bit. Both score in the calling thread, whose processor time is measured.
#
#   bench/mojo.sh [ROUNDS]     7 by default, after five warm-up rounds
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
"$java/javac" -nowarn -proc:none -cp "$path" -d "$work/classes" bench/mojo/io/nightshift/scoring/format/mojo/*.java
"$java/java" -Xmx2g -XX:+UseSerialGC -Xlog:disable --enable-native-access=ALL-UNNAMED \
    --sun-misc-unsafe-memory-access=allow --add-modules jdk.incubator.vector -Djava.io.tmpdir="$work" \
    -cp "$work/classes:$path" io.nightshift.scoring.format.mojo.MojoBenchmark "${1:-7}"
