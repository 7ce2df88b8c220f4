package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.cli.Main;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The commands `quarantine list`, `show` and `export`, over the phases of a batch.
final class QuarantineIT {

    /// Every tenth distance is no number, in one of two ways.
    private static final String BAD = """
        SELECT * REPLACE (CASE row_number() OVER () % 20 WHEN 3 THEN 'n/a' WHEN 13 THEN '12 km'
        ELSE CAST(distance AS VARCHAR) END AS distance) FROM flights LIMIT 3000\
        """;

    private static final String[] JOB = {"--set", "source.select.distance=CAST(distance AS INTEGER)"};

    @TempDir
    private Path folder;

    private static CommandResult quarantine(FlightsJob job, String... arguments) {
        List<String> all = new ArrayList<>(List.of("quarantine"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--home", job.home().toString()));
        return CommandResult.of(Main.commandLine("quarantine"), all.toArray(String[]::new));
    }

    private static JsonNode list(FlightsJob job, String batch) throws IOException {
        return quarantine(job, "list", batch, "-o", "json").expect(0).json();
    }

    @Test
    void rowsOfAFailedBatchStayVisibleWhenItIsCancelled() throws Exception {
        FlightsJob job = FlightsJob.on(folder, BAD);
        CommandResult failed = InProcess.run(job, JOB);
        failed.expect(1, "rows are quarantined", "Could not convert string", "quarantine list flights-");
        String batch = failed.json().get("batch").asText();

        CommandResult listed = quarantine(job, "list", "latest").expect(0);
        assertThat(listed.out())
                .contains("Batch %s (failed) has 300 quarantined rows.".formatted(batch))
                .containsPattern(
                        " 300  feature \"distance\" can't be computed: CAST\\(distance AS INTEGER\\)  own.parquet row"
                                + " [0-9]+: Conversion Error")
                .contains("They are in " + job.predictions().resolve(".staging"));

        String[] show = {"show", batch, "--limit", "0", "-o", "json"};
        List<String> rows = quarantine(job, show).expect(0).out().lines().toList();
        assertThat(rows).hasSize(300);
        JsonNode row = new ObjectMapper().readTree(rows.getFirst());
        assertThat(row.get("file").asText()).isEqualTo(job.input().toString());
        assertThat(row.get("row").isNumber()).isTrue();
        assertThat(row.get("value").asText()).isIn("n/a", "12 km");
        assertThat(row.get("message").asText())
                .startsWith("Conversion Error: Could not convert string '%s' to INT32"
                        .formatted(row.get("value").asText()));
        assertThat(new ObjectMapper()
                        .readTree(row.get("values").asText())
                        .get("distance")
                        .asText())
                .isEqualTo(row.get("value").asText());

        CommandResult few = quarantine(job, "show", batch, "--limit", "2").expect(0);
        assertThat(few.out().lines().toList()).hasSize(5);
        assertThat(few.out()).contains("The batch has 300 quarantined rows; --limit shows more.");
        assertThat(quarantine(job, "show", batch, "--reason", "nothing like it")
                        .expect(0)
                        .out())
                .contains("has no quarantined rows of this reason");

        // A new run cancels the failed batch.
        InProcess.run(
                        job,
                        "--set",
                        "source.select.distance=CAST(distance AS INTEGER)",
                        "--new",
                        "--set",
                        "errors.max-rate=1",
                        "--set",
                        "errors.max-rows=1000")
                .expect(0);
        JsonNode kept = list(job, batch);
        assertThat(kept.get("state").asText()).isEqualTo("cancelled");
        assertThat(kept.at("/reasons/0/rows").asInt()).isEqualTo(300);
        assertThat(kept.at("/places/0").asText())
                .startsWith(
                        job.predictions().resolve(".quarantine/batch=" + batch).toString());
        assertThat(quarantine(job, show).expect(0).out().lines().toList()).isEqualTo(rows);

        JsonNode published = list(job, "latest");
        assertThat(published.get("state").asText()).isEqualTo("published");
        assertThat(published.get("quarantined").asInt()).isEqualTo(300);
        assertThat(published.at("/places/0").asText())
                .contains("/batch=flights-")
                .contains("/_quarantine-")
                .doesNotContain(".staging");
    }

    @Test
    void aBatchWithoutQuarantinedRowsSaysSoAndAnUnknownOneIsRefused() throws Exception {
        FlightsJob job = FlightsJob.on(folder, "SELECT * FROM flights LIMIT 3000");
        InProcess.run(job).expect(0);

        assertThat(quarantine(job, "list", "latest").expect(0).out()).contains("(published) has no quarantined rows.");
        quarantine(job, "list", "nosuch").expect(2, "nosuch");
        quarantine(job, "show", "latest", "--limit", "-1").expect(2, "--limit must be 0 or more, not -1");
    }

    @Test
    void theRowsOrSomeOfThemAreExportedInEachFormat() throws Exception {
        FlightsJob job = FlightsJob.on(folder, BAD);
        InProcess.run(job, JOB).expect(1);

        for (String format : List.of("parquet", "csv", "ndjson")) {
            Path file = folder.resolve("rows." + format);
            assertThat(quarantine(job, "export", "latest", "--to", file.toString())
                            .expect(0)
                            .out())
                    .startsWith("Wrote 300 quarantined rows of batch flights-")
                    .contains(file.toString());
            String read = format.equals("ndjson") ? "read_json" : "read_" + format;
            assertThat(text("SELECT count(*) || ' ' || count(DISTINCT record_row) || ' '"
                            + " || count(*) FILTER (json_extract_string(\"values\", '$.distance') = 'n/a')"
                            + " || ' ' || min(record_file) FROM " + read + "('" + file + "')"))
                    .isEqualTo("300 300 150 " + job.input());
        }

        Path some = folder.resolve("some.csv");
        JsonNode result = quarantine(
                        job,
                        "export",
                        "latest",
                        "--to",
                        some.toString(),
                        "--where",
                        "(\"values\"->>'distance') = '12 km' AND record_row < 100",
                        "-o",
                        "json")
                .expect(0)
                .json();
        assertThat(result.get("rows").asInt()).isEqualTo(5);
        assertThat(some).content().startsWith("record_file,record_row,record_id,reason,value,message,values");

        quarantine(job, "export", "latest", "--to", some.toString()).expect(2, "exists already");
        quarantine(job, "export", "latest", "--to", folder + "/rows.txt").expect(2, "parquet, csv, ndjson");
        quarantine(job, "export", "latest", "--to", folder + "/no.csv", "--where", "nosuch = 1")
                .expect(2, "nosuch");
        quarantine(job, "export", "latest", "--to", folder + "/no.csv", "--where", "(SELECT true)")
                .expect(2, "--where: «(SELECT true)»");
        assertThat(folder.toFile().list()).doesNotContain("no.csv", "no.csv.partial");
    }

    private static String text(String query) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getString(1);
        }
    }
}
