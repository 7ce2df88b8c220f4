package io.nightshift.scoring.format.onnx;

import io.nightshift.scoring.document.ProtobufReader;
import io.nightshift.scoring.document.ProtobufReader.Integers;
import io.nightshift.scoring.document.ProtobufReader.Numbers;
import io.nightshift.scoring.format.MalformedModelException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// An operator of an ONNX graph ([onnx.proto](https://github.com/onnx/onnx/blob/main/onnx/onnx.proto)).
///
/// @param type the operator's type, for example `TreeEnsembleRegressor`
/// @param domain the operator's domain; empty for ONNX's own operators
record OnnxNode(
        String type, String domain, List<String> inputs, List<String> outputs, Map<String, Attribute> attributes) {

    /// The value of an attribute, of any type.
    static final class Attribute {
        private String text = "";
        private long integer;
        private boolean tensor;
        private boolean graph;
        private boolean external;
        private final Integers integers = new Integers();
        private final Numbers numbers = new Numbers();
        private final List<String> texts = new ArrayList<>();
    }

    static OnnxNode read(ProtobufReader in) throws MalformedModelException {
        String type = "";
        String domain = "";
        List<String> inputs = new ArrayList<>();
        List<String> outputs = new ArrayList<>();
        Map<String, Attribute> attributes = new HashMap<>();
        while (in.next()) {
            switch (in.field()) {
                case 1 -> inputs.add(in.text());
                case 2 -> outputs.add(in.text());
                case 4 -> type = in.text();
                case 5 -> readAttribute(in.message(), attributes);
                case 7 -> domain = in.text();
                default -> in.skip();
            }
        }
        return new OnnxNode(type, domain, inputs, outputs, attributes);
    }

    private static void readAttribute(ProtobufReader in, Map<String, Attribute> attributes)
            throws MalformedModelException {
        String name = "";
        Attribute attribute = new Attribute();
        while (in.next()) {
            switch (in.field()) {
                case 1 -> name = in.text();
                case 3 -> attribute.integer = in.integer();
                case 4 -> attribute.text = in.text();
                case 5, 10 -> {
                    attribute.tensor = true;
                    attribute.external |= isExternal(in.message());
                }
                case 6, 11 -> {
                    attribute.graph = true;
                    in.skip();
                }
                case 22, 23 -> {
                    attribute.external = true;
                    in.skip();
                }
                case 7 -> in.addTo(attribute.numbers);
                case 8 -> in.addTo(attribute.integers);
                case 9 -> attribute.texts.add(in.text());
                default -> in.skip();
            }
        }
        attributes.put(name, attribute);
    }

    /// Whether a tensor's numbers are in another file.
    static boolean isExternal(ProtobufReader tensor) throws MalformedModelException {
        boolean external = false;
        while (tensor.next()) {
            if (tensor.field() == 13) {
                external = true;
                tensor.skip();
            } else if (tensor.field() == 14) {
                external |= tensor.integer() != 0;
            } else {
                tensor.skip();
            }
        }
        return external;
    }

    /// Whether an attribute is a graph, as those of branches and loops are.
    boolean hasGraph() {
        return attributes.values().stream().anyMatch(attribute -> attribute.graph);
    }

    /// Whether an attribute's numbers are in another file, or sparse.
    boolean hasExternalTensor() {
        return attributes.values().stream().anyMatch(attribute -> attribute.external);
    }

    /// The class labels of a classifier or ZipMap; empty if it has none.
    List<String> classes() throws MalformedModelException {
        List<String> labels = new ArrayList<>(texts("classlabels_strings"));
        for (String name : List.of("classlabels_int64s", "classlabels_ints")) {
            for (int label : integers(name)) {
                labels.add(Integer.toString(label));
            }
        }
        return labels;
    }

    String text(String name, String fallback) {
        Attribute attribute = attributes.get(name);
        return attribute == null ? fallback : attribute.text;
    }

    long integer(String name, long fallback) {
        Attribute attribute = attributes.get(name);
        return attribute == null ? fallback : attribute.integer;
    }

    /// The attribute's values; empty if there are none.
    int[] integers(String name) throws MalformedModelException {
        Attribute attribute = attributes.get(name);
        long[] values = attribute == null ? new long[0] : attribute.integers.toArray();
        int[] integers = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            integers[i] = (int) values[i];
            if (integers[i] != values[i]) {
                throw new MalformedModelException("its " + name + " has " + values[i]);
            }
        }
        return integers;
    }

    float[] numbers(String name) {
        Attribute attribute = attributes.get(name);
        return attribute == null ? new float[0] : attribute.numbers.toArray();
    }

    List<String> texts(String name) {
        Attribute attribute = attributes.get(name);
        return attribute == null ? List.of() : attribute.texts;
    }

    /// Whether an attribute is a tensor, which double-precision ensembles use.
    boolean hasTensor() {
        return attributes.values().stream().anyMatch(attribute -> attribute.tensor);
    }
}
