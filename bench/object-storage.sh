#!/usr/bin/env bash
# Measures a job whose source is in object storage against the same job on local files: the bytes that are fetched against
# those that are needed, and the time. The store (S3Mock) is behind a proxy that delays each answer by 20 ms and passes
# 200 MB/s. Prints a table in Markdown.
#
#   bench/object-storage.sh FILE [FILES] [RUNS]
#
# FILE holds the three million flights (examples/flights/full.sh fetches them). It is cut into FILES files, 24 by default, and each
# job is run RUNS times, 5 by default. Needs a build (mvn -B package -DskipTests) with its test library s3mock.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

[[ $# -ge 1 && -f $1 ]] || {
    echo "usage: bench/object-storage.sh FILE [FILES] [RUNS]" >&2
    exit 2
}
repository=${MAVEN_REPOSITORY:-$HOME/.m2/repository}
server=$(ls "$repository"/com/adobe/testing/s3mock/*/s3mock-*-exec.jar | tail -n 1)
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" --enable-native-access=ALL-UNNAMED \
    -cp "testing/target/classes:cli/target/nightshift/lib/*:$server" bench/ObjectStorage.java "$(realpath "$1")" "${2:-24}" "${3:-5}"
