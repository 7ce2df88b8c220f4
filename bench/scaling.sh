#!/usr/bin/env bash
# Measures rows/s of the same batch on one, two and three nodes of one scoring thread each, and the share of the work that
# nodes of one, one and two threads take. Prints tables in Markdown. Exit status 1 if the shares are not in proportion to
# the threads within 10 %. Only as many nodes as there are processors can add speed.
#
#   bench/scaling.sh
#
# Needs a JDK 25 in JAVA_HOME, Maven and taskset (Debian: apt-get install util-linux).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
nightshift_cluster io.nightshift.nemesis.load.ScalingBenchmark
