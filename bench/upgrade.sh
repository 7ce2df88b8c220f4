#!/usr/bin/env bash
# Replaces the nodes of an earlier build by nodes of this build while a batch runs, and back again: three nodes and a
# PostgreSQL on this machine. The test is io.nightshift.system.upgrade.RollingUpdateIT. Without this script, it
# derives the earlier build from this one, and only two of three nodes end. The nightly workflow runs both.
#
#   bench/upgrade.sh [--from REF]     REF: a tag or commit; default: the last release before HEAD, or if there is none, the
#                                     commit before HEAD
#
# Needs git, Maven and a JDK 25 that Maven finds. docs/how-to/upgrade.md lists the promises.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

from=
if [ "${1:-}" = --from ] && [ $# -eq 2 ]; then
    from=$2
elif [ $# -gt 0 ]; then
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
    exit 2
fi
if [ -z "$from" ]; then
    from=$(git describe --tags --abbrev=0 --match 'v[0-9]*' 'HEAD^' 2>/dev/null || git rev-parse 'HEAD^')
fi
echo "from $(git log -1 --format='%h %s' "$from")" >&2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/source"
git archive "$from" | tar -xf - -C "$work/source"
build=(mvn -B -q -DskipTests -Dspotless.check.skip=true)
(cd "$work/source" && "${build[@]}" -pl cli -am package) >&2

# -DskipTests skips the tests of Surefire, but not those of Failsafe.
mvn -B -pl system-tests -am verify -Dspotless.check.skip=true -DskipTests \
    -Dit.test=io.nightshift.system.upgrade.RollingUpdateIT -Dfailsafe.failIfNoSpecifiedTests=false -Dtest.excluded=none \
    "-Dnightshift.previous=$work/source/cli/target/nightshift"
