package io.nightshift.scoring.format.onnx;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Makes ONNX files of graphs, operator by operator, in the wire format of Protocol Buffers.
final class OnnxGraphs {

    static final int FLOAT = 1;
    static final int LONG = 7;
    static final int TEXT = 8;
    static final int DOUBLE = 11;

    private final ByteArrayOutputStream graph = new ByteArrayOutputStream();

    OnnxGraphs() {
        OnnxSample.text(graph, 2, "graph");
    }

    /// An attribute of an operator.
    interface Attribute {
        void addTo(ByteArrayOutputStream node);
    }

    static Attribute floats(String name, float... values) {
        List<Float> all = new ArrayList<>();
        for (float value : values) {
            all.add(value);
        }
        return node -> OnnxSample.numbers(node, name, all);
    }

    static Attribute longs(String name, long... values) {
        List<Long> all = new ArrayList<>();
        for (long value : values) {
            all.add(value);
        }
        return node -> OnnxSample.integers(node, name, all);
    }

    static Attribute texts(String name, String... values) {
        return node -> OnnxSample.attribute(node, name, 8, out -> {
            for (String value : values) {
                OnnxSample.text(out, 9, value);
            }
        });
    }

    static Attribute text(String name, String value) {
        return node -> OnnxSample.attribute(node, name, 3, out -> OnnxSample.text(out, 4, value));
    }

    static Attribute number(String name, long value) {
        return node -> OnnxSample.attribute(node, name, 2, out -> OnnxSample.integer(out, 3, value));
    }

    /// An attribute that is a graph.
    static Attribute graph(String name) {
        return node -> OnnxSample.attribute(node, name, 5, out -> OnnxSample.bytes(out, 6, new byte[0]));
    }

    /// @param domain empty for ONNX's own
    OnnxGraphs operator(
            String type, String domain, List<String> inputs, List<String> outputs, Attribute... attributes) {
        ByteArrayOutputStream node = new ByteArrayOutputStream();
        inputs.forEach(input -> OnnxSample.text(node, 1, input));
        outputs.forEach(output -> OnnxSample.text(node, 2, output));
        OnnxSample.text(node, 4, type);
        for (Attribute attribute : attributes) {
            attribute.addTo(node);
        }
        OnnxSample.text(node, 7, domain);
        OnnxSample.bytes(graph, 1, node.toByteArray());
        return this;
    }

    /// A constant of single precision.
    OnnxGraphs constant(String name, float[] values, int... dimensions) {
        ByteArrayOutputStream tensor = tensor(name, FLOAT, dimensions);
        ByteBuffer raw = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            raw.putFloat(value);
        }
        OnnxSample.bytes(tensor, 9, raw.array());
        OnnxSample.bytes(graph, 5, tensor.toByteArray());
        return this;
    }

    /// A constant whose numbers are in another file.
    OnnxGraphs external(String name, String file, int... dimensions) {
        ByteArrayOutputStream tensor = tensor(name, FLOAT, dimensions);
        ByteArrayOutputStream location = new ByteArrayOutputStream();
        OnnxSample.text(location, 1, "location");
        OnnxSample.text(location, 2, file);
        OnnxSample.bytes(tensor, 13, location.toByteArray());
        OnnxSample.integer(tensor, 14, 1);
        OnnxSample.bytes(graph, 5, tensor.toByteArray());
        return this;
    }

    private static ByteArrayOutputStream tensor(String name, int type, int... dimensions) {
        ByteArrayOutputStream tensor = new ByteArrayOutputStream();
        for (int dimension : dimensions) {
            OnnxSample.integer(tensor, 1, dimension);
        }
        OnnxSample.integer(tensor, 2, type);
        OnnxSample.text(tensor, 8, name);
        return tensor;
    }

    OnnxGraphs input(String name, int type, int width) {
        OnnxSample.bytes(graph, 11, OnnxSample.value(name, type, width));
        return this;
    }

    OnnxGraphs output(String name, int type) {
        OnnxSample.bytes(graph, 12, OnnxSample.value(name, type, -1));
        return this;
    }

    /// An output that is a list of maps of numbers to numbers.
    OnnxGraphs maps(String name) {
        ByteArrayOutputStream element = new ByteArrayOutputStream();
        ByteArrayOutputStream tensor = new ByteArrayOutputStream();
        OnnxSample.integer(tensor, 1, FLOAT);
        OnnxSample.bytes(element, 1, tensor.toByteArray());
        ByteArrayOutputStream map = new ByteArrayOutputStream();
        OnnxSample.integer(map, 1, LONG);
        OnnxSample.bytes(map, 2, element.toByteArray());
        ByteArrayOutputStream mapType = new ByteArrayOutputStream();
        OnnxSample.bytes(mapType, 5, map.toByteArray());
        ByteArrayOutputStream sequence = new ByteArrayOutputStream();
        OnnxSample.bytes(sequence, 1, mapType.toByteArray());
        ByteArrayOutputStream type = new ByteArrayOutputStream();
        OnnxSample.bytes(type, 4, sequence.toByteArray());
        ByteArrayOutputStream info = new ByteArrayOutputStream();
        OnnxSample.text(info, 1, name);
        OnnxSample.bytes(info, 2, type.toByteArray());
        OnnxSample.bytes(graph, 12, info.toByteArray());
        return this;
    }

    byte[] content(String... otherDomains) {
        ByteArrayOutputStream model = new ByteArrayOutputStream();
        OnnxSample.integer(model, 1, 8);
        OnnxSample.text(model, 2, "sample");
        OnnxSample.bytes(model, 7, graph.toByteArray());
        OnnxSample.bytes(model, 8, OnnxSample.operators("", 15));
        OnnxSample.bytes(model, 8, OnnxSample.operators("ai.onnx.ml", 3));
        for (String domain : otherDomains) {
            OnnxSample.bytes(model, 8, OnnxSample.operators(domain, 1));
        }
        return model.toByteArray();
    }

    /// A scaler and a logistic regression, as converters from scikit-learn write a pipeline.
    ///
    /// @param classes 2 or more
    static OnnxGraphs pipeline(int features, int classes, boolean maps) {
        Random random = new Random(classes);
        long[] labels = new long[classes];
        for (int k = 0; k < classes; k++) {
            labels[k] = 10L * k + 10;
        }
        OnnxGraphs graph = new OnnxGraphs()
                .input("x", FLOAT, features)
                .operator(
                        "Scaler",
                        "ai.onnx.ml",
                        List.of("x"),
                        List.of("scaled"),
                        floats("offset", numbers(random, features, 10)),
                        floats("scale", numbers(random, features, 0.02f)))
                .operator(
                        "LinearClassifier",
                        "ai.onnx.ml",
                        List.of("scaled"),
                        List.of("label", "raw"),
                        floats("coefficients", numbers(random, classes * features, 1)),
                        floats("intercepts", numbers(random, classes, 1)),
                        longs("classlabels_ints", labels),
                        text("post_transform", "SOFTMAX"))
                .operator("Normalizer", "ai.onnx.ml", List.of("raw"), List.of("p"), text("norm", "L1"))
                .output("label", LONG);
        return maps
                ? graph.operator(
                                "ZipMap",
                                "ai.onnx.ml",
                                List.of("p"),
                                List.of("output_probability"),
                                longs("classlabels_int64s", labels))
                        .maps("output_probability")
                : graph.output("p", FLOAT);
    }

    /// Two layers, as PyTorch writes them.
    ///
    /// @param last the operator behind them; empty for none
    static OnnxGraphs perceptron(int features, int hidden, int outputs, String last) {
        Random random = new Random(hidden);
        OnnxGraphs graph = new OnnxGraphs()
                .input("input", FLOAT, features)
                .constant("w1", numbers(random, hidden * features, 0.2f), hidden, features)
                .constant("b1", numbers(random, hidden, 0.2f), hidden)
                .constant("w2", numbers(random, outputs * hidden, 0.3f), outputs, hidden)
                .constant("b2", numbers(random, outputs, 0.3f), outputs)
                .operator("Gemm", "", List.of("input", "w1", "b1"), List.of("h"), number("transB", 1))
                .operator("Relu", "", List.of("h"), List.of("r"))
                .operator("Gemm", "", List.of("r", "w2", "b2"), List.of("z"), number("transB", 1));
        return last.isEmpty()
                ? graph.output("z", FLOAT)
                : graph.operator(last, "", List.of("z"), List.of("y")).output("y", FLOAT);
    }

    /// The value of an attribute that is one number.
    static void single(ByteArrayOutputStream out, float value) {
        OnnxSample.varint(out, 0x15);
        out.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(value)
                .array());
    }

    static float[] numbers(Random random, int count, float scale) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian() * scale;
        }
        return numbers;
    }
}
