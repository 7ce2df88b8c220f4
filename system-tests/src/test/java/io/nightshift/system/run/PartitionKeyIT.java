package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.cli.Main;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.gate.ScoringGate;
import io.nightshift.testing.program.ProgramProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A job whose input is divided by a key, as a process that is killed and goes on.
final class PartitionKeyIT {

    private static final int ROWS = 40_000;
    private static final String BY_MONTH =
            "partitions={by: date, every: 1mo, time-zone: America/Chicago, rows: 3000, column: local_month, folder: m}";

    @TempDir
    private Path folder;

    @Test
    void aKilledBatchByMonthHasEveryRowOnceInTheFolderOfItsMonth() throws Exception {
        FlightsJob job = FlightsJob.on(
                folder,
                "SELECT * REPLACE (CASE WHEN distance %% 97 = 0 THEN NULL ELSE date END AS date) FROM flights LIMIT %d"
                        .formatted(ROWS));
        List<String> arguments = job.run("--set", BY_MONTH, "--set", "source.where=distance > 150", "--threads", "2");
        ScoringGate gate = ScoringGate.closed(folder.resolve("gate"));
        gate.admit(2);
        try (ProgramProcess program = ProgramProcess.start(job.folder(), gate, arguments)) {
            assertThat(program.awaitLog(job.log(), Pattern.compile(" committed"), 2))
                    .isTrue();
            gate.awaitWaiting(2);
            program.kill();
            program.end();
        }

        JsonNode result =
                InProcess.run(arguments.toArray(String[]::new)).expect(0).json();

        String batch = result.get("batch").asText();
        Path published = job.predictions().resolve("batch=" + batch);
        assertThat(job.published()).containsExactly(published);
        assertThat(published.resolve("m=__HIVE_DEFAULT_PARTITION__")).isNotEmptyDirectory();
        String output = "read_parquet('%s/m=*/part-*.parquet', hive_partitioning = true, hive_types_autocast = false)"
                .formatted(published);
        assertThat(row("SELECT count(*), count(DISTINCT record_row) FROM " + output))
                .isEqualTo(row("SELECT count(*), count(*) FROM '%s' WHERE distance > 150".formatted(job.input())));
        assertThat(row("""
                SELECT count(*) FROM %s WHERE m IS DISTINCT FROM local_month OR local_month IS DISTINCT FROM
                strftime(timezone('America/Chicago', timezone('UTC', date::TIMESTAMP)), '%%Y-%%m')
                """.formatted(output))).isEqualTo("0");
        assertThat(Main.run("batch", "verify", batch, "--home", job.home().toString()))
                .isZero();

        Files.createFile(published.resolve("m=2000-01"));
        assertThat(Main.run("batch", "verify", batch, "--home", job.home().toString()))
                .as("a folder that belongs to no partition")
                .isEqualTo(1);
    }

    private static String row(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            StringBuilder values = new StringBuilder(row.getString(1));
            for (int i = 2; i <= row.getMetaData().getColumnCount(); i++) {
                values.append(' ').append(row.getString(i));
            }
            return values.toString();
        }
    }
}
