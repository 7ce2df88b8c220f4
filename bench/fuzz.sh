#!/usr/bin/env bash
# Fuzzes every reader of bytes that a stranger may have written: job files, messages between nodes, ledger entries, CSV and
# NDJSON files, model files of each format, and the HTTP port of a running node. Jazzer (coverage-guided, on libFuzzer) changes
# valid inputs. A finding is any exception or error other than the documented refusal, an input that takes longer than 10 s,
# one that needs more than 1 GB of memory, and an HTTP answer with status 500.
#
#   bench/fuzz.sh [SECONDS [TARGET…]]     600 seconds in all, for all targets, by default
#   bench/fuzz.sh targets                 lists the targets
#
# The target `expressions` computes random SQL expressions in a process of its own, without Jazzer. A crash is a finding; the last
# line of its log is the expression.
#
# Inputs that reached new code are kept in bench/fuzz-corpus/TARGET, which git ignores, and are where the next run starts.
# A seed must not be longer than -max_len below (FuzzTarget.MAX_BYTES).
# A finding is written to bench/fuzz-corpus/crash-…; the script prints its stack trace and exits with status 77. When it is
# fixed, move it to system-tests/src/test/resources/fuzz/TARGET/NAME.bin, so that every build reads it. Needs a JDK of 25 or
# newer in JAVA_HOME.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

java=${JAVA_HOME:?names no JDK}/bin/java
mvn -B -q -pl system-tests -am -DskipTests -DskipITs test-compile dependency:build-classpath \
    -Dmdep.outputFile=target/test.classpath -Dmdep.includeScope=test -Dspotless.check.skip=true
classpath=system-tests/target/test-classes:$(< system-tests/target/test.classpath)
options=(-Xmx1g -XX:+EnableDynamicAgentLoading --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow
    --add-modules jdk.incubator.vector -cp "$classpath")
entry=io.nightshift.system.fuzz.JazzerTarget

if [[ ${1:-} == targets ]]; then
    echo expressions
    exec "$java" "${options[@]}" $entry
fi
seconds=${1:-600}
shift || true
if [[ $# -eq 0 ]]; then
    mapfile -t targets < <("$java" "${options[@]}" $entry)
    set -- expressions "${targets[@]}"
fi
# Jazzer's own checks (file paths, SQL, reflection …) see what a node does on purpose, so they are off.
checks=(BigDecimal ClojureLangHooks Deserialization ExpressionLanguageInjection FilePathTraversal LdapInjection
    NamingContextLookup OsCommandInjection ReflectiveCall RegexInjection RegexRoadblocks ScriptEngineInjection
    ServerSideRequestForgery SqlInjection TemplateInjection UnsafeSanitizer XPathInjection XmlParserSsrfGuidance)
disabled=$(printf ':com.code_intelligence.jazzer.sanitizers.%s' "${checks[@]}")
corpus=$PWD/bench/fuzz-corpus
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
options+=("-Djava.io.tmpdir=$scratch")
for target; do
    if [[ $target == expressions ]]; then
        mkdir -p "$corpus"
        end=$((SECONDS + seconds / $#))
        for ((seed = RANDOM * 32768 + RANDOM; SECONDS < end; seed++)); do
            "$java" "${options[@]}" -XX:+SuppressFatalErrorMessage io.nightshift.system.fuzz.HostileExpressions $seed 2000 \
                > "$corpus/expressions.log" 2>&1 || {
                echo "The process ended with seed $seed at the expression:"
                tail -5 "$corpus/expressions.log"
                exit 77
            }
        done
        echo "expressions: the last seed is $((seed - 1))"
        continue
    fi
    mkdir -p "$corpus/$target"
    "$java" "${options[@]}" $entry "$target" "$corpus/$target"
    "$java" "${options[@]}" com.code_intelligence.jazzer.Jazzer --target_class=$entry --target_args="$target" \
        --instrumentation_includes='io.nightshift.**' --disabled_hooks="${disabled#:}" \
        -max_total_time=$((seconds / $#)) -timeout=10 -rss_limit_mb=0 -max_len=65536 -print_final_stats=1 \
        -artifact_prefix="$corpus/" "$corpus/$target" > "$corpus/$target.log" 2>&1 || {
        grep -v '^INFO' "$corpus/$target.log" | tail -60
        exit 77
    }
    sed -n "s/^stat::number_of_executed_units: */$target: inputs /p; s/^stat::new_units_added: */$target: kept /p" \
        "$corpus/$target.log"
done
