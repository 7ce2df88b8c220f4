package io.nightshift.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// The example's job on its real data, in a folder of a test.
///
/// @param folder holds the job file, `home` and `predictions`
record FlightsJob(Path folder) {

    static final int ROWS = 300_000;

    /// The example, from wherever the tests run.
    static Path example() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("examples/flights/job.yaml"))) {
            folder = Objects.requireNonNull(folder.getParent(), "examples/flights is above the tests");
        }
        return folder.resolve("examples/flights");
    }

    /// Copies the example's job file; its data stay where they are.
    static FlightsJob in(Path folder) throws IOException {
        Files.createDirectories(folder);
        String job = Files.readString(example().resolve("job.yaml"))
                .replace("flights.ubj", example().resolve("flights.ubj").toString())
                .replace("parquet: flights.parquet", "parquet: " + example().resolve("flights.parquet"));
        Files.writeString(folder.resolve("job.yaml"), job);
        return new FlightsJob(folder);
    }

    Path home() {
        return folder.resolve("home");
    }

    Path log() {
        return home().resolve("logs/nightshift.log");
    }

    Path predictions() {
        return folder.resolve("predictions");
    }

    /// The arguments of a `run` that ends with JSON.
    List<String> run(String... more) {
        List<String> arguments = new ArrayList<>(
                List.of("run", folder.resolve("job.yaml").toString(), "--home", home().toString(), "-o", "json"));
        arguments.addAll(List.of(more));
        return arguments;
    }
}
