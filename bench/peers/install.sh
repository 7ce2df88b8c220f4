#!/usr/bin/env bash
# Installs what a rival in a benchmark needs, where it isn't there: Java libraries by Maven, Python modules from Debian's
# packages where this runs as root, else from PyPI into bench/peers/target/python. May be run again. Prints how to find them:
# LIBRARIES, jars for a class path, and PYTHON, a Python that has the modules. Exit status 1 if one can't be had.
#
#   bench/peers/install.sh RIVAL       xgboost, xgboost-python, lightgbm, smile, sklearn, onnx, spark,
#                                     spark-readers, mariadb
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

fail() {
    echo "install.sh: $1" >&2
    exit 1
}

# The jars of a profile in pom.xml.
jars() {
    local list=$PWD/target/$1.path log=$PWD/target/$1.log found=
    mkdir -p target
    if [[ -s $list && $list -nt pom.xml ]]; then found=$(<"$list"); fi
    if [[ ! -e ${found%%:*} ]]; then
        mvn -B -q -P "$1" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath \
            -Dmdep.outputFile="$list" >"$log" 2>&1 || fail "Maven does not find $1: $(grep -m 1 ERROR "$log")"
    fi
    echo "LIBRARIES='$(<"$list")'"
}

has() {
    "$1" -c "import $2, numpy" 2>/dev/null
}

# Prints a Python that has the module $1: PyPI's package $2, Debian's $3.
python() {
    local own=$PWD/target/python
    for candidate in python3 /usr/bin/python3 "$own/bin/python3"; do
        if has "$candidate" "$1"; then
            echo "PYTHON='$candidate'"
            return
        fi
    done
    if [[ $(id -u) = 0 ]] && command -v apt-get >/dev/null; then
        { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$3"; } >&2 || :
        if has /usr/bin/python3 "$1"; then
            echo "PYTHON='/usr/bin/python3'"
            return
        fi
    fi
    { python3 -m venv "$own" && "$own/bin/pip" install -q numpy "$2"; } >&2 || :
    has "$own/bin/python3" "$1" || fail "there is no Python module $1 (Debian: apt-get install $3; PyPI: $2)."
    echo "PYTHON='$own/bin/python3'"
}

case ${1:-} in
    xgboost | lightgbm | onnx | spark | spark-readers | mariadb) jars "$1" ;;
    xgboost-python)
        jars xgboost
        python xgboost xgboost python3-xgboost
        ;;
    sklearn) python sklearn scikit-learn python3-sklearn ;;
    smile) ;; # the product has it
    *) fail "no rival is called '${1:-}'." ;;
esac
