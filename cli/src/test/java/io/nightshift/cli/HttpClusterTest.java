package io.nightshift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.client.NightshiftClient;
import io.nightshift.client.SubmitOptions;
import io.nightshift.protocol.api.BatchControl;
import io.nightshift.protocol.api.BatchDescription;
import io.nightshift.protocol.api.Submitted;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Two nodes as processes on a journal in PostgreSQL, asked by HTTP.
@Timeout(120)
final class HttpClusterTest {

    @TempDir
    Path folder = Path.of("");

    private TestCluster cluster;

    @BeforeEach
    void form() throws IOException {
        cluster = new TestCluster(folder, 2);
        for (int i = 0; i < 2; i++) {
            cluster.start(i);
        }
        cluster.awaitUp(0);
        cluster.awaitUp(1);
    }

    @AfterEach
    void end() throws IOException {
        cluster.close();
    }

    private static <T> T now(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }

    /// The node with the register of jobs says so in its log.
    private int registerOf(String batch) {
        return cluster.node(0).out().contains(batch + " is opened") ? 0 : 1;
    }

    @Test
    void anyNodeAnswersForAnyBatchAndAKeyIsKeptAcrossAKilledCoordinator() throws Exception {
        FlightsJob flights = FlightsJob.in(folder.resolve("job"));
        Job job = JobFile.parse(Files.readAllBytes(flights.file()), flights.file(), List.of("partitions.rows=2000"));
        SubmitOptions today = SubmitOptions.DEFAULT.withKey("2026-11-25");
        try (NightshiftClient first = NightshiftClient.overHttp(cluster.http(0)).build();
                NightshiftClient second =
                        NightshiftClient.overHttp(cluster.http(1)).build();
                NightshiftClient any = NightshiftClient.overHttp(cluster.http(0), cluster.http(1))
                        .attempts(12)
                        .build()) {
            String batch = now(first.submit(job, today)).batch();
            for (NightshiftClient each : List.of(first, second)) {
                assertThat(now(each.describe(batch)).job()).isEqualTo("flights");
                assertThat(now(each.control(batch, new BatchControl.Pause("to be killed")))
                                .state())
                        .isEqualTo("paused");
            }
            List<String> states = new CopyOnWriteArrayList<>();
            CompletableFuture<BatchDescription> watch =
                    any.watch(batch, seen -> states.add(seen.state())).toCompletableFuture();

            int killed = registerOf(batch);
            cluster.node(killed).kill();
            cluster.start(killed);
            Submitted again = now(any.submit(job, today));

            assertThat(again.batch()).as(cluster.logs()).isEqualTo(batch);
            assertThat(again.repeated()).isTrue();
            now(any.control(batch, new BatchControl.Resume()));
            assertThat(watch.join().predictions()).isEqualTo(FlightsJob.ROWS);
            assertThat(states).contains("paused", "published");
            assertThat(now(any.submit(job, SubmitOptions.DEFAULT)).alreadyPublished())
                    .isTrue();
        }
    }
}
