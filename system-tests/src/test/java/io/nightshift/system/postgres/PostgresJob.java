package io.nightshift.system.postgres;

import io.nightshift.system.run.InProcess;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.database.PostgresServer;
import io.nightshift.testing.gate.ScoringGate;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// The example job with a table as its destination.
record PostgresJob(FlightsJob flights, PostgresServer server, String database) {

    /// Creates the job, and a database for its destination.
    static PostgresJob in(Path folder, PostgresServer server) throws IOException, SQLException {
        return of(FlightsJob.in(folder), server);
    }

    /// A copy of the example job with an input of its own.
    ///
    /// @param query selects the rows of the input from `flights`, the example's data
    static PostgresJob on(Path folder, PostgresServer server, String query) throws IOException, SQLException {
        return of(FlightsJob.on(folder, query), server);
    }

    private static PostgresJob of(FlightsJob flights, PostgresServer server) throws IOException, SQLException {
        String database = server.create();
        flights.edit(
                "  parquet: predictions",
                "  postgres: {data-source: db, table: flights, indexes: [[origin, destination], [date]]}");
        Files.createDirectories(flights.home());
        server.configure(flights.home().resolve("nightshift.conf"), database);
        return new PostgresJob(flights, server, database);
    }

    String[] arguments(String... more) {
        List<String> arguments = new ArrayList<>(flights.run(more));
        arguments.addAll(List.of("--threads", "2"));
        return arguments.toArray(String[]::new);
    }

    CommandResult runs(String... more) throws IOException, InterruptedException {
        return InProcess.run(arguments(more));
    }

    ProgramProcess starts(String... more) throws IOException {
        return ProgramProcess.start(flights.folder(), List.of(arguments(more)));
    }

    ProgramProcess starts(ScoringGate gate, String... more) throws IOException {
        return ProgramProcess.start(flights.folder(), gate, List.of(arguments(more)));
    }

    List<String> rows(String sql) throws SQLException {
        return server.rows(database, sql);
    }

    String row(String sql) throws SQLException {
        return server.row(database, sql);
    }

    /// A digest of all predictions. It leaves out the columns that differ between two runs.
    String digest() throws SQLException {
        return row("""
                SELECT count(*) || ':' || count(DISTINCT (record_file, record_row)) || ':' || md5(string_agg(concat_ws('|',
                record_file, record_row, prediction, to_char(probability, 'FM0.0000000000000000'), origin, destination,
                date::text, model_name, model_version), '|' ORDER BY record_file, record_row)) FROM flights
                """);
    }

    /// The names of the staging tables.
    List<String> leftovers() throws SQLException {
        return rows("SELECT relname FROM pg_class WHERE relname LIKE 'nightshift\\_staging%' AND relkind = 'r'");
    }
}
