package io.nightshift.system.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.Nightly;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Schedules, triggers and backfills on a real server, which is killed in between.
@Timeout(600)
final class ScheduleIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int EVERY_SECONDS = 3;
    private static final int KILLS = Integer.getInteger("nightshift.schedule.kills", 2);

    @TempDir
    private Path folder;

    private FlightsJob job(String timing) throws Exception {
        FlightsJob job = FlightsJob.on(folder, "FROM flights LIMIT 200");
        job.edit("job: flights\n", "job: flights\n" + timing);
        return job;
    }

    private static List<JsonNode> json(HomeServer server, String... command) throws IOException {
        List<JsonNode> values = new ArrayList<>();
        String out = server.command(command).expect(0).out();
        try (var parsed = new JsonMapper().readerFor(JsonNode.class).<JsonNode>readValues(out)) {
            parsed.forEachRemaining(value -> {
                if (value.isArray()) {
                    value.forEach(values::add);
                } else {
                    values.add(value);
                }
            });
        }
        return values;
    }

    private static List<JsonNode> runs(HomeServer server) throws IOException {
        return json(server, "job", "runs", "flights", "--limit", "1000", "-o", "json");
    }

    private static List<JsonNode> batches(HomeServer server) throws IOException {
        return json(server, "batch", "list", "--limit", "1000", "-o", "json");
    }

    private static long count(HomeServer server, String state) throws IOException {
        return runs(server).stream()
                .filter(run -> run.get("state").asText().equals(state))
                .count();
    }

    /// The kills come at random moments: `-Dnightshift.schedule.seed=N` repeats them.
    @Test
    @Nightly(shortForm = "NoSharedDiskIT.eachTickHasOneRunWhateverIsKilledAroundIt")
    void noTickIsLostAndNoneComesTwiceWhenTheServerIsKilled() throws Exception {
        FlightsJob job = job("""
                parameters: {at: timestamp}
                schedule:
                  cron: "*/%d * * * * *"
                  parameters: {at: "{scheduled:timestamp}"}
                  catch-up: all
                  overlap: queue
                """.formatted(EVERY_SECONDS));
        long seed = Long.getLong("nightshift.schedule.seed", System.nanoTime());
        Random random = new Random(seed);
        try (HomeServer server = new HomeServer(folder)) {
            server.command("job", "apply", job.file().toString()).expect(0);
            for (int kill = 1; kill <= KILLS; kill++) {
                int published = kill;
                await().atMost(PATIENCE)
                        .pollInterval(Duration.ofMillis(500))
                        .until(() -> job.published().size() >= published);
                Thread.sleep(random.nextLong(2 * EVERY_SECONDS * 1000L));
                server.kill();
                server.restart();
            }
            await().atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> job.published().size() > KILLS);
            server.command("job", "pause", "flights").expect(0);
            await().atMost(PATIENCE).pollInterval(Duration.ofSeconds(1)).until(() -> count(server, "running") == 0);

            checkRuns(seed, runs(server), job);
            assertThat(batches(server))
                    .extracting(batch -> batch.at("/parameters/at").asText())
                    .doesNotHaveDuplicates()
                    .hasSameSizeAs(job.published());
            server.command("job", "delete", "flights").expect(0);
        }
    }

    /// Each tick from the first to the last has one run, and each run that has started has a published batch
    /// of its own.
    private static void checkRuns(long seed, List<JsonNode> runs, FlightsJob job) throws IOException {
        TreeSet<Instant> ticks = new TreeSet<>();
        Set<String> batches = new TreeSet<>();
        for (JsonNode run : runs) {
            assertThat(ticks.add(Instant.parse(run.get("tick").asText())))
                    .as("seed %d: %s comes twice", seed, run)
                    .isTrue();
            if (!run.get("state").asText().equals("waiting")) {
                assertThat(run.get("state").asText())
                        .as("seed %d: %s", seed, run)
                        .isEqualTo("published");
                assertThat(batches.add(run.get("batch").asText()))
                        .as("seed %d: %s has the batch of another run", seed, run)
                        .isTrue();
            }
        }
        assertThat(batches).hasSizeGreaterThan(KILLS).hasSameSizeAs(job.published());
        for (Instant tick = ticks.first(); tick.isBefore(ticks.last()); tick = tick.plusSeconds(EVERY_SECONDS)) {
            assertThat(ticks)
                    .as("seed %d: ticks from %s to %s", seed, ticks.first(), ticks.last())
                    .contains(tick);
        }
    }

    @Test
    @Nightly(
            shortForm = {
                "ServedJobsIT.eachStateOfASourceStartsOneRun",
                "ServedJobsIT.aBackfillStartsWhatIsMissingAndSurvivesAKill"
            })
    void newFilesStartARunAndABackfillSurvivesKills() throws Exception {
        FlightsJob job = job("""
                parameters: {day: {type: date, default: 2026-01-01}}
                trigger:
                  when: {files: 1}
                  every: 1s
                  parameters: {day: "{triggered:date}"}
                """);
        try (HomeServer server = new HomeServer(folder)) {
            server.command("job", "apply", job.file().toString()).expect(0);
            await().atMost(PATIENCE).until(() -> job.published().size() == 1);

            server.command("backfill", "flights", "--from", "2001-01-01", "--to", "2001-01-08", "--parallel", "2")
                    .expect(0);
            for (int published : List.of(2, 4)) {
                await().atMost(PATIENCE).until(() -> job.published().size() >= published);
                server.kill();
                server.restart();
            }
            await().atMost(PATIENCE)
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> job.published().size() == 9);

            // Nothing is missing any more, so the same range again starts nothing.
            server.command("backfill", "flights", "--from", "2001-01-01", "--to", "2001-01-08")
                    .expect(0);
            server.command("backfill", "show", "flights", "--wait").expect(0);
            assertThat(job.published()).hasSize(9);
            assertThat(batches(server))
                    .extracting(batch -> batch.at("/parameters/day").asText())
                    .hasSize(9)
                    .doesNotHaveDuplicates()
                    .contains("2001-01-01", "2001-01-08");
        }
    }
}
