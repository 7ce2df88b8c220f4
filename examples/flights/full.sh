#!/bin/sh
# Scores all three million flights with the example's job.
#
# The input comes from the npm package vega-datasets 3.2.1, which needs npm. If you already have the file:
#   FLIGHTS_3M=/path/to/flights-3m.parquet examples/flights/full.sh
# Further arguments go to `nightshift run`, e.g. --threads 2.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
package=vega-datasets@3.2.1
expected=dbeb920c90f59b6ccaff823dcc3d08f25a97fa1ce128d93f40be4e931f5900b0
input=$here/full/flights-3m.parquet

sha256() {
    if command -v sha256sum >/dev/null 2>&1; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

fetch() {
    command -v npm >/dev/null 2>&1 || {
        echo "full.sh: npm is needed to fetch $package (Debian: apt-get install npm; macOS: brew install node)." >&2
        echo "         Or name the file: FLIGHTS_3M=/path/to/flights-3m.parquet $0" >&2
        exit 2
    }
    echo "Fetching $package (once) ..." >&2
    (cd "$1" && npm pack --silent "$package" >/dev/null && tar -xzf vega-datasets-*.tgz package/data/flights-3m.parquet)
    mv "$1/package/data/flights-3m.parquet" "$1/flights-3m.parquet"
}

if [ ! -f "$input" ]; then
    mkdir -p "$here/full"
    work=$(mktemp -d "$here/full/.fetch-XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM
    if [ -n "${FLIGHTS_3M:-}" ]; then
        cp -- "$FLIGHTS_3M" "$work/flights-3m.parquet"
    else
        fetch "$work"
    fi
    found=$(sha256 "$work/flights-3m.parquet")
    if [ "$found" != "$expected" ]; then
        echo "full.sh: flights-3m.parquet is not the file it should be (SHA-256 $found, expected $expected)." >&2
        exit 2
    fi
    chmod u+w "$work/flights-3m.parquet"
    mv "$work/flights-3m.parquet" "$input"
    rm -rf "$work"
    trap - EXIT INT TERM
fi

exec "$here/../../nightshift" run "$here/job.yaml" \
    --set job=flights-full \
    --set source.parquet=full/flights-3m.parquet \
    --set destination.parquet=full/predictions \
    --set partitions.rows=250000 \
    --set errors.max-rows=3000 \
    "$@"
