package io.nightshift.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The example job on its real data, in a folder of its own for each test.
///
/// @param folder holds the job file, `home` and `predictions`
public record FlightsJob(Path folder) {

    public static final int ROWS = 300_000;

    /// The folder of the example: `job.yaml`, its model and its data.
    public static Path example() {
        return Checkout.path("examples/flights");
    }

    /// Copies the example's job file. The copy reads the example's data and model in place.
    public static FlightsJob in(Path folder) throws IOException {
        Files.createDirectories(folder);
        String job = Files.readString(example().resolve("job.yaml"))
                .replace("flights.ubj", example().resolve("flights.ubj").toString())
                .replace("parquet: flights.parquet", "parquet: " + example().resolve("flights.parquet"));
        Files.writeString(folder.resolve("job.yaml"), job);
        return new FlightsJob(folder);
    }

    /// A copy of the example job with an input of its own.
    ///
    /// @param query selects the rows of the input from `flights`, the example's data
    public static FlightsJob on(Path folder, String query) throws IOException, SQLException {
        FlightsJob job = in(folder);
        job.write(query);
        String example = example().resolve("flights.parquet").toString();
        job.edit("parquet: " + example, "parquet: " + job.input());
        return job;
    }

    /// Leaves only the first rows in a copy of the example, such as the one with which an installed program trains
    /// its start-up cache, where the time of the training matters and its effect does not.
    ///
    /// @param example the folder with `flights.parquet`
    public static void shorten(Path example, int rows) throws IOException, SQLException {
        FlightsJob copy = new FlightsJob(example);
        copy.write("FROM flights LIMIT " + rows);
        Files.move(copy.input(), example.resolve("flights.parquet"), StandardCopyOption.REPLACE_EXISTING);
    }

    /// Replaces the job's own input.
    ///
    /// @param query selects the rows from `flights`, the example's data
    public void write(String query) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE VIEW flights AS FROM '%s'".formatted(example().resolve("flights.parquet")));
            statement.execute("COPY (%s) TO '%s' (FORMAT parquet)".formatted(query, input()));
        }
    }

    /// Replaces every occurrence of a text in the job file.
    public void edit(String before, String after) throws IOException {
        String text = Files.readString(file());
        assertThat(text).contains(before);
        Files.writeString(file(), text.replace(before, after));
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

    public Path log() {
        return home().resolve("logs/nightshift.log");
    }

    public Path predictions() {
        return folder.resolve("predictions");
    }

    /// The folders of published batches at the destination, sorted.
    public List<Path> published() throws IOException {
        if (!Files.exists(predictions())) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(predictions())) {
            return entries.filter(entry -> !String.valueOf(entry.getFileName()).startsWith("."))
                    .sorted()
                    .toList();
        }
    }

    /// The files and folders below the job's folder, without the files that hold a process's output.
    public Set<String> files() throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.map(path -> folder.relativize(path).toString())
                    .filter(path -> !path.matches("(out|err)[0-9]*\\.txt"))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /// The arguments of a `run` of this job that prints its result as JSON.
    public List<String> run(String... more) {
        List<String> arguments =
                new ArrayList<>(List.of("run", file().toString(), "--home", home().toString(), "-o", "json"));
        arguments.addAll(List.of(more));
        return arguments;
    }
}
