package io.nightshift.worker.scoring;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An ONNX graph, which ONNX Runtime computes, and what its inputs and outputs mean. The only form whose
/// arithmetic is not ours.
///
/// Rows are always computed in blocks of one size, since a runtime may add in another order for another
/// number of rows; what is behind the last row is that row again. So scores depend on the row alone.
public final class GraphForm implements ModelForm {

    /// Rows of a block, where the graph doesn't say.
    public static final int BLOCK = 256;

    /// The elements of an input. Numbers are cut to whole ones for the last three, and a missing value has
    /// no meaning there.
    public enum Element {
        FLOAT,
        DOUBLE,
        LONG,
        INTEGER,
        BOOLEAN
    }

    /// What the graph's numbers are.
    public enum Meaning {
        /// One number a row, the prediction.
        VALUE,
        /// One number a row, the probability of the second of two classes, which is predicted above one
        /// half.
        PROBABILITY,
        /// A probability for each class.
        PROBABILITIES,
        /// A score for each class, whose softmax are the probabilities.
        SCORES
    }

    /// An input: the next `width` features.
    ///
    /// @param width 1 or more
    /// @param isMatrix whether its shape is rows × width, or just rows
    public record Input(String name, Element element, int width, boolean isMatrix) {
        public Input {
            if (width < 1 || (width != 1 && !isMatrix)) {
                throw new IllegalArgumentException("an input of a graph has a number of columns");
            }
        }
    }

    /// The outputs that are read.
    ///
    /// @param numbers the name of the one with what `meaning` says
    /// @param labels the name of the one with the predicted labels, or null where the highest number says
    ///     which
    /// @param classes the labels as the graph writes them, in the order of the numbers; empty for a value
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

    /// @param content the ONNX file, checked to be one that may be run
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

    /// The file's bytes, to be read.
    public ByteBuffer content() {
        return ByteBuffer.wrap(content).asReadOnlyBuffer();
    }

    byte[] bytes() {
        return content;
    }

    public List<Input> inputs() {
        return inputs;
    }

    public Output output() {
        return output;
    }

    public int block() {
        return block;
    }

    @Override
    public int features() {
        return Math.toIntExact(inputs.stream().mapToLong(Input::width).sum());
    }

    /// The columns of numbers the graph gives.
    int columns() {
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

    /// @throws IllegalArgumentException if there is no ONNX Runtime, or it refuses the graph
    @Override
    public ScorerFactory prepare() {
        return new Prepared(OnnxLibrary.open(content));
    }

    @Override
    public long heapBytes() {
        return content.length;
    }

    private final class Prepared implements ScorerFactory {

        private final GraphRuntime runtime;

        private Prepared(GraphRuntime runtime) {
            this.runtime = runtime;
        }

        @Override
        public Scorer scorer() {
            return new GraphScorer(GraphForm.this, runtime);
        }

        @Override
        public String kernel() {
            return "ONNX Runtime " + runtime.version() + ", " + block
                    + " rows at a time on one thread, since the graph is more than one tree ensemble";
        }

        /// Of the process, outside of the heap.
        @Override
        public long heapBytes() {
            return 2L * content.length;
        }
    }
}
