#!/usr/bin/env bash
# Does a long history slow a node down? Writes a journal of many ended batches of many jobs, and compares a node on it with a
# node on an empty journal: the time from the start of the process to the first commit, the live heap, a submission, and a page
# of the list of batches. On H2 (`nightshift serve`) and on PostgreSQL (`nightshift node`). Exit status 1 if the filled journal
# makes a difference of more than 20 %.
#
#   bench/register.sh [JOBS] [BATCHES] [h2|postgres]     1,000 jobs with 1,000 ended batches each, and both, by default
#
# Needs a JDK 25 in JAVA_HOME, and Maven. Writing the journals of a million batches takes half an hour, and
# up to 60 GB in the folder for temporary files.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
nightshift_cluster io.nightshift.nemesis.load.RegisterGrowth "${1:-1000}" "${2:-1000}" ${3:+"$3"}
