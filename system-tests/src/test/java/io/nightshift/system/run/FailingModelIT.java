package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.system.http.HttpNode;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.PublishedParquet;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A model that fails for some rows: an ONNX graph that finds the delay in a table by the hour, from -24 to 23.
/// `OnnxRuntimeTest` builds the same graph, and checks that it is the content of the file.
final class FailingModelIT {

    private static final int ROWS = 3_000;

    /// In each partition of a thousand rows, ten have an hour that the table lacks.
    private static final String HOURS =
            "SELECT *, CASE row_number() OVER () %% 100 WHEN 7 THEN 24 ELSE hour(date) END AS hour FROM flights LIMIT %d"
                    .formatted(ROWS);

    @TempDir
    private Path folder;

    private Path model() throws Exception {
        Path file = folder.resolve("delay-by-hour.onnx");
        try (InputStream content = FailingModelIT.class.getResourceAsStream("/models/delay-by-hour.onnx")) {
            Files.copy(Objects.requireNonNull(content), file);
        }
        return file;
    }

    @Test
    void theRowsAreQuarantinedAndJoinTheirBatchWhenTheyAreRepaired() throws Exception {
        FlightsJob job = FlightsJob.on(folder, HOURS);
        Path example = FlightsJob.example();
        job.edit("model: " + example.resolve("flights.ubj"), "model: " + model());
        job.edit("source:\n", "features: [hour]\nsource:\n");
        job.edit("    hour: hour(date)\n", "");
        job.edit("max-rate: 0.001", "max-rate: 0.02");
        job.edit("rows: 25000", "rows: 1000");
        try (HttpNode node = new HttpNode(job.home(), HttpSettings.onLoopback(0))) {
            run(node, job, "batch", "submit", job.file().toString(), "--wait").expect(0);
            String batch =
                    String.valueOf(job.published().getFirst().getFileName()).replace("batch=", "");
            assertThat(run(node, job, "quarantine", "list", batch).expect(0).out())
                    .contains("Batch %s (published) has 30 quarantined rows.".formatted(batch))
                    .contains("the model can't score the row", "ONNX Runtime failed in Gather: indices element");
            assertThat(rows(job)).isEqualTo(ROWS - 30);

            assertThat(run(
                                    node,
                                    job,
                                    "quarantine",
                                    "redrive",
                                    batch,
                                    "--job",
                                    job.file().toString(),
                                    "--set",
                                    "features=[hour % 24]")
                            .expect(0)
                            .out())
                    .contains("30 rows added.");
            assertThat(rows(job)).isEqualTo(ROWS);
        }
        InProcess.run("batch", "verify", "latest", "--home", job.home().toString())
                .expect(0);
    }

    private static long rows(FlightsJob job) throws Exception {
        return Long.parseLong(PublishedParquet.query("SELECT count(*) FROM read_parquet('%s/part-*.parquet')"
                .formatted(job.published().getFirst())));
    }

    private static CommandResult run(HttpNode node, FlightsJob job, String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--server", "http://127.0.0.1:" + node.port));
        all.addAll(List.of("--home", job.home().toString()));
        return InProcess.run(all.toArray(String[]::new));
    }
}
