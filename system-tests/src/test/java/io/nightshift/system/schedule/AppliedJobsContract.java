package io.nightshift.system.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.AppliedJob;
import io.nightshift.api.ApplyResult;
import io.nightshift.api.Backfill;
import io.nightshift.api.BackfillControl;
import io.nightshift.api.BackfillPlan;
import io.nightshift.api.BackfillPlan.PlannedRun;
import io.nightshift.api.BackfillRequest;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.JobList.JobDescription;
import io.nightshift.api.JobRun;
import io.nightshift.api.JobRunPage;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.RunFilter;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.PublishedParquet;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/// Schedules, requested runs, limits and backfills of applied jobs.
abstract class AppliedJobsContract extends JobsFixture {

    private static final int TICK_SECONDS = 2;

    /// For longer than this, no answer repeats what an earlier one said of a running batch.
    private static final Duration CACHED = Duration.ofMillis(400);

    @Test
    void aJobRunsByItsScheduleUntilItIsPausedAndDeleted() throws Exception {
        FlightsJob job = job(
                "ticking",
                "date < {tick}",
                "parameters: {tick: timestamp}",
                "time-zone: Europe/Berlin",
                "schedule: {cron: '*/%d * * * * *', parameters: {tick: '{scheduled:timestamp}'}}"
                        .formatted(TICK_SECONDS));
        CommandResult applied = command("job", "apply", job.file().toString());
        assertThat(applied.expect(0).out())
                .contains("Applied job ticking.", "every 2 seconds", "Europe/Berlin", "tick (timestamp)")
                .contains("comes twice in Europe/Berlin", "{scheduled:utc}")
                .containsPattern("next runs +20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d CES?T +tick=20\\d\\d-");
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(count(runs("ticking"), "published")).isGreaterThan(2));

        assertThat(command("job", "pause", "ticking", "--reason", "holidays")
                        .expect(0)
                        .out())
                .contains("Paused job ticking.");
        assertThat(command("job", "show", "ticking").expect(0).out()).contains("paused since", "holidays");
        Instant pause = Instant.parse(command("job", "show", "ticking", "-o", "json")
                .expect(0)
                .json()
                .at("/pause/at")
                .asText());
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(runs("ticking", "--missing"))
                        .as("ticks after the pause")
                        .anyMatch(run -> tick(run).isAfter(pause.plusSeconds(TICK_SECONDS))));
        // A tick that was due before the pause can wait for the end of the pause.
        await().atMost(PATIENCE).untilAsserted(() -> {
            List<JsonNode> runs = runs("ticking");
            assertThat(count(runs, "running")).isZero();
            assertThat(job.published()).as("published folders").hasSize((int) count(runs, "published"));
        });
        List<JsonNode> paused = runs("ticking");
        assertThat(command("job", "show", "ticking").expect(0).out())
                .contains("Last runs:", paused.getFirst().get("state").asText());
        assertThat(paused)
                .as("while the job is paused, no tick starts a run")
                .noneMatch(run -> tick(run).isAfter(pause));

        assertThat(new HashSet<>(
                        paused.stream().map(run -> run.get("tick").asText()).toList()))
                .as("each tick has one run")
                .hasSameSizeAs(paused);
        List<String> batches = paused.stream()
                .filter(run -> run.has("batch"))
                .map(run -> run.get("batch").asText())
                .toList();
        assertThat(batches).doesNotHaveDuplicates();
        assertThat(paused)
                .filteredOn(run -> run.get("state").asText().equals("published"))
                .allSatisfy(run -> {
                    assertThat(run.at("/totals/rows").asLong()).isPositive();
                    assertThat(run.at("/parameters/tick").asText()).startsWith("20");
                });

        command("job", "resume", "ticking").expect(0);
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(count(runs("ticking"), "published")).isGreaterThan(count(paused, "published")));
        assertThat(command("job", "list").expect(0).out()).contains("ticking", "active", "*/2 * * * * *");
        command("job", "delete", "ticking").expect(0);
        assertThat(command("job", "list").expect(0).out()).contains("No job is applied");
        command("job", "show", "ticking").expect(2, "no job ticking is applied");
        assertThat(list(command("job", "list", "--all", "-o", "json")))
                .as("its batches stay")
                .extracting(each -> each.get("job").asText())
                .contains("ticking");
    }

    @Test
    void aFileThatIsAppliedAgainIsANewRevisionOnlyIfItDiffers() throws Exception {
        FlightsJob job = job("revised", "date::DATE = {day}", "parameters: {day: date}");
        assertThat(command("job", "apply", job.file().toString()).expect(0).out())
                .contains("Applied job revised.", "no schedule and no trigger", "job trigger revised");
        assertThat(command("job", "apply", job.file().toString()).expect(0).out())
                .contains("Nothing to do", "revision 1");
        job.edit("rows: 25000", "rows: 24000");
        assertThat(command("job", "apply", job.file().toString()).expect(0).out())
                .contains("this is revision 2");
        assertThat(command("job", "show", "revised", "--text").expect(0).out()).isEqualTo(Files.readString(job.file()));
        command("job", "show", "revisd").expect(2, "no job revisd is applied; did you mean revised?");
        command("job", "trigger", "revised").expect(2, "day");
    }

    @Test
    void aWrongJobFileIsRefusedWithItsLines() throws Exception {
        FlightsJob job = job("wrong", "true", "schedule: {cron: '0 25 * * *'}", "trigger: {whn: {files: 3}}");
        CommandResult refused = command("job", "apply", job.file().toString());
        refused.expect(2, job.file() + ":", "schedule.cron", "\"25\" in the field of the hours", "trigger.whn");
        assertThat(command("job", "list").expect(0).out()).contains("No job is applied");
    }

    @Test
    void aRepeatedTriggerStartsOneRun() throws Exception {
        FlightsJob job = job("asked", "date::DATE = {day}", "parameters: {day: date}");
        command("job", "apply", job.file().toString()).expect(0);
        for (int i = 0; i < 2; i++) {
            command("job", "trigger", "asked", "--param", "day=2001-01-02", "--key", "once")
                    .expect(0);
        }
        await().atMost(PATIENCE).untilAsserted(() -> {
            List<JsonNode> runs = runs("asked");
            assertThat(count(runs, "published")).as("of %s", runs).isEqualTo(1);
        });
        assertThat(runs("asked")).hasSize(1);
        assertThat(job.published()).hasSize(1);
        command("job", "trigger", "asked", "--param", "dai=2001-01-02").expect(2, "dai");
    }

    @Test
    void theRunsOfAJobStayWithinItsThreads() throws Exception {
        FlightsJob job = job("limited", "date::DATE = {day}", "parameters: {day: date}", "limits: {threads: 1}");
        command("job", "apply", job.file().toString()).expect(0);
        gate().close("limited");
        for (String day : List.of("2001-01-02", "2001-01-03")) {
            command("job", "trigger", "limited", "--param", "day=" + day).expect(0);
        }
        try (NightshiftClient http = system().http()) {
            await().atMost(PATIENCE).until(() -> count(batches(http, "limited"), batch -> batch.partitions() > 0) == 2);
            gate().awaitWaiting(1);
            await().pollDelay(CACHED).until(() -> true);
            List<BatchDescription> batches = batches(http, "limited");
            assertThat(batches.stream()
                            .map(BatchDescription::progress)
                            .filter(Objects::nonNull)
                            .mapToInt(BatchDescription.Progress::inFlight)
                            .sum())
                    .as("leased partitions of %s", batches)
                    .isEqualTo(1);
            gate().admit(1);
            await().atMost(PATIENCE)
                    .until(() -> count(
                                    batches(http, "limited"),
                                    batch -> batch.state().equals("published"))
                            == 1);
            gate().awaitWaiting(1);
            gate().open();
            await().atMost(PATIENCE)
                    .until(() -> count(
                                    batches(http, "limited"),
                                    batch -> batch.state().equals("published"))
                            == 2);
        }
        String batch = runs("limited").getFirst().get("batch").asText();
        assertThat(command("batch", "show", batch).expect(0).out())
                .containsPattern("threads +at most 1, with the other batches of its job");
    }

    /// The batches of a job's runs.
    private static List<BatchDescription> batches(NightshiftClient client, String job) {
        return answer(client.runs(job, RunFilter.ALL)).runs().stream()
                .map(JobRun::batch)
                .filter(Objects::nonNull)
                .map(batch -> answer(client.describe(batch)))
                .toList();
    }

    private static long count(List<BatchDescription> batches, Predicate<BatchDescription> condition) {
        return batches.stream().filter(condition).count();
    }

    @Test
    void aBackfillStartsWhatIsMissingAndSurvivesAKill() throws Exception {
        FlightsJob job = job("filled", "date::DATE = {day}", "parameters: {day: date}");
        command("job", "apply", job.file().toString()).expect(0);
        command("job", "trigger", "filled", "--param", "day=2001-01-03").expect(0);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(job.published()).hasSize(1));

        String[] range = {"--from", "2001-01-01", "--to", "2001-01-05"};
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(backfill(range, "--dry-run").out())
                        .contains("would start 4 of 5 runs. Nothing was started."));
        assertThat(command("backfill", "list", "filled").expect(0).out()).contains("has no backfill");
        assertThat(job.published()).hasSize(1);

        gate().close("filled");
        gate().admit(2);
        backfill(range, "--parallel", "2", "--key", "all-days").expect(0);
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(job.published()).hasSize(3));
        await().atMost(PATIENCE).until(() -> gate().waiting() > 0);
        system().kill();
        gate().open();
        system().restart();

        CommandResult ended = command("backfill", "show", "filled", "--wait", "-o", "json");
        ended.expect(0);
        assertThat(ended.json().get("published").asInt()).isEqualTo(4);
        assertThat(ended.json().get("untouched").asInt()).isEqualTo(1);
        assertThat(backfill(range, "--parallel", "2", "--key", "all-days")
                        .expect(0)
                        .out())
                .as("the same key")
                .contains(ended.json().get("id").asText());
        assertThat(command("backfill", "show", "filled").expect(0).out()).contains("done", "4", "1, published before");
        assertThat(job.published()).as("each day once").hasSize(5);
        assertThat(PublishedParquet.digest(job.predictions()))
                .as("each row once")
                .startsWith(rows(job) + ":" + rows(job) + ":");
    }

    /// The number of rows of the job's input.
    private static String rows(FlightsJob job) throws Exception {
        return PublishedParquet.query("SELECT count(*) FROM '%s'".formatted(job.input()));
    }

    private static Instant tick(JsonNode run) {
        return Instant.parse(run.get("tick").asText());
    }

    private CommandResult backfill(String[] range, String... more) {
        List<String> words = new ArrayList<>(List.of("backfill", "filled"));
        words.addAll(List.of(range));
        words.addAll(List.of(more));
        return command(words.toArray(String[]::new)).expect(0);
    }

    @Test
    void aWrongBackfillIsRefusedWithASentence() throws Exception {
        FlightsJob job = job("refused", "true");
        command("job", "apply", job.file().toString()).expect(0);
        command("backfill", "refused", "--from", "2001-01-05", "--to", "2001-01-01")
                .expect(2, "lies before");
        command("backfill", "refused", "--from", "2001-01-01").expect(2, "--to is missing");
        command("backfill", "refused", "--from", "yesterday", "--to", "2001-01-02")
                .expect(2, "must be a date");
        command("backfill", "refused", "--from", "2001-01-01", "--to", "2001-01-02")
                .expect(2, "parameter");
        command("backfill", "nosuch", "--from", "2001-01-01", "--to", "2001-01-02")
                .expect(2, "no job nosuch is applied");
        command("backfill", "show", "refused").expect(2, "job refused has no backfill");
    }

    @Test
    void theClientsOverHttpAndByMessagesSeeTheSame() throws Exception {
        FlightsJob job = job("called", "date::DATE = {day}", "parameters: {day: date}");
        String text = Files.readString(job.file());
        try (NightshiftClient http = system().http();
                NightshiftClient messages = system().messages()) {
            ApplyResult created =
                    answer(http.applyJob("called", text, job.folder().toString()));
            assertThat(created.created()).isTrue();
            ApplyResult repeated =
                    answer(messages.applyJob("called", text, job.folder().toString()));
            assertThat(repeated).isEqualTo(new ApplyResult(created.job(), false, false));
            for (NightshiftClient client : List.of(http, messages)) {
                assertThat(answer(client.appliedJob("called"))).isEqualTo(created.job());
                assertThat(answer(client.jobs()).jobs())
                        .extracting(JobDescription::applied)
                        .filteredOn(Objects::nonNull)
                        .containsExactly(created.job().withoutText());
                AppliedJob paused = answer(client.pauseJob("called", "test"));
                assertThat(paused.pause()).isNotNull();
                assertThat(answer(client.resumeJob("called")).pause()).isNull();
            }
            JobRun run = answer(messages.triggerJob("called", Map.of("day", "2001-01-02"), "k1"));
            assertThat(answer(http.triggerJob("called", Map.of("day", "2001-01-02"), "k1"))
                            .run())
                    .isEqualTo(run.run());
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(
                                    answer(http.runs("called", RunFilter.ALL)).runs())
                            .singleElement()
                            .extracting(JobRun::state)
                            .isEqualTo("published"));
            JobRunPage runs = answer(http.runs("called", RunFilter.ALL));
            assertThat(answer(messages.runs("called", RunFilter.ALL))).isEqualTo(runs);
            BackfillRequest request = new BackfillRequest("2001-01-01", "2001-01-03", 1, false, null);
            BackfillPlan plan = answer(http.planBackfill("called", request));
            assertThat(plan.runs()).extracting(PlannedRun::starts).containsExactly(true, false, true);
            assertThat(answer(messages.planBackfill("called", request)).runs())
                    .extracting(PlannedRun::starts, planned -> planned.run().parameters())
                    .isEqualTo(plan.runs().stream()
                            .map(planned ->
                                    tuple(planned.starts(), planned.run().parameters()))
                            .toList());
            Backfill backfill = answer(messages.startBackfill("called", request, "b1"));
            assertThat(answer(http.startBackfill("called", request, "b1")).id()).isEqualTo(backfill.id());
            answer(http.controlBackfill("called", backfill.id(), BackfillControl.PAUSE));
            answer(messages.controlBackfill("called", backfill.id(), BackfillControl.RESUME));
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(answer(http.backfill("called", backfill.id()))
                                    .state())
                            .isEqualTo("done"));
            assertThat(answer(messages.backfills("called"))).isEqualTo(answer(http.backfills("called")));
            assertThat(answer(messages.deleteJob("called")).job()).isEqualTo("called");
        }
    }

    private static <T> T answer(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }
}
