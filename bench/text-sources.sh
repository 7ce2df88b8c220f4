#!/usr/bin/env bash
# Measures how fast text files are read beside DuckDB's own readers, with one thread each: records per second of processor
# time, for CSV and NDJSON, and of the pass that planning makes. Prints a table in Markdown.
#
#   bench/text-sources.sh [ROWS]      ROWS is the number of records, 3,000,000 by default
#
# Needs a build (mvn -B -DskipTests -DskipITs package) and a JDK 25 as JAVA_HOME.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rows=${1:-3000000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
libraries="cli/target/nightshift/lib/*"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

"${java}c" -nowarn -d "$work/classes" -cp "$libraries" bench/text/io/nightshift/source/text/TextBench.java
"$java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Xmx1g -cp "$work/classes:$libraries" \
    io.nightshift.source.text.TextBench "$work" "$rows"
