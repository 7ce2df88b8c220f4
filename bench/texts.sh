#!/usr/bin/env bash
# Compares the scoring of texts with scikit-learn, whose models tools/export-sklearn.py exports: words and pairs of words
# (TfidfVectorizer), hashes of words (HashingVectorizer), and characters within words (char_wb), each with a logistic
# regression. The texts are synthetic and have 70 words. Prints two tables in Markdown.
#
# The first table: rows in memory, one thread each, 2,048 rows a call, Nightshift and scikit-learn in turn. Rows per second of
# processor time: median, lowest and highest. The second table: whole jobs, alternately, from the start of the process to its
# end, Parquet to Parquet. `nightshift run` scores on all cores. The Python script uses DuckDB to read and write, and
# scikit-learn, which uses one core for texts. Seconds, processor seconds, and peak memory.
#
#   bench/texts.sh [memory] [job]     both by default
#
# ROUNDS (5) counts the measured rounds. ROWS (300000) are those of the whole job, and MEMORY_ROWS (20480) those in memory.
# CLOCK=cpu makes the ratios of whole jobs those of processor time, for machines on which other programs run. MODELS keeps the
# trained models in a folder. Needs Python 3 with scikit-learn 1.3 or newer and pandas (in PYTHON, python3 by default), a JDK
# of 25 or newer in JAVA_HOME, and GNU time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

java=${JAVA_HOME:?names no JDK}/bin
python=${PYTHON:-python3}
rounds=${ROUNDS:-5}
rows=${ROWS:-300000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
models=${MODELS:-$work}
wanted=" ${*:-memory job} "

./nightshift --version >/dev/null # builds it where that is needed
for DUCKDB_LIBRARY in "$PWD"/cli/target/nightshift/lib/libduckdb_java.so_*; do :; done
export DUCKDB_LIBRARY PYTHONDONTWRITEBYTECODE=1

mkdir -p "$models"
[[ -f $models/characters.json ]] || "$python" bench/texts/texts.py train "$models"

if [[ $wanted == *" memory "* ]]; then
    "$java/java" -Xmx2g -XX:+UseSerialGC -Xlog:disable --sun-misc-unsafe-memory-access=allow \
        -cp "cli/target/nightshift/lib/*" bench/texts/Texts.java "$models" "$rounds" "${MEMORY_ROWS:-20480}" "$python"
fi
[[ $wanted == *" job "* ]] || exit 0

"$python" bench/texts/texts.py data "$work/texts.parquet" "$rows"

run() { # round, name, command
    rm -rf "$work/out"
    /usr/bin/time -o "$work/time" -f "%e %U %S %M" "${@:3}" >"$work/log" 2>&1 || {
        cat "$work/log" >&2
        echo "texts.sh: '$2' failed." >&2
        exit 1
    }
    if [[ $1 -gt 0 ]]; then tail -n 1 "$work/time" >>"$work/times.$2"; fi
}

# The median, lowest and highest of what an awk expression makes of each run of a job.
spread() { # name, expression
    awk "{ print $2 }" "$work/times.$1" | sort -n | awk '{ v[NR] = $1 }
        END { print (NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2), v[1], v[NR] }'
}

echo
echo "| model | Python: s (median, min–max of $rounds) | processor, s | peak MB | Nightshift: s | processor, s | peak MB | ratio |"
echo "|---|---|---|---|---|---|---|---|"
clock='$1'
if [[ ${CLOCK:-} == cpu ]]; then clock='$2 + $3'; fi
for name in words hashing characters; do
    cat >"$work/$name.yaml" <<JOB
job: $name
model: $models/$name.json
source:
  parquet: $work/texts.parquet
  id: id
destination:
  parquet: $work/out
JOB
    for round in $(seq 0 "$rounds"); do
        run "$round" "python-$name" "$python" bench/texts/texts.py job "$models/$name.joblib" "$work/texts.parquet" \
            "$work/out"
        # The file with 950,000 words and pairs of words is larger than the default heap has room for.
        NIGHTSHIFT_OPTS=-Xmx512m run "$round" "nightshift-$name" ./nightshift run "$work/$name.yaml" --new --home "$work/home" -o json
    done
    line="| $name"
    for job in python nightshift; do
        line+=" | $(spread "$job-$name" '$1' | awk '{ printf "%.1f (%.1f–%.1f)", $1, $2, $3 }')"
        line+=" | $(spread "$job-$name" '$2 + $3' | awk '{ printf "%.1f", $1 }')"
        line+=" | $(spread "$job-$name" '$4 / 1024' | awk '{ printf "%.0f", $1 }')"
    done
    echo "$line | **$(echo "$(spread "python-$name" "$clock") $(spread "nightshift-$name" "$clock")" |
        awk '{ printf "%.1f", $1 / $4 }')** |"
done
