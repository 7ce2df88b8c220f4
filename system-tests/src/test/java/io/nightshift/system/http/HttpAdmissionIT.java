package io.nightshift.system.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.gateway.SubmissionQueue;
import io.nightshift.testing.FlightsJob;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Submissions over HTTP that exceed a limit of a node.
@Timeout(300)
final class HttpAdmissionIT {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    private HttpNode node(SubmissionQueue.Limits limits) {
        return new HttpNode(folder.resolve("home"), HttpSettings.onLoopback(0), limits);
    }

    private HttpResponse<String> submit(HttpNode node, String job) throws IOException {
        FlightsJob flights = FlightsJob.in(folder.resolve(job));
        return node.post("/v1/batches", HttpNode.jobText(flights, "job=" + job, "partitions.rows=1000"));
    }

    private static String batch(HttpResponse<String> response) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
        return JSON.readTree(response.body()).get("batch").asText();
    }

    private static void refused(HttpResponse<String> response, String retryAfter, String sentence) throws IOException {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(429);
        assertThat(response.headers().firstValue("Retry-After")).contains(retryAfter);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(JSON.readTree(response.body()).get("type").asText()).isEqualTo("urn:nightshift:problem:too-many");
        assertThat(JSON.readTree(response.body()).get("detail").asText()).startsWith(sentence);
    }

    @Test
    void aCallerWithTooManyOpenBatchesIsRefusedUntilOneEnds() throws IOException {
        try (HttpNode node = node(new SubmissionQueue.Limits(8, 1_000, 500, 2))) {
            String first = batch(submit(node, "first"));
            node.post("/v1/batches/" + first + "/pause", "");
            String second = batch(submit(node, "second"));
            node.post("/v1/batches/" + second + "/pause", "");

            String sentence = "The caller local has 2 open batches, which is its limit. Nothing was started.";
            refused(submit(node, "third"), "30", sentence);
            refused(submit(node, "third"), "30", sentence);
            assertThat(submit(node, "first").statusCode())
                    .as("resumes its batch")
                    .isEqualTo(200);
            assertThat(node.get("/metrics").body())
                    .contains("nightshift_submissions_refused_total 2.0", "nightshift_submissions_waiting 0.0");

            node.post("/v1/batches/" + first + "/cancel", "");
            await().atMost(Duration.ofMinutes(2))
                    .until(() -> submit(node, "third").statusCode() == 201);
        }
    }

    @Test
    void aCallerWithTooManyWaitingSubmissionsIsRefused() throws IOException {
        // With room for none, the answer does not depend on how long an inspection takes.
        try (HttpNode node = node(new SubmissionQueue.Limits(1, 1, 0, 1))) {
            refused(
                    submit(node, "first"),
                    "5",
                    "The caller has 0 submissions that the node has not inspected yet, which is its limit.");
            assertThat(node.get("/metrics").body()).contains("nightshift_submissions_refused_total 1.0");
        }
    }
}
