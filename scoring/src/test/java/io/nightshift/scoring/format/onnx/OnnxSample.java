package io.nightshift.scoring.format.onnx;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/// ONNX files of random tree ensembles, in the wire format of Protocol Buffers.
final class OnnxSample {

    static final int FEATURES = 4;

    private static final float[] POINTS = {-1, -0f, 0f, Float.MIN_VALUE, 0.5f, 1, 2, Float.MAX_VALUE};

    private final List<Long> trees = new ArrayList<>();
    private final List<Long> nodes = new ArrayList<>();
    private final List<Long> features = new ArrayList<>();
    private final List<Long> yes = new ArrayList<>();
    private final List<Long> no = new ArrayList<>();
    private final List<Long> missing = new ArrayList<>();
    private final List<String> modes = new ArrayList<>();
    private final List<Float> values = new ArrayList<>();
    private final List<Long> leafTrees = new ArrayList<>();
    private final List<Long> leafNodes = new ArrayList<>();
    private final List<Long> leafIds = new ArrayList<>();
    private final List<Float> weights = new ArrayList<>();

    private OnnxSample() {}

    /// @param sums the scores of a row; one of a classifier is for the second of two classes, with weights
    ///     that are positive unless the transform is LOGISTIC
    static byte[] random(
            Random random, String operator, int sums, String transform, boolean base, String mode, String other) {
        OnnxSample sample = new OnnxSample();
        boolean vectors = random.nextBoolean();
        int count = 1 + random.nextInt(12);
        for (int tree = 0; tree < count * (vectors ? 1 : sums); tree++) {
            sample.tree(random, tree, vectors ? -1 : tree % sums, sums, mode, other);
        }
        if (sums == 1 && operator.equals("Classifier")) {
            sample.weights.replaceAll(Math::abs);
            if (transform.equals("LOGISTIC")) {
                sample.weights.set(0, -0.25f);
            }
        }
        String leaves = operator.equals("Regressor") ? "target" : "class";
        ByteArrayOutputStream node = new ByteArrayOutputStream();
        text(node, 1, "x");
        text(node, 2, operator.equals("Regressor") ? "score" : "label");
        if (!operator.equals("Regressor")) {
            text(node, 2, "scores");
            List<Long> labels = new ArrayList<>();
            for (long label = 0; label < Math.max(2, sums); label++) {
                labels.add(label);
            }
            integers(node, "classlabels_int64s", labels);
        } else {
            attribute(node, "n_targets", 2, value -> integer(value, 3, 1));
        }
        text(node, 4, "TreeEnsemble" + operator);
        text(node, 7, "ai.onnx.ml");
        integers(node, "nodes_treeids", sample.trees);
        integers(node, "nodes_nodeids", sample.nodes);
        integers(node, "nodes_featureids", sample.features);
        integers(node, "nodes_truenodeids", sample.yes);
        integers(node, "nodes_falsenodeids", sample.no);
        integers(node, "nodes_missing_value_tracks_true", sample.missing);
        attribute(node, "nodes_modes", 8, value -> sample.modes.forEach(each -> text(value, 9, each)));
        numbers(node, "nodes_values", sample.values);
        integers(node, leaves + "_treeids", sample.leafTrees);
        integers(node, leaves + "_nodeids", sample.leafNodes);
        integers(node, leaves + "_ids", sample.leafIds);
        numbers(node, leaves + "_weights", sample.weights);
        attribute(node, "post_transform", 3, value -> text(value, 4, transform));
        if (base) {
            numbers(node, "base_values", Collections.nCopies(sums, random.nextFloat() - 0.5f));
        }
        return model(node.toByteArray(), !operator.equals("Regressor"));
    }

    static double[][] rows(Random random, int rows) {
        double[][] columns = new double[FEATURES][rows];
        for (double[] column : columns) {
            for (int row = 0; row < rows; row++) {
                column[row] = random.nextInt(9) == 0 ? Float.NaN : point(random);
            }
        }
        return columns;
    }

    private static float point(Random random) {
        return random.nextInt(3) == 0 ? (float) random.nextGaussian() : POINTS[random.nextInt(POINTS.length)];
    }

    /// @param sum the one a leaf has a weight for, or -1 for all
    private void tree(Random random, long tree, int sum, int sums, String mode, String other) {
        long next = 1;
        for (long node = 0; node < next; node++) {
            boolean leaf = next > 40 || random.nextInt(3) == 0;
            trees.add(tree);
            nodes.add(node);
            features.add(leaf ? 0L : random.nextInt(FEATURES));
            values.add(leaf ? 0f : point(random));
            missing.add((long) random.nextInt(2));
            modes.add(leaf ? "LEAF" : random.nextBoolean() ? mode : other);
            yes.add(leaf ? 0 : next);
            no.add(leaf ? 0 : next + 1);
            next += leaf ? 0 : 2;
            if (leaf) {
                for (long id = Math.max(sum, 0); id < (sum < 0 ? sums : sum + 1); id++) {
                    leafTrees.add(tree);
                    leafNodes.add(node);
                    leafIds.add(id);
                    weights.add(random.nextFloat() - 0.5f);
                }
            }
        }
    }

    private static byte[] model(byte[] node, boolean classifier) {
        ByteArrayOutputStream graph = new ByteArrayOutputStream();
        bytes(graph, 1, node);
        text(graph, 2, "graph");
        bytes(graph, 11, value("x", 1, FEATURES));
        if (classifier) {
            bytes(graph, 12, value("label", 7, -1));
            bytes(graph, 12, value("scores", 1, -1));
        } else {
            bytes(graph, 12, value("score", 1, -1));
        }
        ByteArrayOutputStream model = new ByteArrayOutputStream();
        integer(model, 1, 8);
        text(model, 2, "sample");
        bytes(model, 7, graph.toByteArray());
        bytes(model, 8, operators("", 15));
        bytes(model, 8, operators("ai.onnx.ml", 3));
        return model.toByteArray();
    }

    static byte[] operators(String domain, int version) {
        ByteArrayOutputStream set = new ByteArrayOutputStream();
        text(set, 1, domain);
        integer(set, 2, version);
        return set.toByteArray();
    }

    /// @param width the second dimension, or -1 for one that isn't said
    static byte[] value(String name, int elements, int width) {
        ByteArrayOutputStream tensor = new ByteArrayOutputStream();
        integer(tensor, 1, elements);
        if (width >= 0) {
            ByteArrayOutputStream rows = new ByteArrayOutputStream();
            text(rows, 2, "N");
            ByteArrayOutputStream columns = new ByteArrayOutputStream();
            integer(columns, 1, width);
            ByteArrayOutputStream shape = new ByteArrayOutputStream();
            bytes(shape, 1, rows.toByteArray());
            bytes(shape, 1, columns.toByteArray());
            bytes(tensor, 2, shape.toByteArray());
        }
        ByteArrayOutputStream type = new ByteArrayOutputStream();
        bytes(type, 1, tensor.toByteArray());
        ByteArrayOutputStream info = new ByteArrayOutputStream();
        text(info, 1, name);
        bytes(info, 2, type.toByteArray());
        return info.toByteArray();
    }

    interface Filling {
        void of(ByteArrayOutputStream out);
    }

    /// @param type as AttributeProto numbers them
    static void attribute(ByteArrayOutputStream node, String name, int type, Filling filling) {
        ByteArrayOutputStream attribute = new ByteArrayOutputStream();
        text(attribute, 1, name);
        filling.of(attribute);
        integer(attribute, 20, type);
        bytes(node, 5, attribute.toByteArray());
    }

    static void integers(ByteArrayOutputStream node, String name, List<Long> values) {
        attribute(node, name, 7, out -> values.forEach(value -> integer(out, 8, value)));
    }

    static void numbers(ByteArrayOutputStream node, String name, List<Float> values) {
        attribute(node, name, 6, out -> {
            for (float value : values) {
                varint(out, (7 << 3) | 5);
                byte[] bytes = new byte[Float.BYTES];
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(value);
                out.writeBytes(bytes);
            }
        });
    }

    static void text(ByteArrayOutputStream out, int field, String text) {
        bytes(out, field, text.getBytes(StandardCharsets.UTF_8));
    }

    static void bytes(ByteArrayOutputStream out, int field, byte[] bytes) {
        varint(out, ((long) field << 3) | 2);
        varint(out, bytes.length);
        out.writeBytes(bytes);
    }

    static void integer(ByteArrayOutputStream out, int field, long value) {
        varint(out, (long) field << 3);
        varint(out, value);
    }

    static void varint(ByteArrayOutputStream out, long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            out.write((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }
}
