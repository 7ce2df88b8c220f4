package io.nightshift.bench.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A library of Python's, in a process of its own that scores when it is told to: see `bench/peers/turns.py`.
final class Python implements Rival.Trained {

    private final Path scores;
    private final Process process;
    private final BufferedReader output;
    private final Writer input;

    /// @param folder for the rows
    /// @param arguments what the script takes after the matrix, its columns, and where it writes the scores
    Python(Rows rows, Path folder, String script, String... arguments) throws IOException {
        Files.createDirectories(folder);
        Path matrix = write(folder.resolve("rows"), rows.matrix());
        scores = folder.resolve("scores");
        List<String> command = new ArrayList<>(List.of(
                System.getenv("PYTHON"),
                "-B",
                "bench/peers/" + script,
                matrix.toString(),
                String.valueOf(rows.features()),
                scores.toString()));
        command.addAll(List.of(arguments));
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        output = process.inputReader();
        input = process.outputWriter();
    }

    static Path write(Path file, float[] numbers) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * numbers.length);
        bytes.asFloatBuffer().put(numbers);
        return Files.write(file, bytes.array());
    }

    /// The next line of its output.
    String line() throws IOException {
        String line = output.readLine();
        if (line == null) {
            throw new IOException("Python ended");
        }
        return line;
    }

    @Override
    public double score(float[] probabilities) throws IOException {
        input.write("\n");
        input.flush();
        double seconds = Double.parseDouble(line());
        ByteBuffer.wrap(Files.readAllBytes(scores)).asFloatBuffer().get(probabilities);
        return seconds;
    }

    @Override
    public void close() {
        process.destroy();
    }
}
