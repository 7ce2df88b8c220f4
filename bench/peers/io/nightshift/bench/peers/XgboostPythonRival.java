package io.nightshift.bench.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// XGBoost by its Python package, in a process of its own that scores when it is told to.
final class XgboostPythonRival implements Rival {

    private final XgboostRival trainer;

    XgboostPythonRival(Rows flights) {
        this.trainer = new XgboostRival(flights);
    }

    @Override
    public List<Contest> contests() {
        return trainer.contests().stream()
                .map(contest -> new Contest(
                        contest.model() + ", Python's", contest.rows(), contest.target(), (rows, file) -> {
                            contest.trainer().train(rows, file).close();
                            return new Process(rows, file);
                        }))
                .toList();
    }

    private static final class Process implements Trained {
        private final Path scores;
        private final java.lang.Process python;
        private final BufferedReader output;
        private final Writer input;

        Process(Rows rows, Path file) throws IOException {
            Path folder = Files.createDirectories(file.resolveSibling("../matrix-" + rows.features()));
            Path matrix = folder.resolve("rows");
            scores = folder.resolve("scores");
            ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * rows.matrix().length);
            bytes.asFloatBuffer().put(rows.matrix());
            Files.write(matrix, bytes.array());
            python = new ProcessBuilder(
                            System.getenv("PYTHON"),
                            "bench/peers/xgboost_inplace.py",
                            file + ".ubj",
                            matrix.toString(),
                            String.valueOf(rows.features()),
                            scores.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            output = python.inputReader();
            input = python.outputWriter();
        }

        @Override
        public double score(float[] probabilities) throws IOException {
            input.write("\n");
            input.flush();
            double seconds = Double.parseDouble(output.readLine());
            ByteBuffer.wrap(Files.readAllBytes(scores)).asFloatBuffer().get(probabilities);
            return seconds;
        }

        @Override
        public void close() {
            python.destroy();
        }
    }
}
