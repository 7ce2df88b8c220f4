#!/usr/bin/env bash
# Attacks a cluster of three nodes and a PostgreSQL on this machine: kills, freezes, cuts and starves them in the midst of
# batches, and looks whether what was promised was kept. Prints a table in Markdown, a line a round.
#
#   bench/nemesis.sh [--rounds N] [--seed S] [--fault NAME] [--destination parquet|postgres] [--loopback]
#
# As root, each node is on a network of its own; without that, the network's faults are left out. Needs a JDK 25 in
# JAVA_HOME, Maven and iproute2, and for steps of the clock libfaketime (Debian: apt-get install iproute2 faketime).
# docs/how-to/nemesis.md says more. Exit status 1 if any promise was broken.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
nightshift_cluster io.nightshift.nemesis.Nemesis "$@"
