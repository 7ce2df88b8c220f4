#!/usr/bin/env bash
# Runs many batches of 1,000 rows through one node with the default heap and a PostgreSQL, without a restart, 500 at a time.
# Prints the seconds, the node's processor time, the live heap and the batches in memory after each 500. Exit status 1 if the
# last 500 take more than 10 % longer than the first 500 after the warm-up, or if ended batches stay in memory.
#
#   bench/uptime.sh [BATCHES [CALLERS]] [--no-stopwatch]     20,000 and 0 by default
#
# Callers poll and watch batches meanwhile. --no-stopwatch checks the memory only, for a machine that does other work as well.
#
# Needs a JDK 25 in JAVA_HOME, and Maven.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
nightshift_cluster io.nightshift.nemesis.load.Uptime "${@:-20000}"
