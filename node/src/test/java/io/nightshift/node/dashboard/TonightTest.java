package io.nightshift.node.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.AlertPage;
import io.nightshift.api.ApiJson;
import io.nightshift.api.AppliedJob;
import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.register.RegisteredBatch;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TonightTest {

    private static final Instant AT = Instant.parse("2026-11-27T01:00:00Z");
    private static final String DIGEST = "a1".repeat(32);

    private static Current.Batch batch(String job, int number, String state, long done) {
        BatchDescription description = ApiJson.read(
                """
                {"batch": "%s-%d", "job": "%s", "model": "delays@1", "state": "%s", "submitted_at": "%s", "rows": 1000,
                 "read": %d, "reason": "%s", "ledger": {"entries": 3, "head": "x"}}
                """.formatted(job, number, job, state, AT, done, "because ".repeat(100)), BatchDescription.class);
        return new Current.Batch(entry(job, number, state), description);
    }

    private static BatchRegisterState.Entry entry(String job, int number, String state) {
        @Nullable Phase end = state.equals("published") ? Phase.PUBLISHED : null;
        return BatchRegisterState.Entry.of(new RegisteredBatch(
                new BatchId(job + "-" + number),
                number,
                AT,
                new RunKey(job, List.of()),
                DIGEST,
                DIGEST,
                new ModelVersion("delays", 1, DIGEST),
                null,
                null,
                false,
                end));
    }

    private static AppliedJob applied(String job) {
        return ApiJson.read("""
                {"job": "%s", "revision": 1, "cron": "0 2 * * *", "time_zone": "Europe/Berlin", "next": "%s"}
                """.formatted(job, AT.plusSeconds(3_600)), AppliedJob.class);
    }

    private static Tonight tonight(List<Current.Batch> batches, AppliedJob... jobs) {
        return Tonight.of(new Current(batches, List.of(jobs), new AlertPage(List.of(), null)));
    }

    private static JsonNode rows(String news) {
        String data = news.substring(news.indexOf("event: rows\ndata: ") + "event: rows\ndata: ".length());
        return ApiJson.read(data, JsonNode.class);
    }

    @Test
    void theMostUrgentComesFirstAndJobsWithoutABatchHaveARow() {
        Tonight now = tonight(
                List.of(
                        batch("done", 1, "published", 1_000),
                        batch("run", 2, "running", 10),
                        batch("bad", 3, "failed", 5)),
                applied("run"),
                applied("new"));
        assertThat(now.rows().keySet()).containsExactly("bad-3", "run-2", "done-1", "new");
        assertThat(now.rows().get("run-2")).contains("\"next\":\"2026-11-27T02:00:00Z\"");
        assertThat(now.head()).contains("\"jobs\":4", "\"open\":2", "\"hidden\":0");
    }

    /// The job has left out the other rows.
    @Test
    void aPublishedBatchHasDoneAllRows() {
        Tonight now = tonight(List.of(batch("done", 1, "published", 400), batch("bad", 2, "failed", 400)));
        assertThat(now.rows().get("done-1")).contains("\"done\":1000");
        assertThat(now.rows().get("bad-2")).contains("\"done\":400");
    }

    @Test
    void aWaitingBatchIsNotUrgentAndAHeldOneNamesItsCheck() {
        BatchDescription waiting =
                ApiJson.read("""
                {"batch": "later-1", "job": "later", "model": "delays@1", "state": "submitted", "submitted_at": "%s",
                 "waits_for": "its window, which opens 22:00 UTC", "ledger": {"entries": 1, "head": "x"},
                 "timing": {"priority": 0, "time_zone": "UTC", "window_opens": "%s"}}
                """.formatted(AT.plusSeconds(60), AT.plusSeconds(3_600)), BatchDescription.class);
        BatchDescription held = ApiJson.read("""
                {"batch": "risk-2", "job": "risk", "model": "delays@1", "state": "held", "submitted_at": "%s",
                 "ledger": {"entries": 9, "head": "x"}, "checks": [
                 {"name": "rows.min", "passed": true, "text": "10 rows", "on_fail": "hold"},
                 {"name": "null.age", "passed": false, "text": "90 %% are NULL", "on_fail": "hold"}]}
                """.formatted(AT), BatchDescription.class);
        BatchDescription stuck = ApiJson.read("""
                {"batch": "stuck-3", "job": "stuck", "model": "delays@1", "state": "running", "submitted_at": "%s",
                 "waits_for": "the database", "ledger": {"entries": 1, "head": "x"}}
                """.formatted(AT), BatchDescription.class);

        Tonight now = tonight(List.of(
                new Current.Batch(entry("later", 1, "submitted"), waiting),
                new Current.Batch(entry("stuck", 3, "running"), stuck),
                new Current.Batch(entry("risk", 2, "held"), held)));

        assertThat(now.rows().keySet()).containsExactly("risk-2", "stuck-3", "later-1");
        assertThat(now.rows().get("risk-2")).contains("\"reason\":\"null.age: 90 % are NULL\"");
    }

    @Test
    void aBatchThatIsNotDescribedYetHasItsStateFromTheRegister() {
        Tonight now = tonight(List.of(new Current.Batch(entry("done", 1, "published"), null)));
        assertThat(now.rows().get("done-1")).contains("\"state\":\"published\"", "\"rows\":0");
    }

    @Test
    void aRemovedBatchSaysWhoRemovedIt() {
        BatchDescription removed = ApiJson.read("""
                {"batch": "old-1", "job": "old", "model": "delays@1", "state": "published", "submitted_at": "%s",
                 "ledger": {"entries": 3, "head": "x"},
                 "removal": {"at": "%s", "reason": "keep: 1", "removed_at": "%s", "text": ""}}
                """.formatted(AT, AT, AT.plusSeconds(60)), BatchDescription.class);
        Tonight now = tonight(List.of(new Current.Batch(entry("old", 1, "published"), removed)));
        JsonNode row = ApiJson.read(String.valueOf(now.rows().get("old-1")), JsonNode.class);
        assertThat(row.at("/removal/removed_at").asText()).isEqualTo("2026-11-27T01:01:00Z");
        assertThat(row.at("/removal/by").isMissingNode()).isTrue();
    }

    @Test
    void onlyWhatHasChangedIsSentLater() {
        Tonight first = tonight(List.of(batch("a", 1, "running", 10), batch("b", 2, "running", 10)));
        JsonNode all = rows(Tonight.news(null, first));
        assertThat(all.get("all").asBoolean()).isTrue();
        assertThat(all.get("rows")).hasSize(2);

        Tonight second = tonight(List.of(batch("b", 2, "running", 20), batch("c", 3, "running", 0)));
        JsonNode changed = rows(Tonight.news(first, second));
        assertThat(changed.get("all").asBoolean()).isFalse();
        assertThat(changed.get("rows"))
                .extracting(row -> row.get("key").asText())
                .containsExactlyInAnyOrder("b-2", "c-3");
        assertThat(changed.get("gone").toString()).isEqualTo("[\"a-1\"]");
        assertThat(Tonight.news(second, second)).isEmpty();
    }

    @Test
    void aThousandJobsFitIntoAPageAndWhatIsLeftOutIsCounted() {
        List<Current.Batch> batches = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            batches.add(new Current.Batch(entry("job%04d".formatted(i), i, "published"), null));
        }
        batches.add(batch("bad", 2_000, "failed", 5));
        Tonight now = tonight(batches);
        assertThat(now.rows()).hasSize(Tonight.MOST_ROWS).containsKey("bad-2000");
        assertThat(now.head()).contains("\"hidden\":%d".formatted(1_001 - Tonight.MOST_ROWS), "\"jobs\":1001");
        assertThat(Tonight.news(null, now).length()).isLessThan(300_000);
        assertThat(now.rows().get("bad-2000")).as("a long reason is shortened").hasSizeLessThan(800);
    }

    @Test
    void aCoordinatorThatDoesNotAnswerKeepsNobodyFromTheOtherBatches() {
        Current.Batch slow = batch("slow", 1, "running", 10);
        CompletableFuture<BatchDescription> never = new CompletableFuture<>();
        Current.Batch known =
                CurrentReader.shown(slow.entry(), never, slow.description()).join();
        Current.Batch unknown = CurrentReader.shown(slow.entry(), never, null).join();
        Current.Batch failed = CurrentReader.shown(
                        slow.entry(),
                        CompletableFuture.failedFuture(new IllegalStateException("not reachable")),
                        slow.description())
                .join();

        assertThat(known).isEqualTo(slow);
        assertThat(unknown.description()).isNull();
        assertThat(failed.description()).isNull();
        assertThat(tonight(List.of(unknown)).rows().get("slow-1"))
                .contains("\"state\":\"opened\"", "\"reason\":\"its coordinator has not answered yet\"");
    }
}
