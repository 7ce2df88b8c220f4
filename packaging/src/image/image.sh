#!/usr/bin/env bash
# Makes the container image of the program, without a container engine: an OCI image layout, which `docker load` and
# `podman load` read too.
#
#   image.sh ARCHIVE IMAGE.tar
#
# The base layer has the few Debian packages that the Java runtime and DuckDB need, and busybox. Their versions are those
# that apt knows on this machine. The same archive and the same packages give the same bytes.
#
# VERSION, REVISION and TIMESTAMP (ISO 8601) go into the image's description. BASE is a folder with .deb files to use in
# place of those that apt downloads.
set -euo pipefail
export LC_ALL=C
umask 022

archive=$1
image=$2
packages=(base-files busybox-static gcc-14-base libc6 libgcc-s1 libstdc++6 zlib1g)

if [[ $(uname -s) != Linux ]]; then
    echo "no image: it is for Linux, so it is built on Linux"
    exit 0
fi
case $(uname -m) in
    x86_64) architecture=amd64 ;;
    aarch64) architecture=arm64 ;;
    *)
        echo "image.sh: no image for $(uname -m)" >&2
        exit 2
        ;;
esac
for tool in dpkg-deb gzip sha256sum tar; do
    if ! command -v "$tool" >/dev/null; then
        echo "image.sh: $tool is needed; -Dimage.skip=true builds all but the image" >&2
        exit 2
    fi
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
blobs=$work/image/blobs/sha256
mkdir -p "$work/packages" "$work/base" "$work/program" "$blobs"

# --- the base ---------------------------------------------------------------------------------------------------------

if [[ -n ${BASE:-} ]]; then
    cp "$BASE"/*.deb "$work/packages/"
elif ! (cd "$work/packages" && apt-get -q -o APT::Sandbox::User=root download "${packages[@]}" >"$work/apt.log" 2>&1); then
    cat "$work/apt.log" >&2
    echo "image.sh: apt-get download failed, see above; -Dimage.skip=true builds all but the image" >&2
    exit 2
fi
mkdir -p "$work/base"/usr/{bin,sbin,lib,lib64}
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$work/base/$folder"; done
mkdir -p "$work/base/var/lib/dpkg/status.d"
for package in "$work/packages"/*.deb; do
    mkdir "$work/package"
    dpkg-deb -x "$package" "$work/package"
    # The folders that are links in the base: a package may still have files in /lib.
    tar -C "$work/package" -cf - . | tar -C "$work/base" --keep-directory-symlink -xf -
    rm -r "$work/package"
    # Where tools that look for vulnerable packages find them in images without dpkg.
    dpkg-deb -f "$package" >"$work/base/var/lib/dpkg/status.d/$(dpkg-deb -f "$package" Package)"
done
find "$work/base/usr/share" -mindepth 1 -maxdepth 1 ! -name doc ! -name common-licenses ! -name base-files -exec rm -r {} +
find "$work/base/usr/share/doc" -type f ! -name copyright -delete
rm -rf "$work/base"/usr/lib/*/gconv "$work/base"/usr/lib/*/perl-base
find "$work/base/usr/bin" \( -type l -o -type f ! -name busybox \) -exec rm {} +
"$work/base/usr/bin/busybox" --list | while read -r applet; do
    [[ $applet == busybox ]] || ln -s busybox "$work/base/usr/bin/$applet"
done
mkdir -p "$work/base"/{etc,tmp,var/tmp,proc,sys,dev,home/nightshift}
chmod 1777 "$work/base/tmp" "$work/base/var/tmp"
cat >"$work/base/etc/passwd" <<'END'
root:x:0:0:root:/root:/bin/sh
nightshift:x:10001:10001:Nightshift:/home/nightshift:/bin/sh
END
cat >"$work/base/etc/group" <<'END'
root:x:0:
nightshift:x:10001:
END
echo "hosts: files dns" >"$work/base/etc/nsswitch.conf"

# --- the program ------------------------------------------------------------------------------------------------------

tar -C "$work/program" --strip-components=1 -xzf "$archive"
root=opt/nightshift
for layer in runtime libraries program; do mkdir -p "$work/$layer.layer/$root"; done
mv "$work/program/runtime" "$work/runtime.layer/$root/"
mkdir "$work/program.layer/$root/lib"
mv "$work/program/lib"/nightshift-*.jar "$work/program/lib/build-id" "$work/program.layer/$root/lib/"
mv "$work/program/lib" "$work/libraries.layer/$root/"
mv "$work/program"/{bin,licences,LICENSE,NOTICE} "$work/program.layer/$root/"
mv "$work/base" "$work/base.layer"

# --- the image --------------------------------------------------------------------------------------------------------

# Puts a file among the blobs; prints its digest.
blob() {
    local digest
    digest=$(sha256sum <"$1" | cut -d ' ' -f 1)
    mv "$1" "$blobs/$digest"
    echo "$digest"
}

size() {
    stat -c %s "$blobs/$1"
}

layers=
diffs=
files=
for layer in base runtime libraries program; do
    tar -C "$work/$layer.layer" --sort=name --format=gnu --mtime="$TIMESTAMP" --owner=0 --group=0 --numeric-owner \
        -cf "$work/layer" .
    diff=$(sha256sum <"$work/layer" | cut -d ' ' -f 1)
    gzip -n "$work/layer"
    digest=$(blob "$work/layer.gz")
    diffs+="${diffs:+,}\"sha256:$diff\""
    layers+="${layers:+,}{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"sha256:$digest\",\"size\":$(size "$digest")}"
    files+="${files:+,}\"blobs/sha256/$digest\""
done

cat >"$work/config" <<END
{"created":"$TIMESTAMP","architecture":"$architecture","os":"linux",
 "config":{
  "User":"10001:10001",
  "ExposedPorts":{"7355/tcp":{},"7380/tcp":{}},
  "Env":["PATH=/$root/bin:/usr/bin:/usr/sbin"],
  "Entrypoint":["/$root/bin/nightshift"],
  "WorkingDir":"/tmp",
  "Labels":{
   "org.opencontainers.image.title":"Nightshift",
   "org.opencontainers.image.description":"Batch scoring on a cluster of JVM nodes, every row exactly once",
   "org.opencontainers.image.licenses":"GPL-3.0-or-later",
   "org.opencontainers.image.version":"$VERSION",
   "org.opencontainers.image.revision":"$REVISION"}},
 "rootfs":{"type":"layers","diff_ids":[$diffs]}}
END
config=$(blob "$work/config")
cat >"$work/manifest" <<END
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
 "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:$config","size":$(size "$config")},
 "layers":[$layers]}
END
manifest=$(blob "$work/manifest")
cat >"$work/image/index.json" <<END
{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[
 {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:$manifest","size":$(size "$manifest"),
  "platform":{"architecture":"$architecture","os":"linux"},
  "annotations":{"io.containerd.image.name":"docker.io/library/nightshift:$VERSION","org.opencontainers.image.ref.name":"$VERSION"}}]}
END
echo '{"imageLayoutVersion":"1.0.0"}' >"$work/image/oci-layout"
# What engines before OCI layouts read.
echo "[{\"Config\":\"blobs/sha256/$config\",\"RepoTags\":[\"nightshift:$VERSION\"],\"Layers\":[$files]}]" \
    >"$work/image/manifest.json"
tar -C "$work/image" --sort=name --format=gnu --mtime="$TIMESTAMP" --owner=0 --group=0 --numeric-owner -cf "$image" .
echo "the image nightshift:$VERSION is in $image"
