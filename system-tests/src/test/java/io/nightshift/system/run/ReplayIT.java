package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.cli.Main;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `batch replay` of a batch with quarantined rows: as it was published, with a score that was changed, and with
/// another input.
final class ReplayIT {

    private static final String SOME_BAD = """
        SELECT * REPLACE (CASE row_number() OVER () % 100 WHEN 3 THEN 'n/a' ELSE CAST(distance AS VARCHAR) END AS distance)
        FROM flights LIMIT 3000\
        """;

    @TempDir
    private Path folder;

    private static CommandResult replay(FlightsJob job, String... arguments) {
        List<String> all = new ArrayList<>(List.of("batch", "replay", "latest", "-o", "json"));
        all.addAll(List.of("--home", job.home().toString()));
        all.addAll(List.of(arguments));
        return CommandResult.of(Main.commandLine(), all.toArray(String[]::new));
    }

    @Test
    void aReplayFindsEveryScoreThatIsNotReproduced() throws Exception {
        FlightsJob job = FlightsJob.on(folder.toRealPath(), SOME_BAD);
        InProcess.run(
                        job,
                        "--set",
                        "source.select.distance=CAST(distance AS INTEGER)",
                        "--set",
                        "errors.max-rate=0.05",
                        "--set",
                        "partitions.rows=1000")
                .expect(0);

        JsonNode all = replay(job).expect(0).json();
        assertThat(all.get("equal").asBoolean()).isTrue();
        assertThat(all.get("partitions").asInt()).isEqualTo(3);
        assertThat(all.get("predictions").asInt()).isEqualTo(2970);
        assertThat(all.get("quarantined").asInt()).isEqualTo(30);
        JsonNode one = replay(job, "--partitions", "1").expect(0).json();
        assertThat(one.get("predictions").asInt()).isEqualTo(990);
        assertThat(one.get("missing").asInt()).isZero();

        Path part = job.published().getFirst().resolve("part-000001.parquet");
        changeAScoreAndRemoveARow(part);
        JsonNode changed = replay(job).expect(1).json();
        assertThat(changed.get("equal").asBoolean()).isFalse();
        assertThat(changed.get("changed").asInt()).isEqualTo(1);
        assertThat(changed.get("new").asInt()).isEqualTo(1);
        assertThat(changed.get("missing").asInt()).isEqualTo(1);
        assertThat(changed.at("/rows/0/batch/probability").asText())
                .isNotEqualTo(changed.at("/rows/0/replay/probability").asText());
        replay(job, "--partitions", "0,2").expect(0);

        replay(job, "--partitions", "3").expect(2, "there is no partition 3; the batch has the partitions 0 to 2");
        job.write("FROM flights LIMIT 3000");
        replay(job).expect(2, "the input changed since");
        assertThat(job.home().resolve("objects").getParent())
                .isDirectoryNotContaining(
                        file -> String.valueOf(file.getFileName()).startsWith("replay-"));
    }

    private static void changeAScoreAndRemoveARow(Path part) throws Exception {
        Path other = part.resolveSibling("other");
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("""
                    COPY (SELECT * EXCLUDE (n) REPLACE (CASE n WHEN 7 THEN probability + 1e-12 ELSE probability END AS probability)
                          FROM (SELECT *, row_number() OVER () AS n FROM read_parquet('%s', hive_partitioning = false))
                          WHERE n <> 9) TO '%s' (FORMAT parquet)
                    """.formatted(part, other));
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
        Files.move(other, part, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }
}
