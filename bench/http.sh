#!/usr/bin/env bash
# Measures what a batch loses while programs ask for its status a thousand times a second and 200 watch it, on this machine:
# a PostgreSQL and a node with all processors, which scores the same batch by turns without anybody who asks, with them, and
# with them at the lowest priority. Prints a table in Markdown. Exit status 1 if the batch is slowed down by more than 5 %,
# apart from the processor time that the clients took themselves, or if not everything was answered.
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
nightshift_cluster io.nightshift.nemesis.HttpLoad "${1:-5}" "${2:-30}"
