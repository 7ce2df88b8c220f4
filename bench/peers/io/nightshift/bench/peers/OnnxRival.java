package io.nightshift.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import ml.dmlc.xgboost4j.java.XGBoost;

/// ONNX Runtime, on a model that XGBoost trained: all rows in one run, its input and output where it can use
/// them without a copy.
final class OnnxRival implements Rival {

    private static final int THREADS = 2;

    private final Rows flights;

    OnnxRival(Rows flights) {
        this.flights = flights;
    }

    @Override
    public List<Contest> contests() {
        return List.of(new Contest("ONNX tree ensemble: the XGBoost 100 × depth 6", flights, 6, OnnxRival::train));
    }

    private static Trained train(Rows rows, Path file) throws Exception {
        Path xgboost = Files.createTempFile("xgboost", "");
        XgboostRival.boosted(rows, xgboost, 100, 6, 1).close();
        byte[] json = XGBoost.loadModel(xgboost + ".ubj").toByteArray("json");
        byte[] onnx = OnnxFile.of(new ObjectMapper().readTree(json));
        Files.write(Path.of(file + ".onnx"), onnx);

        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(THREADS);
        if (Clock.CHOSEN == Clock.PROCESSOR) {
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
        }
        OrtSession session = environment.createSession(onnx, options);
        OnnxTensor input = tensor(environment, floats(rows.matrix().length).put(rows.matrix()).flip(), rows.features());
        FloatBuffer predicted = floats(rows.count());
        OnnxTensor output = tensor(environment, predicted, 1);
        return new Trained() {
            @Override
            public double score(float[] probabilities) throws Exception {
                double start = Clock.seconds();
                session.run(Map.of("rows", input), Map.of("probability", output)).close();
                double seconds = Clock.seconds() - start;
                predicted.get(0, probabilities);
                return seconds;
            }

            @Override
            public void close() throws Exception {
                session.close();
                options.close();
                input.close();
                output.close();
            }
        };
    }

    private static FloatBuffer floats(int count) {
        return ByteBuffer.allocateDirect(Float.BYTES * count)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    private static OnnxTensor tensor(OrtEnvironment environment, FloatBuffer values, int columns) throws OrtException {
        return OnnxTensor.createTensor(environment, values, new long[] {values.capacity() / columns, columns});
    }
}
