#!/usr/bin/env bash
# How fast is the dashboard when there is much to show? Writes a journal of many ended batches and of one open batch with very
# many partitions on 200 nodes, starts `nightshift serve` on it, and measures with a headless Chromium: when a page shows
# something of use (goal: 1 s), how long a click takes (300 ms), and the bytes of a page's data (300 kB). Then it scores with and
# without 200 open pages (goal: at most 10 % of two processors). Exit status 1 if a goal is missed.
#
#   bench/dashboard.sh [JOBS] [BATCHES] [PARTITIONS] [SECONDS]
#
# 1,000 jobs with 20 batches each, 1,000,000 partitions, and 80 seconds of scoring by default.
#
# Needs a JDK 25 in JAVA_HOME, Maven, and Debian's packages chromium and chromium-driver. Takes a few minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
path=system-tests/target/test.classpath
mvn -B -q -DskipTests -DskipITs -Dspotless.check.skip=true -pl system-tests -am package dependency:build-classpath \
    -Dmdep.outputFile='${project.build.directory}/test.classpath' -Dmdep.includeScope=test >&2
exec "${JAVA_HOME:?is not set}/bin/java" -Xmx2g --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -cp "$PWD/system-tests/target/test-classes:$(cat "$path")" io.nightshift.system.dashboard.DashboardMeasurement \
    "${1:-1000}" "${2:-20}" "${3:-1000000}" "${4:-80}"
