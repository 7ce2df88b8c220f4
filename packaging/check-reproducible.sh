#!/usr/bin/env bash
# Builds the packages twice, in folders, time zones and with permissions that differ, and compares the results byte by
# byte. Takes about as long as two builds without tests.
#
#   packaging/check-reproducible.sh [--release]
#
# --release builds all that a release publishes: also the image, the bill of materials, and the sources and Javadoc of the
# modules on Maven Central. Needs git, Maven, and a JDK 25 that Maven finds. MAVEN_ARGS has further arguments for Maven.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=(mvn -B -q -Dmaven.test.skip=true -Dspotless.check.skip=true)
results=packaging/target/release
case ${1:-} in
    '') build+=(-pl packaging -am package) ;;
    --release)
        build+=(-Prelease deploy)
        results="$results target/staging"
        ;;
    *)
        sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
        exit 2
        ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Builds the files that git knows, as they are in this checkout, and lists the digests of the results.
build_in() {
    local folder=$1
    mkdir -p "$folder"
    git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
        if [[ -e $file ]]; then printf '%s\0' "$file"; fi
    done | tar --null -T - -cf - | tar -C "$folder" --no-same-permissions -xf -
    (cd "$folder" && "${build[@]}") >&2
    # Maven stamps the metadata of a repository, and the names of snapshots, with the time.
    # shellcheck disable=SC2086 # two folders
    (cd "$folder" && find $results -type f ! -name 'maven-metadata.xml*' -exec sha256sum {} + |
        sed -E 's/-[0-9]{8}\.[0-9]{6}-[0-9]+/-SNAPSHOT/' | sort -k 2)
}

echo "The first build" >&2
(umask 022 && TZ=UTC build_in "$work/first") >"$work/first.sums"
echo "The second build" >&2
(umask 002 && TZ=Asia/Kathmandu LC_ALL=C build_in "$work/another-folder") >"$work/second.sums"

if ! diff "$work/first.sums" "$work/second.sums"; then
    echo "The builds differ: see the lines above." >&2
    for archive in "$work"/first/packaging/target/release/*.tar.gz; do
        other="$work/another-folder/packaging/target/release/${archive##*/}"
        mkdir -p "$work/contents/first" "$work/contents/second"
        tar -C "$work/contents/first" -xzf "$archive"
        tar -C "$work/contents/second" -xzf "$other"
        diff -rq "$work/contents/first" "$work/contents/second" >&2 || :
        diff <(tar -tvzf "$archive") <(tar -tvzf "$other") >&2 || :
    done
    exit 1
fi
echo "The builds are the same: $(wc -l <"$work/first.sums") files."
