package io.nightshift.scoring.form;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An ONNX graph that ONNX Runtime computes, and the meaning of its inputs and outputs.
///
/// Every run has the same number of rows, because a runtime may add in another order for another number of
/// rows. The last row is repeated to fill the last block. So a row's scores depend on that row alone.
public final class GraphForm implements ModelForm {

    /// The number of rows of a block, if the graph leaves it open.
    public static final int BLOCK = 256;

    /// The type of an input's elements. Numbers are truncated to whole numbers for the last three, which have
    /// no missing value.
    public enum Element {
        /// Single-precision numbers.
        FLOAT,
        /// Double-precision numbers.
        DOUBLE,
        /// Whole numbers of 64 bits.
        LONG,
        /// Whole numbers of 32 bits.
        INTEGER,
        /// Booleans: false for 0, true for any other number.
        BOOLEAN
    }

    /// The meaning of the graph's numbers.
    public enum Meaning {
        /// One number per row, the prediction.
        VALUE,
        /// One number per row, the probability of the second of two classes. The second class is predicted
        /// above one half.
        PROBABILITY,
        /// A probability for each class.
        PROBABILITIES,
        /// A score for each class. The softmax of the scores is the probabilities.
        SCORES
    }

    /// An input: the next `width` features.
    ///
    /// @param name the name of the input in the graph
    /// @param element the type of its elements
    /// @param width the number of features; 1 or more
    /// @param isMatrix whether the shape of the input is rows × width; otherwise it is rows, and the width is 1
    public record Input(String name, Element element, int width, boolean isMatrix) {
        public Input {
            if (width < 1 || (width != 1 && !isMatrix)) {
                throw new IllegalArgumentException("an input of a graph has a number of columns");
            }
        }
    }

    /// The outputs that are read.
    ///
    /// @param meaning the meaning of the numbers
    /// @param numbers the name of the output with the numbers
    /// @param labels the name of the output with the predicted labels, or null if the class with the highest
    ///     number is predicted
    /// @param classes the labels as the graph writes them, in the order of the numbers; empty for
    ///     [Meaning#VALUE]
    public record Output(
            Meaning meaning, String numbers, @Nullable String labels, List<String> classes) {
        public Output {
            classes = List.copyOf(classes);
            boolean fits = switch (meaning) {
                case VALUE -> classes.isEmpty() && labels == null;
                case PROBABILITY -> classes.size() == 2;
                case PROBABILITIES, SCORES -> classes.size() >= 2;
            };
            if (!fits) {
                throw new IllegalArgumentException(
                        meaning + " of a graph does not go with " + classes.size() + " classes");
            }
        }
    }

    private final byte[] content;
    private final List<Input> inputs;
    private final Output output;
    private final int block;

    /// @param content the ONNX file; the caller has checked that it may be run
    /// @param inputs the inputs of the graph, in the order of the features
    /// @param output the outputs that are read
    /// @param block the number of rows of a run
    public GraphForm(byte[] content, List<Input> inputs, Output output, int block) {
        this.content = content.clone();
        this.inputs = List.copyOf(inputs);
        this.output = output;
        this.block = block;
        if (inputs.isEmpty() || block < 1 || block > 1 << 16 || features() < 1) {
            throw new IllegalArgumentException("a graph has inputs, and is run for 1 to 65536 rows");
        }
    }

    /// A read-only view of the file's bytes.
    public ByteBuffer content() {
        return ByteBuffer.wrap(content).asReadOnlyBuffer();
    }

    /// A copy of the file's bytes.
    public byte[] toBytes() {
        return content.clone();
    }

    /// The inputs, in the order of the features.
    public List<Input> inputs() {
        return inputs;
    }

    /// The outputs that are read.
    public Output output() {
        return output;
    }

    /// The number of rows of a run.
    public int block() {
        return block;
    }

    @Override
    public int features() {
        return Math.toIntExact(inputs.stream().mapToLong(Input::width).sum());
    }

    /// The number of columns of numbers that the graph gives.
    public int columns() {
        return switch (output.meaning()) {
            case VALUE, PROBABILITY -> 1;
            case PROBABILITIES, SCORES -> output.classes().size();
        };
    }

    @Override
    public int outputs() {
        return switch (output.meaning()) {
            case VALUE -> 1;
            case PROBABILITY -> 2;
            case PROBABILITIES, SCORES -> columns() == 2 ? 2 : 1 + columns();
        };
    }

    @Override
    public int margins() {
        return output.meaning() == Meaning.SCORES ? columns() : 0;
    }

    @Override
    public long heapBytes() {
        return content.length;
    }
}
