#!/bin/sh
# Installs ONNX Runtime, the library that computes ONNX graphs other than one tree ensemble, into a Nightshift folder.
#   tools/get-onnxruntime.sh [DIR]
# DIR is the folder of the program, which contains lib/. Default: the folder of this script, or the build of its checkout.
# Downloads the jar from Maven Central with Maven, keeps the library of this platform (20 of 139 MB), and writes it to
# DIR/lib/onnxruntime.jar. Needs Maven and a JDK (from JAVA_HOME or the path). Run it again after a build.
set -eu

version=1.22.0

here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
if [ $# -gt 0 ]; then
    directory=$1
elif [ -d "$here/lib" ]; then
    directory=$here
else
    directory=$here/cli/target/nightshift
fi
if [ ! -d "$directory/lib" ]; then
    echo "$0: $directory is not the folder of the program: it has no lib/" >&2
    exit 2
fi
directory=$(CDPATH='' cd -- "$directory" && pwd -P)
if [ -n "${JAVA_HOME:-}" ]; then jar=$JAVA_HOME/bin/jar; else jar=jar; fi
for tool in mvn "$jar"; do
    if ! command -v "$tool" >/dev/null 2>&1; then
        echo "$0: $tool is needed" >&2
        exit 2
    fi
done
case $(uname -s)-$(uname -m) in
    Linux-x86_64) platform=linux-x64 ;;
    Linux-aarch64) platform=linux-aarch64 ;;
    Darwin-x86_64) platform=osx-x64 ;;
    Darwin-arm64) platform=osx-aarch64 ;;
    *)
        echo "$0: ONNX Runtime has no library for $(uname -s) on $(uname -m)" >&2
        exit 2
        ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
mvn -B -q org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
    "-Dartifact=com.microsoft.onnxruntime:onnxruntime:$version" "-DoutputDirectory=$work"
mkdir content
cd content
"$jar" xf "../onnxruntime-$version.jar"
find ai/onnxruntime/native -type d -name '*.dSYM' -prune -exec rm -rf {} +
find ai/onnxruntime/native -mindepth 1 -maxdepth 1 ! -name "$platform" -exec rm -rf {} +
"$jar" cfM ../new.jar .
mv ../new.jar "$directory/lib/onnxruntime.jar.new"
mv "$directory/lib/onnxruntime.jar.new" "$directory/lib/onnxruntime.jar"
echo "ONNX Runtime $version is in $directory/lib/onnxruntime.jar"
