#!/usr/bin/env bash
# Measures how much 1,000 status requests per second and 200 watches slow a batch down, on this machine: a PostgreSQL and a
# node with all processors, which scores the same batch alternately without clients, with clients, and with clients at the
# lowest priority. Prints a table in Markdown. Exit status 1 if the batch is slowed down by more than 10 %, not counting the
# clients' own processor time, or if a request was not answered.
#
#   bench/http.sh [ROUNDS] [MILLION ROWS]          5 and 30 by default
#
# Needs a JDK 25 in JAVA_HOME, Maven and wrk (Debian: apt-get install wrk). NIGHTSHIFT_OPTS are options of the node's JVM.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
command -v wrk >/dev/null || {
    echo "http.sh: there is no wrk; install it (Debian: apt-get install wrk)." >&2
    exit 2
}
nightshift_cluster io.nightshift.nemesis.load.HttpLoadBenchmark "${1:-5}" "${2:-30}"
