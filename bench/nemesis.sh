#!/usr/bin/env bash
# Injects faults into a cluster of three nodes and a PostgreSQL on this machine while it runs batches: kills, freezes,
# network partitions, full disks. Checks after each batch that every promise was kept. Prints a table in Markdown with a
# row for each round.
#
#   bench/nemesis.sh [--rounds N] [--seed S] [--fault NAME,...] [--destination NAME]
#                    [--rollout NAME] [--redrive] [--storage files|s3] [--loopback]
#
# As root, it gives each node a network of its own; otherwise it omits the network faults. Needs a JDK 25 in JAVA_HOME,
# Maven and iproute2, and for the clock fault libfaketime (Debian: apt-get install iproute2 faketime).
# docs/how-to/nemesis.md describes the faults. Exit status 1 if a promise was broken.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
nightshift_cluster io.nightshift.nemesis.Nemesis "$@"
