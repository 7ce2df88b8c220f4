#!/usr/bin/env bash
# Lets three nodes score batch after batch with all processors busy, and checks that none of them considers another one
# dead. Prints rows, rows/s and the nodes' memory. Exit status 1 if a node's log reports a late heartbeat.
#
#   bench/soak.sh [MINUTES]          10 by default
#
# Needs a JDK 25 in JAVA_HOME, and Maven.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
nightshift_cluster io.nightshift.nemesis.load.Soak "${1:-10}"
