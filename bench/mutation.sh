#!/usr/bin/env bash
# Mutation tests of the coordinator's decision logic with PIT (pitest.org): PIT changes the compiled classes, one change at a
# time, and runs the fast tests and a short simulation. A change that no test notices survives. The script fails if less than
# 95 % of the changes are noticed. The report is coordinator/target/pit-reports/index.html; the script prints the survivors.
#
#   bench/mutation.sh [RUNS]     runs of the simulation for each change that it reaches; 300 by default
#
# Takes about five minutes on two processors. Needs a JDK of 25 or newer in JAVA_HOME.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

: "${JAVA_HOME:?names no JDK}"
status=0
mvn -B -q -Pmutation -pl coordinator -am process-test-classes -Dmutation.simulation.runs="${1:-300}" || status=$?
sed -n "s/.*status='\(SURVIVED\|NO_COVERAGE\)'.*<sourceFile>\([^<]*\).*<mutatedMethod>\([^<]*\).*<lineNumber>\([^<]*\).*<description>\([^<]*\).*/\1 \2:\4 \3: \5/p" \
    coordinator/target/pit-reports/mutations.xml | sort
exit "$status"
