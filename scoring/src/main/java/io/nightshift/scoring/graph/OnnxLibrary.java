package io.nightshift.scoring.graph;

/// Opens graphs in ONNX Runtime, if it is on the class path.
public final class OnnxLibrary {

    private static final String MISSING = "it needs ONNX Runtime, which is not installed here; install it by"
            + " tools/get-onnxruntime.sh (see «ONNX Runtime» in docs/how-to/model.md), on every node that scores";

    private OnnxLibrary() {}

    /// Opens a graph.
    ///
    /// @param content the ONNX file; the caller has checked that it may be run
    /// @throws IllegalArgumentException if there is no ONNX Runtime, or it refuses the graph; the message
    ///     says so
    public static OnnxGraphSession open(byte[] content) {
        if (OnnxLibrary.class.getClassLoader().getResource("ai/onnxruntime/OrtEnvironment.class") == null) {
            throw new IllegalArgumentException(MISSING);
        }
        try {
            return OnnxGraphSession.open(content);
        } catch (LinkageError broken) {
            throw new IllegalArgumentException("ONNX Runtime cannot be loaded: " + broken, broken);
        }
    }
}
