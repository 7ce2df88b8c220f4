package io.nightshift.bench.peers;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// An XGBoost model of one probability as ONNX: a TreeEnsembleRegressor of its trees, and a Sigmoid. Fields
/// are those of [onnx.proto](https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
final class OnnxFile {

    private static final int FLOAT = 1;

    private OnnxFile() {}

    /// @param model XGBoost's JSON
    static byte[] of(JsonNode model) throws IOException {
        JsonNode learner = model.get("learner");
        int features = learner.at("/learner_model_param/num_feature").asInt();
        double base = Double.parseDouble(
                learner.at("/learner_model_param/base_score").asText().replaceAll("[\\[\\]]", ""));
        ByteString ensemble = ensemble(learner.at("/gradient_booster/model/trees"), (float) Math.log(base / (1 - base)));
        ByteString graph = message(out -> {
            out.writeBytes(1, ensemble);
            out.writeBytes(1, message(node -> {
                node.writeString(1, "margin");
                node.writeString(2, "probability");
                node.writeString(4, "Sigmoid");
            }));
            out.writeString(2, "xgboost");
            out.writeBytes(11, matrix("rows", features));
            out.writeBytes(12, matrix("probability", 1));
        });
        return message(out -> {
                    out.writeInt64(1, 8);
                    out.writeBytes(7, graph);
                    out.writeBytes(8, operators("", 17));
                    out.writeBytes(8, operators("ai.onnx.ml", 3));
                })
                .toByteArray();
    }

    private static ByteString ensemble(JsonNode trees, float base) throws IOException {
        List<Long> treeOfNode = new ArrayList<>();
        List<Long> nodes = new ArrayList<>();
        List<Long> features = new ArrayList<>();
        List<Long> yes = new ArrayList<>();
        List<Long> no = new ArrayList<>();
        List<Long> missing = new ArrayList<>();
        List<String> modes = new ArrayList<>();
        List<Float> thresholds = new ArrayList<>();
        List<Long> treeOfLeaf = new ArrayList<>();
        List<Long> leaves = new ArrayList<>();
        List<Long> targets = new ArrayList<>();
        List<Float> weights = new ArrayList<>();
        for (int t = 0; t < trees.size(); t++) {
            JsonNode tree = trees.get(t);
            for (int node = 0; node < tree.get("left_children").size(); node++) {
                long left = tree.get("left_children").get(node).asLong();
                float condition = (float) tree.get("split_conditions").get(node).asDouble();
                boolean leaf = left < 0;
                treeOfNode.add((long) t);
                nodes.add((long) node);
                features.add(leaf ? 0 : tree.get("split_indices").get(node).asLong());
                yes.add(leaf ? 0 : left);
                no.add(leaf ? 0 : tree.get("right_children").get(node).asLong());
                missing.add(leaf ? 0 : tree.get("default_left").get(node).asLong());
                modes.add(leaf ? "LEAF" : "BRANCH_LT");
                thresholds.add(leaf ? 0 : condition);
                if (leaf) {
                    treeOfLeaf.add((long) t);
                    leaves.add((long) node);
                    targets.add(0L);
                    weights.add(condition);
                }
            }
        }
        return message(out -> {
            out.writeString(1, "rows");
            out.writeString(2, "margin");
            out.writeString(4, "TreeEnsembleRegressor");
            out.writeString(7, "ai.onnx.ml");
            integers(out, "nodes_treeids", treeOfNode);
            integers(out, "nodes_nodeids", nodes);
            integers(out, "nodes_featureids", features);
            integers(out, "nodes_truenodeids", yes);
            integers(out, "nodes_falsenodeids", no);
            integers(out, "nodes_missing_value_tracks_true", missing);
            attribute(out, "nodes_modes", 8, value -> {
                for (String mode : modes) {
                    value.writeString(9, mode);
                }
            });
            floats(out, "nodes_values", thresholds);
            integers(out, "target_treeids", treeOfLeaf);
            integers(out, "target_nodeids", leaves);
            integers(out, "target_ids", targets);
            floats(out, "target_weights", weights);
            attribute(out, "n_targets", 2, value -> value.writeInt64(3, 1));
            floats(out, "base_values", List.of(base));
        });
    }

    private static void integers(CodedOutputStream node, String name, List<Long> values) throws IOException {
        attribute(node, name, 7, out -> {
            for (long value : values) {
                out.writeInt64(8, value);
            }
        });
    }

    private static void floats(CodedOutputStream node, String name, List<Float> values) throws IOException {
        attribute(node, name, 6, out -> {
            for (float value : values) {
                out.writeFloat(7, value);
            }
        });
    }

    /// @param type as AttributeProto numbers them
    private static void attribute(CodedOutputStream node, String name, int type, Filling values) throws IOException {
        node.writeBytes(5, message(out -> {
            out.writeString(1, name);
            values.of(out);
            out.writeInt64(20, type);
        }));
    }

    /// Of as many rows as come.
    private static ByteString matrix(String name, int columns) throws IOException {
        ByteString shape = message(out -> {
            out.writeBytes(1, message(rows -> rows.writeString(2, "N")));
            out.writeBytes(1, message(width -> width.writeInt64(1, columns)));
        });
        ByteString tensor = message(out -> {
            out.writeInt64(1, FLOAT);
            out.writeBytes(2, shape);
        });
        return message(out -> {
            out.writeString(1, name);
            out.writeBytes(2, message(type -> type.writeBytes(1, tensor)));
        });
    }

    private static ByteString operators(String domain, int version) throws IOException {
        return message(out -> {
            out.writeString(1, domain);
            out.writeInt64(2, version);
        });
    }

    private interface Filling {
        void of(CodedOutputStream out) throws IOException;
    }

    private static ByteString message(Filling fields) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        fields.of(out);
        out.flush();
        return ByteString.copyFrom(bytes.toByteArray());
    }
}
