package io.nightshift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.JobText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The example's job on its real data, in a folder of a test.
///
/// @param folder holds the job file, `home` and `predictions`
public record FlightsJob(Path folder) {

    public static final int ROWS = 300_000;

    /// The example, from wherever the tests run.
    public static Path example() {
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

    /// A job like the example's on an input of its own.
    ///
    /// @param query over `flights`, the example's
    public static FlightsJob on(Path folder, String query) throws IOException, SQLException {
        FlightsJob job = in(folder);
        job.write(query);
        String example = example().resolve("flights.parquet").toString();
        job.edit("parquet: " + example, "parquet: " + job.input());
        return job;
    }

    /// Writes the job's own input anew.
    void write(String query) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE VIEW flights AS FROM '%s'".formatted(example().resolve("flights.parquet")));
            statement.execute("COPY (%s) TO '%s' (FORMAT parquet)".formatted(query, input()));
        }
    }

    /// Replaces a text of the job file.
    public void edit(String before, String after) throws IOException {
        String text = Files.readString(file());
        assertThat(text).contains(before);
        Files.writeString(file(), text.replace(before, after));
    }

    /// The job as it is sent to a node, with its paths absolute.
    ///
    /// @param overrides as of `--set`
    String text(String... overrides) throws IOException {
        return JobText.of(JobFile.parse(Files.readAllBytes(file()), file(), List.of(overrides)));
    }

    public Path file() {
        return folder.resolve("job.yaml");
    }

    public Path input() {
        return folder.resolve("own.parquet");
    }

    public Path home() {
        return folder.resolve("home");
    }

    Path log() {
        return home().resolve("logs/nightshift.log");
    }

    Path predictions() {
        return folder.resolve("predictions");
    }

    /// Runs it in a process of its own, with JSON at the end.
    Program.End runs(String... more) throws IOException, InterruptedException {
        return Program.run(folder, run(more).toArray(String[]::new));
    }

    /// What readers see at the destination: the folders of published batches, sorted.
    List<Path> published() throws IOException {
        if (!Files.exists(predictions())) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(predictions())) {
            return entries.filter(entry -> !entry.getFileName().toString().startsWith("."))
                    .sorted()
                    .toList();
        }
    }

    /// Everything below the job's folder but the program's own output.
    Set<String> files() throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.map(path -> folder.relativize(path).toString())
                    .filter(path -> !path.matches("(out|err)[0-9]*\\.txt"))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /// The arguments of a `run` that ends with JSON.
    List<String> run(String... more) {
        List<String> arguments =
                new ArrayList<>(List.of("run", file().toString(), "--home", home().toString(), "-o", "json"));
        arguments.addAll(List.of(more));
        return arguments;
    }
}
