#!/usr/bin/env bash
# Measures what a shadow costs: the processor time of a batch that two versions of the example's model score in one read,
# against the time to read and write the rows and to score them with each version.
#
#   bench/shadow.sh                     # three rounds on the flights of the example, repeated to 1.2 million rows
#   ROUNDS=7 FLIGHTS_3M=flights-3m.parquet bench/shadow.sh
#
# The times are those of whole runs: with a model of one split, which reads and writes and scores next to nothing; with each
# version; and with both. The ratio is shadow / (first + second - one split), since each run reads the rows and starts the
# program once. FLIGHTS_3M names the file of examples/flights/full.sh. Needs GNU time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rounds=${ROUNDS:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
home="$work/models"

flights=${FLIGHTS_3M:-}
if [[ -z $flights ]]; then
    # The same file under several names is several times the rows.
    mkdir "$work/flights"
    for i in 0 1 2 3; do
        ln examples/flights/flights.parquet "$work/flights/$i.parquet" 2>/dev/null ||
            cp examples/flights/flights.parquet "$work/flights/$i.parquet"
    done
    flights="$work/flights/*.parquet"
fi

# The second version differs in its base score.
cp examples/flights/flights.ubj "$work/flights.ubj"
LC_ALL=C sed 's/\[1\.9964166E-1\]/[2.9964166E-1]/' examples/flights/flights.ubj >"$work/second.ubj"
cmp -s "$work/flights.ubj" "$work/second.ubj" && {
    echo "shadow.sh: the base score of examples/flights/flights.ubj is not the expected one." >&2
    exit 2
}
cat >"$work/split.json" <<'MODEL'
{"learner":{"attributes":{},"feature_names":["month","day","weekday","hour","minute","distance","origin_code","destination_code"],
"feature_types":[],"gradient_booster":{"model":{"gbtree_model_param":{"num_parallel_tree":"1","num_trees":"1"},
"iteration_indptr":[0,1],"tree_info":[0],"trees":[{"base_weights":[0,-1,2],"categories":[],"categories_nodes":[],
"categories_segments":[],"categories_sizes":[],"default_left":[1,0,0],"id":0,"left_children":[1,-1,-1],"loss_changes":[1,0,0],
"parents":[2147483647,0,0],"right_children":[2,-1,-1],"split_conditions":[6,-1,2],"split_indices":[0,0,0],"split_type":[0,0,0],
"sum_hessian":[2,1,1],"tree_param":{"num_deleted":"0","num_feature":"8","num_nodes":"3","size_leaf_vector":"1"}}]},"name":"gbtree"},
"learner_model_param":{"base_score":"5E-1","boost_from_average":"1","num_class":"0","num_feature":"8","num_target":"1"},
"objective":{"name":"binary:logistic","reg_loss_param":{"scale_pos_weight":"1"}}},"version":[2,1,0]}
MODEL
quiet() { ./nightshift "$@" --home "$home" >/dev/null; }
quiet model import "$work/flights.ubj" --name delays
quiet model import "$work/second.ubj" --name delays
quiet model import "$work/split.json" --name split

job() {
    sed "s#^model:.*#model: $2#; s#parquet: flights.parquet#parquet: \"$flights\"#" examples/flights/job.yaml >"$work/$1.yaml"
}
job split split@1
job first delays@1
job second delays@2
job shadow delays@1
printf '\nrollout: {candidate: delays@2, mode: shadow}\n' >>"$work/shadow.yaml"

# Prints the processor seconds of a run.
measure() {
    rm -rf "$work/home" "$work/predictions"
    cp -r "$home" "$work/home"
    /usr/bin/time -f '%U %S' -o "$work/time" ./nightshift run "$work/$1.yaml" --home "$work/home" \
        --set partitions.rows=250000 -o json >/dev/null
    awk '{print $1 + $2}' "$work/time"
}

measure shadow >/dev/null
echo "split first second shadow ratio"
for ((i = 0; i < rounds; i++)); do
    split=$(measure split)
    first=$(measure first)
    second=$(measure second)
    shadow=$(measure shadow)
    awk -v r="$split" -v a="$first" -v b="$second" -v s="$shadow" \
        'BEGIN {printf "%.2f %.2f %.2f %.2f %.4f\n", r, a, b, s, s / (a + b - r)}' | tee -a "$work/ratios"
done
sort -k5 -n "$work/ratios" | awk '{ratio[NR] = $5} END {printf "median ratio %.4f\n", ratio[int((NR + 1) / 2)]}'
