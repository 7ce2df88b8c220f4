#!/usr/bin/env bash
# Measures how long the rows of a partition take that are joined with a lookup with times, in both forms of the join.
#
#   bench/as-of-lookups.sh [ROWS [PARTITION]]      rows of the lookup and of a partition, 1,000,000 and 100,000 by default
#
# Needs a build (mvn -B -DskipTests -DskipITs package) and a JDK 25 as JAVA_HOME.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
libraries="cli/target/nightshift/lib/*"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

"${java}c" -nowarn -d "$work/classes" -cp "$libraries" bench/lookups/io/nightshift/source/lookup/AsOfBench.java
"$java" --enable-native-access=ALL-UNNAMED -cp "$work/classes:$libraries" \
    io.nightshift.source.lookup.AsOfBench "${1:-1000000}" "${2:-100000}"
