#!/usr/bin/env bash
# Are forecasts honest? Simulates many nights of many jobs with log-normal partition times, slow nodes, failed attempts, outages
# and windows. Prints how many batches end before the median and before the 95 % time, for forecasts before the plan and at
# several stages of the batch. Fails if the 95 % time is off by more than 3 points.
#
#   bench/forecast.sh [JOBS]     jobs of 15 nights each; 3,000 by default
#
# Needs a JDK of 25 or newer in JAVA_HOME.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

: "${JAVA_HOME:?names no JDK}"
status=0
mvn -B -q -pl coordinator -am test -Dtest=ForecastHonestyTest -Dsurefire.failIfNoSpecifiedTests=false \
    -Dspotless.check.skip=true -Dnightshift.simulation.jobs="${1:-3000}" || status=$?
grep -h 'scored:' coordinator/target/surefire-reports/*ForecastHonestyTest-output.txt
exit $status
