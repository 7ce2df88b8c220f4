# Shared by the scripts that start a cluster; they source it. Running it does nothing.
# shellcheck shell=bash

# Builds the distribution and the nemesis, then replaces this process by one of the nemesis's classes.
# $1: the class; the rest are its arguments
nightshift_cluster() {
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    local path=nemesis/target/runtime.classpath
    mvn -B -q -DskipTests -Dspotless.check.skip=true -pl nemesis -am package dependency:build-classpath \
        -Dmdep.outputFile='${project.build.directory}/runtime.classpath' -Dmdep.includeScope=runtime >&2
    exec "${JAVA_HOME:?is not set}/bin/java" -Xmx1g --enable-native-access=ALL-UNNAMED \
        --sun-misc-unsafe-memory-access=allow -cp "$PWD/nemesis/target/classes:$(cat "$path")" "$@"
}
