package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.testing.Checkout;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.PublishedParquet;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The example with categories, text, timestamps and missing values.
final class StormsExampleIT {

    private static final Path EXAMPLE = Checkout.path("examples/storms");

    @TempDir
    private Path folder;

    @Test
    void everyProbabilityIsTheOneThatLightgbmComputes() throws Exception {
        CommandResult run = run();

        JsonNode json = run.expect(0).json();
        assertThat(json.get("quarantined").asInt()).isZero();
        assertThat(json.get("predictions").asInt()).isEqualTo(json.get("rows").asInt());
        String predictions = "read_parquet('%s/part-*.parquet')"
                .formatted(json.get("destination").asText());
        String expected = "read_parquet('%s')".formatted(EXAMPLE.resolve("expected.parquet"));
        assertThat(PublishedParquet.query(
                        "SELECT concat_ws(' ', count(*), count(*) FILTER (abs(p.probability - e.probability) > 1e-12))"
                                + " FROM " + predictions + " p JOIN " + expected
                                + " e ON p.record_id = e.observation"))
                .as("rows, and those with another probability")
                .isEqualTo(json.get("rows").asText() + " 0");
        assertThat(json.get("rows").asInt()).isGreaterThan(6000);
    }

    @Test
    void aStatusThatTheModelHasNeverSeenIsCounted() throws Exception {
        CommandResult run = run(
                "--set",
                "source.select.status=if(upper(name) = 'SARA', 'waterspout', status)",
                "--set",
                "output.columns=[name]",
                "--set",
                "job=unseen");

        JsonNode json = run.expect(0).json();
        assertThat(json.get("quarantined").asInt()).isZero();
        assertThat(json.get("unseen_categories").get("status").asInt()).isPositive();
    }

    private CommandResult run(String... more) throws Exception {
        String[] arguments = new String[more.length + 8];
        System.arraycopy(
                new String[] {
                    "run",
                    EXAMPLE.resolve("job.yaml").toString(),
                    "--home",
                    folder.resolve("home").toString(),
                    "--set",
                    "destination.parquet=" + folder.resolve("predictions"),
                    "-o",
                    "json"
                },
                0,
                arguments,
                0,
                8);
        System.arraycopy(more, 0, arguments, 8, more.length);
        return InProcess.run(arguments);
    }
}
