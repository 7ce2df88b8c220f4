package io.nightshift.scoring.graph;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.nightshift.scoring.form.GraphForm;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A graph opened in [ONNX Runtime](https://onnxruntime.ai). Threads may share a session; each run is
/// computed on the calling thread. Only this class and [OnnxGraphScorer] use the library. If it may be
/// missing, open a session through [OnnxLibrary].
public final class OnnxGraphSession {

    /// A message of ONNX Runtime that names the operator that failed.
    private static final Pattern FAILED_NODE = Pattern.compile(
            "Error code - .*? - message: Non-zero status code returned while running (\\S+) node\\. Name:'.*?' Status"
                    + " Message: (.*)",
            Pattern.DOTALL);

    private static final Cleaner CLEANER = Cleaner.create();

    /// The environment of the process, which logs fatal errors only.
    private static final class Environment {
        static final OrtEnvironment ONLY = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
    }

    /// An input or output, as the graph declares it.
    ///
    /// @param name the name in the graph
    /// @param type `FLOAT`, `INT64`, …, or the class of a value that is not a tensor
    /// @param shape its dimensions, -1 for an open one; empty for a value that is not a tensor
    public record TensorDescription(String name, String type, List<Long> shape) {}

    private final OrtSession session;

    private OnnxGraphSession(OrtSession session) {
        this.session = session;
        CLEANER.register(this, () -> close(session));
    }

    /// Opens a graph; see [OnnxLibrary#open].
    static OnnxGraphSession open(byte[] content) {
        try {
            return new OnnxGraphSession(session(content));
        } catch (OrtException refused) {
            throw new IllegalArgumentException("ONNX Runtime refuses it: " + refused.getMessage(), refused);
        }
    }

    private static OrtSession session(byte[] content) throws OrtException {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.setDeterministicCompute(true);
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            return Environment.ONLY.createSession(content, options);
        }
    }

    private static void close(OrtSession session) {
        try {
            session.close();
        } catch (OrtException closedAlready) {
            throw new IllegalStateException(closedAlready);
        }
    }

    String version() {
        return Environment.ONLY.getVersion();
    }

    /// The inputs that the graph declares, in its order.
    public List<TensorDescription> inputs() {
        try {
            return ports(session.getInputInfo());
        } catch (OrtException failed) {
            throw new IllegalArgumentException("ONNX Runtime refuses its inputs: " + failed.getMessage(), failed);
        }
    }

    /// The outputs that the graph declares, in its order.
    public List<TensorDescription> outputs() {
        try {
            return ports(session.getOutputInfo());
        } catch (OrtException failed) {
            throw new IllegalArgumentException("ONNX Runtime refuses its outputs: " + failed.getMessage(), failed);
        }
    }

    /// The number of columns of an output, found by a run.
    ///
    /// @param content the ONNX file
    /// @param inputs the inputs of the graph, in the order of the features
    /// @param block the number of rows of a run
    /// @param output the name of the output
    /// @throws IllegalStateException if the runtime fails
    public int columns(byte[] content, List<GraphForm.Input> inputs, int block, String output) {
        GraphForm.Output value = new GraphForm.Output(GraphForm.Meaning.VALUE, output, null, List.of());
        return new OnnxGraphScorer(new GraphForm(content, inputs, value, block), this).columns();
    }

    private static List<TensorDescription> ports(Map<String, NodeInfo> infos) {
        List<TensorDescription> ports = new ArrayList<>();
        infos.forEach((name, info) -> {
            if (info.getInfo() instanceof TensorInfo tensor) {
                List<Long> shape = new ArrayList<>();
                for (long dimension : tensor.getShape()) {
                    shape.add(dimension);
                }
                ports.add(new TensorDescription(name, tensor.type.name(), shape));
            } else {
                ports.add(new TensorDescription(name, info.getInfo().getClass().getSimpleName(), List.of()));
            }
        });
        return ports;
    }

    /// Runs the graph once.
    ///
    /// @param inputs a buffer for each input, read from its position; a `ByteBuffer` for booleans
    /// @param shapes the inputs' dimensions
    /// @param read receives the outputs, which are closed when it returns
    /// @throws IllegalStateException if the runtime fails
    void run(
            Map<GraphForm.Input, Object> inputs, Map<GraphForm.Input, long[]> shapes, Set<String> wanted, Reader read) {
        Map<String, OnnxTensor> tensors = new HashMap<>();
        try {
            for (Map.Entry<GraphForm.Input, Object> input : inputs.entrySet()) {
                tensors.put(
                        input.getKey().name(),
                        tensor(input.getValue(), Objects.requireNonNull(shapes.get(input.getKey()))));
            }
            try (OrtSession.Result result = session.run(tensors, wanted)) {
                read.read(result);
            }
        } catch (OrtException failed) {
            throw new IllegalStateException(
                    "ONNX Runtime failed" + reason(String.valueOf(failed.getMessage())), failed);
        } finally {
            tensors.values().forEach(OnnxTensor::close);
        }
    }

    /// The reason of a failure. If the message names the operator that failed, without the codes around it.
    private static String reason(String message) {
        Matcher ofNode = FAILED_NODE.matcher(message);
        return ofNode.matches() ? " in %s: %s".formatted(ofNode.group(1), ofNode.group(2)) : ": " + message;
    }

    @FunctionalInterface
    interface Reader {
        void read(OrtSession.Result result) throws OrtException;
    }

    private static OnnxTensor tensor(Object buffer, long[] shape) throws OrtException {
        return switch (buffer) {
            case FloatBuffer numbers -> OnnxTensor.createTensor(Environment.ONLY, numbers, shape);
            case DoubleBuffer numbers -> OnnxTensor.createTensor(Environment.ONLY, numbers, shape);
            case LongBuffer numbers -> OnnxTensor.createTensor(Environment.ONLY, numbers, shape);
            case IntBuffer numbers -> OnnxTensor.createTensor(Environment.ONLY, numbers, shape);
            case ByteBuffer truths -> OnnxTensor.createTensor(Environment.ONLY, truths, shape, OnnxJavaType.BOOL);
            default -> throw new IllegalArgumentException("not a buffer of an input: " + buffer.getClass());
        };
    }
}
