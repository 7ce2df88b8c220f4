package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.testing.Checkout;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs of jobs with the checks of the page «Check a batch before it is published».
final class ChecksIT {

    private static final int HELD = 4;

    private static final Pattern YAML = Pattern.compile("```yaml\\n(checks:.*?)```", Pattern.DOTALL);

    @TempDir
    private Path folder;

    /// The example's rows with a few that are wrong, and checks of the page.
    ///
    /// @param block which of the page's examples, from 0
    private FlightsJob job(int block) throws Exception {
        return job(
                block,
                "SELECT * REPLACE (CASE WHEN distance > 2500 THEN 9999 ELSE distance END AS distance) FROM flights");
    }

    private FlightsJob job(int block, String query) throws Exception {
        FlightsJob job = FlightsJob.on(folder, query);
        Matcher example = YAML.matcher(Files.readString(Checkout.path("docs/how-to/checks.md")));
        for (int i = 0; i <= block; i++) {
            assertThat(example.find()).isTrue();
        }
        Files.writeString(job.file(), "\n" + example.group(1), StandardOpenOption.APPEND);
        return job;
    }

    private CommandResult run(FlightsJob job, String... more) throws IOException, InterruptedException {
        return InProcess.run(job.run(more).toArray(String[]::new));
    }

    private CommandResult batch(FlightsJob job, String command) throws IOException, InterruptedException {
        return InProcess.run("batch", command, "latest", "--home", job.home().toString());
    }

    /// Starts a run and kills it when its log has the text, or when it ends.
    private void killAt(FlightsJob job, String text, String... more) throws IOException {
        try (ProgramProcess running = ProgramProcess.start(folder, job.run(more))) {
            await().atMost(Duration.ofMinutes(2))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> !running.isAlive()
                            || ProgramProcess.matches(job.log(), Pattern.compile(text, Pattern.LITERAL)) > 0);
            running.kill();
        }
    }

    @Test
    void aHeldBatchSurvivesKillsUntilItIsApprovedAndSoDoesTheApproval() throws Exception {
        FlightsJob job = job(0);
        killAt(job, "is held until");

        CommandResult held = run(job);
        assertThat(held.status()).isEqualTo(HELD);
        assertThat(held.err())
                .contains("is held: range.distance is", "expected none outside 10 to 5,000", "--approve REASON");
        assertThat(held.json().get("state").asText()).isEqualTo("held");
        assertThat(held.json().get("rows_this_run").asInt()).isZero();
        assertThat(job.published()).isEmpty();
        assertThat(batch(job, "show").expect(0).out())
                .containsPattern("state +held")
                .containsPattern("check passed +rows.min is 300,000, expected at least 100,000")
                .containsPattern("check failed +range.distance is .* \\(hold\\)");

        killAt(job, " approved: ", "--approve", "long flights are right");

        CommandResult end = run(job).expect(0);
        assertThat(end.json().get("predictions").asInt()).isEqualTo(FlightsJob.ROWS);
        assertThat(job.published()).hasSize(1);
        assertThat(batch(job, "events").expect(0).out()).containsOnlyOnce("by local: long flights are right");
        assertThat(batch(job, "show").expect(0).out()).containsPattern("approved +20.*long flights are right");
        assertThat(batch(job, "verify").expect(0).out()).contains("the results follow from the committed counts");
    }

    @Test
    void aBatchIsPublishedWithAWarningOrFails() throws Exception {
        FlightsJob job = job(1);

        CommandResult warned = run(job).expect(0);

        JsonNode range = warned.json().get("checks").get(2);
        assertThat(range.get("name").asText()).isEqualTo("range.distance");
        assertThat(warned.json().get("state").asText()).isEqualTo("published");
        assertThat(warned.json().get("checks").size()).isEqualTo(3);

        job.edit("rows: {min: 1000, on-fail: fail}", "rows: {min: 1000000, on-fail: fail}");
        CommandResult failed = run(job);

        assertThat(failed.status()).isEqualTo(1);
        assertThat(failed.err())
                .contains("the checks of the job fail: rows.min is 300,000, expected at least 1,000,000");
        assertThat(job.published()).hasSize(1);
        assertThat(batch(job, "show").expect(0).out()).containsPattern("state +failed");
    }

    @Test
    void aBatchIsComparedWithTheOneBeforeOrANamedOne() throws Exception {
        FlightsJob job = job(2, "FROM flights LIMIT 30000");

        CommandResult first = run(job).expect(0);

        assertThat(first.json().get("checks").size()).isEqualTo(7);
        assertThat(first.json().get("checks").get(0).get("text").asText())
                .contains("rows.max-change is not known, since no earlier batch has measured it");
        String before = first.json().get("batch").asText();
        assertThat(batch(job, "verify").expect(0).out())
                .contains("30,000 predictions, counted again in the output, give what the checks of predictions have");

        job.write("SELECT * REPLACE (distance * 3 AS distance) FROM flights LIMIT 20000");
        CommandResult held = run(job);

        assertThat(held.status()).as(held.err()).isEqualTo(HELD);
        assertThat(held.err())
                .contains("rows.max-change is 33.3 % (20,000, before 30,000; compared with " + before
                        + "), expected at most 20 %")
                .containsPattern("psi.distance is [0-9.]+ \\(compared with " + before + "\\), expected at most 0.2");
        CommandResult approved = run(job, "--approve", "all flights are longer").expect(0);
        assertThat(batch(job, "verify").expect(0).out()).contains("the results follow from the committed counts");
        assertThat(Files.readString(
                        Path.of(approved.json().get("destination").asText()).resolve("_manifest.json")))
                .contains("\"baseline\" : \"" + before + "\"", "\"before\" : 30000.0", "\"limit\" : 0.2");

        job.edit("checks:", "checks:\n  baseline: " + before);
        assertThat(run(job, "--new").status()).isEqualTo(HELD);
        assertThat(batch(job, "show").expect(0).out()).containsPattern("rows.max-change.*compared with " + before);

        job.edit(before, "flights-20261127t020000-1f2e");
        assertThat(run(job, "--new").expect(1).err())
                .contains("checks.baseline: there is no batch flights-20261127t020000-1f2e");
    }

    /// The example of the page on drift, then with longer flights and without the origin of every fourth one.
    @Test
    void theDriftOfABatchIsReported() throws Exception {
        FlightsJob job = FlightsJob.on(folder, "FROM flights LIMIT 30000");
        Files.writeString(
                job.file(),
                "\nchecks: {on-fail: warn, psi: {all: 0.25, hour: 0.1}, prediction: {psi: 0.25}}\n",
                StandardOpenOption.APPEND);
        String home = job.home().toString();
        String before = run(job).expect(0).json().get("batch").asText();
        assertThat(InProcess.run("batch", "drift", "latest", "--home", home)
                        .expect(0)
                        .out())
                .contains("there was no earlier batch to compare with", "(predictions)", "distance");

        job.write(
                "SELECT * REPLACE (distance * 3 AS distance, CASE WHEN distance % 4 > 0 THEN origin END AS origin) FROM flights LIMIT 20000");
        JsonNode checks = run(job).expect(0).json().get("checks");

        assertThat(checks.findValuesAsText("name")).contains("psi.distance", "psi.hour", "prediction.psi");
        JsonNode drift = InProcess.run("batch", "drift", "latest", "--home", home, "-o", "json")
                .expect(0)
                .json();
        assertThat(drift.get("baseline").asText()).isEqualTo(before);
        assertThat(drift.get("rows").asInt()).isEqualTo(20_000);
        assertThat(drift.get("columns").get(0).get("column").isNull()).isTrue();
        assertThat(drift.get("columns").get(0).get("mean").asDouble()).isBetween(0.0, 1.0);
        JsonNode distance = column(drift, "distance");
        assertThat(distance.get("psi").asDouble()).isGreaterThan(0.25);
        assertThat(distance.get("jensen_shannon").asDouble()).isBetween(0.02, 1.0);
        assertThat(distance.get("missing").asDouble()).isZero();
        assertThat(column(drift, "minute").get("psi").asDouble()).isLessThan(0.1);
        assertThat(column(drift, "origin_code").get("missing").asDouble()).isBetween(0.2, 0.3);
        assertThat(column(drift, "origin_code").get("missing_before").asDouble())
                .isZero();

        assertThat(InProcess.run("batch", "drift", before, "--against", before, "--home", home)
                        .expect(0)
                        .out())
                .containsPattern("distance +0.000 +0.000");
        job.edit("checks: {on-fail: warn, psi: {all: 0.25, hour: 0.1}, prediction: {psi: 0.25}}", "");
        run(job, "--new").expect(0);
        assertThat(InProcess.run("batch", "drift", "latest", "--home", home)
                        .expect(2)
                        .err())
                .contains("has kept no distributions; add checks with psi to the job");
    }

    private static JsonNode column(JsonNode drift, String name) {
        for (JsonNode column : drift.get("columns")) {
            if (column.get("column").asText().equals(name)) {
                return column;
            }
        }
        throw new AssertionError(name + " is not in " + drift);
    }

    @Test
    void aCheckOfAnUnknownColumnStartsNothing() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        Files.writeString(job.file(), "\nchecks: {range: {origin: [0, 1]}}\n", StandardOpenOption.APPEND);

        assertThat(run(job).expect(2).err()).contains("checks.range.origin: origin is VARCHAR");
    }
}
