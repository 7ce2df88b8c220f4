#!/usr/bin/env bash
# Runs the tests of Azure Blob Storage against Azurite, the emulator of Microsoft. `mvn verify` runs them against a server of
# our own, since it needs no Node.
#
#   bench/azurite.sh
#
# It needs Node 20 or newer and npm, which install Azurite into bench/azurite (186 MB).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

(cd bench/azurite && npm ci --silent --no-audit --no-fund)
log=$(mktemp)
# Port 0: any free one. Azurite says which.
node bench/azurite/node_modules/azurite/dist/src/blob/main.js --blobHost 127.0.0.1 --blobPort 0 --inMemoryPersistence \
    --silent --disableTelemetry >"$log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; rm -f "$log"' EXIT
until port=$(sed -n 's|.*successfully listens on http://127.0.0.1:\([0-9]*\).*|\1|p' "$log") && [[ -n $port ]]; do
    kill -0 $server 2>/dev/null || { cat "$log" >&2 && exit 1; }
    sleep 0.2
done
mvn -B -q verify -pl azure -am -Dtest=none -Dit.test=AzureStoreIT -Dsurefire.failIfNoSpecifiedTests=false \
    -Dfailsafe.failIfNoSpecifiedTests=false -Dnightshift.azurite="http://127.0.0.1:$port/devstoreaccount1"
echo "The tests of Azure Blob Storage hold with Azurite."
