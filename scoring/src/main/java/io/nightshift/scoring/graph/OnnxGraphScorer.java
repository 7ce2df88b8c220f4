package io.nightshift.scoring.graph;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.nightshift.scoring.form.GraphForm;
import io.nightshift.scoring.form.GraphForm.Input;
import io.nightshift.scoring.form.GraphForm.Meaning;
import io.nightshift.scoring.link.ClassScores;
import io.nightshift.scoring.model.Scorer;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/// Scores a [GraphForm], block by block. Only one thread at a time may use it.
public final class OnnxGraphScorer implements Scorer {

    private final GraphForm form;
    private final OnnxGraphSession runtime;
    private final int block;
    private final Map<Input, Object> buffers = new LinkedHashMap<>();
    private final Map<Input, long[]> shapes = new LinkedHashMap<>();
    private final Set<String> wanted = new LinkedHashSet<>();
    private final Map<String, Integer> positions = new HashMap<>();
    /// By column of the graph's numbers and row.
    private final double[][] numbers;

    OnnxGraphScorer(GraphForm form, OnnxGraphSession runtime) {
        this.form = form;
        this.runtime = runtime;
        this.block = form.block();
        for (Input input : form.inputs()) {
            buffers.put(input, buffer(input));
            shapes.put(input, input.isMatrix() ? new long[] {block, input.width()} : new long[] {block});
        }
        wanted.add(form.output().numbers());
        if (form.output().labels() != null) {
            wanted.add(form.output().labels());
        }
        for (String label : form.output().classes()) {
            positions.put(label, positions.size());
        }
        this.numbers = new double[form.columns()][block];
    }

    private Object buffer(Input input) {
        int elements = Math.multiplyExact(block, input.width());
        int bytes = switch (input.element()) {
            case FLOAT, INTEGER -> Integer.BYTES;
            case DOUBLE, LONG -> Long.BYTES;
            case BOOLEAN -> 1;
        };
        ByteBuffer memory =
                ByteBuffer.allocateDirect(Math.multiplyExact(elements, bytes)).order(ByteOrder.nativeOrder());
        return switch (input.element()) {
            case FLOAT -> memory.asFloatBuffer();
            case DOUBLE -> memory.asDoubleBuffer();
            case LONG -> memory.asLongBuffer();
            case INTEGER -> memory.asIntBuffer();
            case BOOLEAN -> memory;
        };
    }

    @Override
    public void score(double[][] features, int rows, double[][] outputs) {
        for (int from = 0; from < rows; from += block) {
            int first = from;
            int count = Math.min(block, rows - from);
            fill(features, from, count);
            runtime.run(buffers, shapes, wanted, result -> read(result, first, count, outputs));
        }
    }

    private void fill(double[][] features, int from, int count) {
        int feature = 0;
        for (Map.Entry<Input, Object> input : buffers.entrySet()) {
            int width = input.getKey().width();
            ((Buffer) input.getValue()).clear();
            for (int column = 0; column < width; column++) {
                double[] values = features[feature++];
                for (int row = 0; row < block; row++) {
                    put(input.getValue(), row * width + column, values[from + Math.min(row, count - 1)]);
                }
            }
        }
    }

    private static void put(Object buffer, int at, double value) {
        switch (buffer) {
            case FloatBuffer floats -> floats.put(at, (float) value);
            case DoubleBuffer doubles -> doubles.put(at, value);
            case LongBuffer longs -> longs.put(at, (long) value);
            case IntBuffer integers -> integers.put(at, (int) value);
            case ByteBuffer truths -> truths.put(at, (byte) (value != 0 ? 1 : 0));
            default -> throw new IllegalStateException("not a buffer of an input");
        }
    }

    private void read(OrtSession.Result result, int from, int count, double[][] outputs) throws OrtException {
        readNumbers(value(result, form.output().numbers()));
        Meaning meaning = form.output().meaning();
        int first = form.outputs();
        for (int k = 0; first + k < outputs.length; k++) {
            System.arraycopy(numbers[k], 0, outputs[first + k], from, count);
        }
        for (int row = 0; row < count; row++) {
            switch (meaning) {
                case VALUE -> outputs[0][from + row] = numbers[0][row];
                case PROBABILITY -> {
                    outputs[0][from + row] = numbers[0][row] > 0.5 ? 1 : 0;
                    outputs[1][from + row] = numbers[0][row];
                }
                case PROBABILITIES, SCORES -> {
                    outputs[0][from + row] = meaning == Meaning.SCORES
                            ? ClassScores.softmax(numbers, row)
                            : ClassScores.highest(numbers, row);
                    ClassScores.store(numbers, row, outputs, from + row);
                }
            }
        }
        String labels = form.output().labels();
        if (labels != null) {
            readLabels(value(result, labels), from, count, outputs[0]);
        }
    }

    /// The number of columns that the graph gives for rows of zeros.
    int columns() {
        buffers.values().forEach(buffer -> ((Buffer) buffer).clear());
        int[] elements = new int[1];
        runtime.run(buffers, shapes, wanted, result -> {
            OnnxTensor tensor = value(result, form.output().numbers());
            elements[0] = Math.toIntExact(tensor.getInfo().getNumElements());
        });
        if (elements[0] < block || elements[0] % block != 0) {
            throw new IllegalStateException("the graph gave " + elements[0] + " numbers for " + block + " rows");
        }
        return elements[0] / block;
    }

    private static OnnxTensor value(OrtSession.Result result, String name) {
        OnnxValue value = result.get(name).orElseThrow(() -> new IllegalStateException("no output " + name));
        if (value instanceof OnnxTensor tensor) {
            return tensor;
        }
        throw new IllegalStateException("the output " + name + " is no tensor");
    }

    private void readNumbers(OnnxTensor tensor) {
        FloatBuffer floats = tensor.getFloatBuffer();
        if (floats != null) {
            require(floats.remaining());
            for (int at = 0; at < floats.remaining(); at++) {
                numbers[at % numbers.length][at / numbers.length] = floats.get(at);
            }
            return;
        }
        DoubleBuffer doubles = tensor.getDoubleBuffer();
        if (doubles == null) {
            throw new IllegalStateException("the graph returned no numbers");
        }
        require(doubles.remaining());
        for (int at = 0; at < doubles.remaining(); at++) {
            numbers[at % numbers.length][at / numbers.length] = doubles.get(at);
        }
    }

    private void require(int found) {
        if (found != block * numbers.length) {
            throw new IllegalStateException(
                    "the graph gave " + found + " numbers for " + block + " rows and " + numbers.length + " columns");
        }
    }

    private void readLabels(OnnxTensor tensor, int from, int count, double[] predictions) throws OrtException {
        LongBuffer longs = tensor.getLongBuffer();
        Object texts = longs == null ? tensor.getValue() : null;
        for (int row = 0; row < count; row++) {
            String label;
            if (longs != null) {
                label = Long.toString(longs.get(row));
            } else if (texts instanceof String[] column) {
                label = column[row];
            } else if (texts instanceof String[][] matrix) {
                label = matrix[row][0];
            } else {
                throw new IllegalStateException("the labels are neither whole numbers nor texts");
            }
            Integer position = positions.get(label);
            if (position == null) {
                throw new IllegalStateException("the graph predicts «" + label + "», which is none of "
                        + form.output().classes());
            }
            predictions[from + row] = position;
        }
    }
}
