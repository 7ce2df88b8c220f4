package io.nightshift.system.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.Nightly;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The retention of published batches, and their deletion, by a server that is killed in the middle.
@Timeout(600)
final class RetentionIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /// Until then, it is «being deleted by» somebody, and readers may see it.
    private static final Pattern DELETED = Pattern.compile(" deleted by \\S+ on ");

    @TempDir
    private Path folder;

    private FlightsJob job;

    private String configuration(String grace) throws IOException {
        return Files.writeString(
                        folder.resolve("serve.conf"),
                        "nightshift.batch.retention { every = 1s, grace = %s }".formatted(grace))
                .toString();
    }

    private List<String> published() throws IOException {
        return job.published().stream()
                .map(path -> String.valueOf(path.getFileName()).replace("batch=", ""))
                .toList();
    }

    private String publish(HomeServer server) throws IOException {
        List<String> before = published();
        server.command("batch", "submit", job.file().toString(), "--new", "--wait")
                .expect(0);
        List<String> after = new ArrayList<>(published());
        after.removeAll(before);
        assertThat(after).hasSize(1);
        return after.getFirst();
    }

    private static String shown(HomeServer server, String batch) {
        return out(server, "batch", "show", batch);
    }

    private static String out(HomeServer server, String... command) {
        return server.command(command).expect(0).out();
    }

    @Test
    @Nightly(shortForm = "ServedJobsIT.publishedBatchesAreRemovedByTheRetentionAndOnRequest")
    void theClusterRemovesWhatTheJobDoesNotKeepHoweverOftenItIsKilled() throws Exception {
        job = FlightsJob.on(folder, "FROM flights LIMIT 1000");
        try (HomeServer server = new HomeServer(folder, "--config", configuration("1h"))) {
            String first = publish(server);
            assertThat(out(server, "retention", "plan", "--all")).contains("The retention removes no batch.");
            server.command("retention", "plan", "nosuch").expect(2, "there is no job nosuch");
            job.edit("parquet: predictions", "parquet: predictions\n  retention: {keep: 2}");
            String second = publish(server);
            String third = publish(server);

            await().atMost(PATIENCE).until(() -> published().equals(List.of(second, third)));
            assertThat(Files.exists(job.predictions().resolve(".removed/batch=" + first)))
                    .as("readers in progress")
                    .isTrue();
            await().atMost(PATIENCE).until(() -> shown(server, first).contains("being removed by retention since "));
            server.kill();
            server.restart("--config", configuration("0s"));

            await().atMost(PATIENCE).until(() -> shown(server, first).contains(" removed by retention on "));
            assertThat(job.predictions().resolve(".removed")).doesNotExist();
            assertThat(out(server, "batch", "events", first))
                    .contains("readers no longer see the batch", "all output is deleted");
            server.command("batch", "delete", "latest").expect(1, "it is the newest published batch of job flights");
            assertThat(out(server, "batch", "delete", second, "--dry-run")).contains("Nothing was deleted");
            assertThat(published()).containsExactly(second, third);
            assertThat(out(server, "batch", "delete", second, "--reason", "a wrong model"))
                    .contains("is being deleted");
            out(server, "batch", "delete", "latest", "--force");
            await().atMost(PATIENCE)
                    .until(() -> DELETED.matcher(shown(server, second)).find()
                            && shown(server, second).contains(": a wrong model")
                            && DELETED.matcher(shown(server, third)).find());
            assertThat(published()).isEmpty();

            server.terminate();
            assertThat(out(server, "batch", "verify", first)).contains("removed by retention on ", "its ledger stays");
            server.command("batch", "head", first).expect(2, "was removed by retention on ");
        }
    }
}
