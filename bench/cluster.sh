# What the measurements with a cluster have in common: sourced by them, with nothing to run by itself.
# shellcheck shell=bash

# Builds what is needed, tests included, and becomes a class of them.
# $1: the class, then its arguments
nightshift_cluster() {
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    local path=cli/target/test.classpath
    mvn -B -q -DskipTests -Dspotless.check.skip=true test-compile dependency:build-classpath \
        -Dmdep.outputFile='${project.build.directory}/test.classpath' -Dmdep.includeScope=test >&2
    exec "${JAVA_HOME:?names no JDK}/bin/java" -Xmx1g --enable-native-access=ALL-UNNAMED \
        --sun-misc-unsafe-memory-access=allow -cp "$PWD/cli/target/test-classes:$PWD/cli/target/classes:$(cat "$path")" "$@"
}
