package io.nightshift.scoring.format.onnx;

import io.nightshift.scoring.document.ProtobufReader;
import io.nightshift.scoring.format.MalformedModelException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The parts of an ONNX file that define what it computes, and whether it may be run.
///
/// @param producer the program that wrote the file; empty if the file does not name it
/// @param nodes the nodes in the order of the file
/// @param inputs the last dimension of each input, by the input's name; 0 if it is open
/// @param unsupported what the file contains that excludes it from being run; empty if nothing does
public record OnnxGraph(String producer, List<OnnxNode> nodes, Map<String, Integer> inputs, String unsupported) {

    private static final int MAX_FEATURES = 1 << 20;
    private static final Set<String> DOMAINS = Set.of("", "ai.onnx", "ai.onnx.ml");
    private static final Set<String> RANDOM = Set.of(
            "Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike");

    /// Reads a file.
    ///
    /// @param content the ONNX file
    /// @throws MalformedModelException if it is not a valid ONNX file
    public static OnnxGraph read(byte[] content) throws MalformedModelException {
        String producer = "";
        String unsupported = "";
        List<OnnxNode> nodes = new ArrayList<>();
        Map<String, Integer> inputs = new LinkedHashMap<>();
        Set<String> constants = new HashSet<>();
        ProtobufReader model = new ProtobufReader(ByteBuffer.wrap(content));
        while (model.next()) {
            switch (model.field()) {
                case 2 -> producer = model.text();
                case 7 -> {
                    if (readGraph(model.message(), nodes, inputs, constants)) {
                        unsupported = "numbers in another file or sparse ones";
                    }
                }
                case 20, 25 -> {
                    unsupported = "functions of its own or training";
                    model.skip();
                }
                default -> model.skip();
            }
        }
        inputs.keySet().removeAll(constants);
        return new OnnxGraph(producer, List.copyOf(nodes), inputs, unsupported);
    }

    /// Whether a constant is in another file, or sparse.
    private static boolean readGraph(
            ProtobufReader graph, List<OnnxNode> nodes, Map<String, Integer> inputs, Set<String> constants)
            throws MalformedModelException {
        boolean external = false;
        while (graph.next()) {
            switch (graph.field()) {
                case 1 -> nodes.add(OnnxNode.read(graph.message()));
                case 5 -> {
                    byte[] raw = graph.raw();
                    constants.add(constantName(raw));
                    external |= OnnxNode.isExternal(only(raw));
                }
                case 11 -> readInput(graph.message(), inputs);
                case 15 -> {
                    external = true;
                    graph.skip();
                }
                default -> graph.skip();
            }
        }
        return external;
    }

    private static ProtobufReader only(byte[] field) throws MalformedModelException {
        ProtobufReader reader = new ProtobufReader(ByteBuffer.wrap(field));
        reader.next();
        return reader.message();
    }

    private static String constantName(byte[] field) throws MalformedModelException {
        ProtobufReader tensor = only(field);
        String name = "";
        while (tensor.next()) {
            if (tensor.field() == 8) {
                name = tensor.text();
            } else {
                tensor.skip();
            }
        }
        return name;
    }

    /// The last dimension of the type: `type.tensor_type.shape.dim.dim_value`.
    private static void readInput(ProtobufReader input, Map<String, Integer> inputs) throws MalformedModelException {
        String name = "";
        long width = 0;
        while (input.next()) {
            if (input.field() == 1) {
                name = input.text();
            } else if (input.field() == 2) {
                for (ProtobufReader tensor : parts(input.message(), 1)) {
                    for (ProtobufReader shape : parts(tensor, 2)) {
                        for (ProtobufReader dimension : parts(shape, 1)) {
                            width = value(dimension);
                        }
                    }
                }
            } else {
                input.skip();
            }
        }
        inputs.put(name, width >= 0 && width <= MAX_FEATURES ? (int) width : 0);
    }

    private static long value(ProtobufReader dimension) throws MalformedModelException {
        long value = 0;
        while (dimension.next()) {
            if (dimension.field() == 1) {
                value = dimension.integer();
            } else {
                dimension.skip();
            }
        }
        return value;
    }

    private static List<ProtobufReader> parts(ProtobufReader message, int field) throws MalformedModelException {
        List<ProtobufReader> parts = new ArrayList<>();
        while (message.next()) {
            if (message.field() == field) {
                parts.add(message.message());
            } else {
                message.skip();
            }
        }
        return parts;
    }

    /// Refuses graphs that must not reach the runtime: with custom operators, external data, nested graphs,
    /// random operators, invalid tree ensembles, or linear classifiers without a label for each class.
    public void requireRunnable() throws MalformedModelException {
        if (!unsupported.isEmpty()) {
            throw new MalformedModelException("its ONNX graph has " + unsupported + ", which is not supported");
        }
        for (OnnxNode node : nodes) {
            String name = node.domain().isEmpty() ? node.type() : node.domain() + "." + node.type();
            if (!DOMAINS.contains(node.domain())) {
                throw new MalformedModelException("its ONNX graph has the operator " + name
                        + "; supported are the operators of ONNX itself and of ai.onnx.ml");
            }
            if (node.hasGraph()) {
                throw new MalformedModelException("its ONNX graph has the operator " + name
                        + " with graphs inside; branches and loops are not supported");
            }
            if (node.hasExternalTensor()) {
                throw new MalformedModelException("its ONNX graph has the operator " + name
                        + " with numbers in another file or sparse ones, which are not supported");
            }
            if (RANDOM.contains(node.type())) {
                throw new MalformedModelException(
                        "its ONNX graph has the operator " + name + ", whose results are left to chance");
            }
            if (node.type().startsWith("TreeEnsemble") && !node.hasTensor()) {
                requireSound(node);
            }
            if (node.type().equals("LinearClassifier")) {
                requireLabels(node);
            }
        }
    }

    /// ONNX Runtime takes the label of the greatest sum without looking whether there is one, and reads the
    /// coefficients in the same way.
    private static void requireLabels(OnnxNode linear) throws MalformedModelException {
        int sums = linear.numbers("intercepts").length;
        int coefficients = linear.numbers("coefficients").length;
        int texts = linear.texts("classlabels_strings").size();
        int integers = linear.integers("classlabels_ints").length;
        int labels = texts + integers;
        boolean isSound = sums == 1 ? labels <= 2 : labels == sums;
        if (!isSound || (texts > 0 && integers > 0) || sums == 0 || coefficients % sums != 0) {
            throw new MalformedModelException("its ONNX graph has the operator LinearClassifier with " + coefficients
                    + " coefficients, " + sums + " intercepts and " + labels + " labels, which don't go together");
        }
    }

    private static void requireSound(OnnxNode ensemble) throws MalformedModelException {
        switch (ensemble.type()) {
            case "TreeEnsembleRegressor" ->
                new OnnxTrees(ensemble, "target", Math.clamp(ensemble.integer("n_targets", 1), 1, MAX_FEATURES));
            case "TreeEnsembleClassifier" ->
                new OnnxTrees(ensemble, "class", Math.max(1, ensemble.classes().size()));
            default ->
                throw new MalformedModelException("its ONNX graph has the operator " + ensemble.type()
                        + "; supported are TreeEnsembleRegressor and TreeEnsembleClassifier");
        }
    }

    /// The operator that computes a value, skipping operators that only pass it on; null for an input or a
    /// constant.
    @org.jspecify.annotations.Nullable
    OnnxNode producerOf(String value) {
        String wanted = value;
        for (int i = nodes.size() - 1; i >= 0; i--) {
            OnnxNode node = nodes.get(i);
            if (node.outputs().contains(wanted)) {
                boolean passes = Set.of("Cast", "Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten")
                        .contains(node.type());
                if (!passes || node.inputs().isEmpty()) {
                    return node;
                }
                wanted = node.inputs().getFirst();
            }
        }
        return null;
    }

    /// The file with each ZipMap removed, so that its output is a matrix instead of a list of maps.
    static byte[] withoutZipMaps(byte[] content) throws MalformedModelException {
        ByteArrayOutputStream out = new ByteArrayOutputStream(content.length);
        ProtobufReader model = new ProtobufReader(ByteBuffer.wrap(content));
        while (model.next()) {
            byte[] raw = model.raw();
            if (model.field() == 7) {
                message(out, 7, graphWithoutZipMaps(only(raw)));
            } else {
                out.writeBytes(raw);
            }
        }
        return out.toByteArray();
    }

    private static byte[] graphWithoutZipMaps(ProtobufReader graph) throws MalformedModelException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<byte[]> outputs = new ArrayList<>();
        Map<String, String> maps = new LinkedHashMap<>();
        while (graph.next()) {
            byte[] raw = graph.raw();
            OnnxNode node = graph.field() == 1 ? OnnxNode.read(only(raw)) : null;
            if (node != null
                    && node.type().equals("ZipMap")
                    && node.inputs().size() == 1
                    && node.outputs().size() == 1) {
                maps.put(node.outputs().getFirst(), node.inputs().getFirst());
            } else if (graph.field() == 12) {
                outputs.add(raw);
            } else {
                out.writeBytes(raw);
            }
        }
        for (byte[] output : outputs) {
            Map<String, Integer> port = new LinkedHashMap<>();
            readInput(only(output), port);
            String matrix = maps.get(port.keySet().iterator().next());
            if (matrix == null) {
                out.writeBytes(output);
            } else {
                message(out, 12, floats(matrix));
            }
        }
        return out.toByteArray();
    }

    /// A value that is a tensor of single-precision numbers: `name`, and `type.tensor_type.elem_type`.
    private static byte[] floats(String name) {
        ByteArrayOutputStream value = new ByteArrayOutputStream();
        message(value, 1, name.getBytes(StandardCharsets.UTF_8));
        message(value, 2, new byte[] {(1 << 3) | 2, 2, 1 << 3, 1});
        return value.toByteArray();
    }

    private static void message(ByteArrayOutputStream out, int field, byte[] content) {
        out.write((field << 3) | 2);
        int rest = content.length;
        while (rest > 0x7f) {
            out.write((rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        out.write(rest);
        out.writeBytes(content);
    }
}
