package io.nightshift.nemesis.workload;

import io.nightshift.nemesis.cluster.DatabaseProcess;
import io.nightshift.testing.PublishedOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// The destination of a batch's predictions.
public sealed interface BatchOutput {

    /// `parquet` or `postgres`
    String name();

    /// The value of `--set` that gives a job this destination.
    String jobSetting();

    /// Removes everything at the destination.
    void clear() throws IOException, SQLException;

    /// A digest of all published predictions.
    String digest() throws SQLException;

    /// The names of staged files or tables, empty if there are none.
    String leftovers() throws IOException, SQLException;

    /// A folder of Parquet files.
    record Folder(Path path) implements BatchOutput {

        @Override
        public String name() {
            return "parquet";
        }

        @Override
        public String jobSetting() {
            return "destination.parquet=" + path;
        }

        @Override
        public void clear() throws IOException {
            if (Files.exists(path)) {
                try (Stream<Path> all = Files.walk(path)) {
                    for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(file);
                    }
                }
            }
        }

        @Override
        public String digest() throws SQLException {
            return PublishedOutput.digest(path);
        }

        @Override
        public String leftovers() throws IOException {
            Path staging = path.resolve(".staging");
            if (!Files.exists(staging)) {
                return "";
            }
            try (Stream<Path> all = Files.walk(staging)) {
                List<String> names =
                        all.map(file -> path.relativize(file).toString()).toList();
                return String.join(", ", names);
            }
        }
    }

    /// A table.
    record Table(DatabaseProcess database) implements BatchOutput {

        @Override
        public String name() {
            return "postgres";
        }

        @Override
        public String jobSetting() {
            return "destination={postgres: {data-source: db, table: flights, indexes: [[origin, destination], [date]]}}";
        }

        @Override
        public void clear() throws SQLException {
            database.clear();
        }

        @Override
        public String digest() throws SQLException {
            return database.query(DatabaseProcess.PREDICTIONS, """
                    SELECT count(*) || ':' || sum(('x' || left(md5(concat_ws('|', record_file, record_row, prediction,
                    to_char(probability, 'FM0.0000000000000000'), origin, destination, date::text, model_name,
                    model_version)), 15))::bit(60)::bigint) FROM flights
                    """);
        }

        @Override
        public String leftovers() throws SQLException {
            return database.query(
                    DatabaseProcess.PREDICTIONS,
                    "SELECT coalesce(string_agg(relname, ', '), '') FROM pg_class WHERE relname LIKE 'nightshift\\_staging%'"
                            + " AND relkind = 'r'");
        }
    }
}
