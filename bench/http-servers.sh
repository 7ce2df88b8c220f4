#!/usr/bin/env bash
# Compares HTTP servers for the product: Netty without a framework, Vert.x, Helidon and Jetty, each in a small program in
# bench/http-servers with the same routes and limits. Prints tables in Markdown:
#   jars     the jars each needs, and their size
#   tls      the version of HTTP over TLS, and whether a new certificate is served without a restart
#   cost     processor time of 1,000 requests a second and 200 watches, and what two busy threads lose by them
#   slow     what 2,000 slow connections do to a probe from another address
#
#   bench/http-servers.sh [ROUNDS] [SECONDS] [TABLE…]     5 rounds of 10 s and all tables by default
#
# Needs Maven, wrk (Debian: apt-get install wrk), a limit of 5,000 open files, and JAVA_HOME for a JDK of 25 or newer.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v wrk >/dev/null || {
    echo "http-servers.sh: there is no wrk; install it (Debian: apt-get install wrk)." >&2
    exit 2
}
rounds=${1:-5}
seconds=${2:-10}
tables=("${@:3}")
[ ${#tables[@]} -gt 0 ] || tables=(jars tls cost slow)

java=${JAVA_HOME:?names no JDK}/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
servers=()
all=
for server in netty vertx helidon jetty; do
    mvn -B -q -f bench/http-servers/pom.xml "-P$server" \
        org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath "-Dmdep.outputFile=$work/$server" >&2
    servers+=("$server=$work/classes:$(<"$work/$server")")
    all+=$(<"$work/$server"):
done
"$java/javac" -nowarn -proc:none -cp "$all" -d "$work/classes" bench/http-servers/io/nightshift/http/*.java
printf '.level=SEVERE\n' >"$work/logging"

run() {
    "$java/java" -XX:+UseSerialGC -Xmx256m "-Dlogging=$work/logging" -cp "$work/classes" "io.nightshift.http.$@"
}

jars() {
    echo "| server | jars | MB |"
    echo "|---|---|---|"
    local server
    for server in netty vertx helidon jetty; do
        tr : '\n' <"$work/$server" | xargs -n1 du -b | awk -v server="$server" \
            '{ sum += $1 } END { printf "| %s | %d | %.1f |\n", server, NR, sum / 1e6 }'
    done
}

tls() {
    local key
    for key in first second; do
        "$java/keytool" -genkeypair -alias key -keyalg EC -dname CN=localhost -ext san=ip:127.0.0.1 -storetype PKCS12 \
            -storepass changeit -keystore "$work/$key" 2>/dev/null
    done
    run TlsProbe "$work/first" "$work/second" "${servers[@]}"
}

cost() {
    run Turns bench/http.lua "$rounds" "$seconds" "${servers[@]}"
}

slow() {
    ulimit -n 5000
    run SlowClients 2000 "${servers[@]}"
}

for table in "${tables[@]}"; do
    "$table"
    echo
done
