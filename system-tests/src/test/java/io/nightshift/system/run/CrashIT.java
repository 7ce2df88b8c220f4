package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.cli.Main;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.Nightly;
import io.nightshift.testing.PublishedParquet;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// Kills the program with SIGKILL at times spread over a batch's life, restarts it, and checks that nothing
/// is lost, repeated or left behind.
///
/// A seed determines the times of the kills, and is in the names of the tests: `-Dnightshift.crash.seed=N` repeats
/// them. The number of rounds is `-Dnightshift.crash.rounds=N`. By default, each build draws two of the six phases
/// of a batch; the nightly workflow runs 60 rounds.
final class CrashIT {

    private static final long SEED = Long.getLong("nightshift.crash.seed", System.currentTimeMillis());
    private static final int ROUNDS = Integer.getInteger("nightshift.crash.rounds", 2);

    private static final int ROWS = 90_000;

    /// Approximate, because a partition holds whole row groups.
    private static final int PARTITIONS = 15;

    private static final Pattern PLANNED = Pattern.compile(" planned: ");
    private static final Pattern LEASED = Pattern.compile("\\.(\\d+)\\.\\d+-\\d+ leased");
    private static final Pattern COMMITTED = Pattern.compile("\\.(\\d+)\\.\\d+-\\d+ committed");
    private static final Pattern PUBLISHING = Pattern.compile("is being published");
    private static final Pattern PUBLISHED = Pattern.compile(" published: in ");

    /// The time of a kill: a delay after the start, or after the log has a number of matching lines.
    private record Instant(Pattern after, int times, Duration delay) {

        private static final int PHASES = 6;

        static Instant draw(int phase, Random random) {
            return switch (phase % PHASES) {
                case 0 -> new Instant(Pattern.compile(""), 0, millis(300 + random.nextInt(2500)));
                case 1 -> new Instant(PLANNED, 1, millis(random.nextInt(20)));
                case 2 -> new Instant(LEASED, 1 + random.nextInt(PARTITIONS), millis(random.nextInt(60)));
                case 3 -> new Instant(COMMITTED, 1 + random.nextInt(PARTITIONS), micros(random.nextInt(3000)));
                case 4 -> new Instant(PUBLISHING, 1, micros(random.nextInt(60_000)));
                default -> new Instant(PUBLISHED, 1, micros(random.nextInt(2000)));
            };
        }

        private static Duration millis(int millis) {
            return Duration.ofMillis(millis);
        }

        private static Duration micros(int micros) {
            return Duration.ofNanos(micros * 1000L);
        }

        @Override
        public String toString() {
            return after.pattern().isEmpty()
                    ? "%d ms after the start".formatted(delay.toMillis())
                    : "%d µs after line %d of «%s»".formatted(delay.toNanos() / 1000, times, after);
        }
    }

    @TempDir
    static Path folder;

    private static Path input = Path.of("");
    private static String undisturbed = "";
    private static int partitions;

    @BeforeAll
    static void runUndisturbed() throws IOException, InterruptedException, SQLException {
        input = FlightsJob.on(folder.resolve("input"), "FROM flights LIMIT " + ROWS)
                .input();
        FlightsJob job = job(folder.resolve("undisturbed"));
        CommandResult end = InProcess.run(arguments(job));
        assertThat(end.status()).as(end.err()).isZero();
        assertThat(end.json().get("predictions").asInt()).isEqualTo(ROWS);
        partitions = end.json().get("partitions").asInt();
        undisturbed = PublishedParquet.digest(job.predictions());
    }

    /// A job on the input that all jobs share, because its path is part of their output.
    private static FlightsJob job(Path folder) throws IOException {
        FlightsJob job = FlightsJob.in(folder);
        job.edit(FlightsJob.example().resolve("flights.parquet").toString(), input.toString());
        return job;
    }

    private static String[] arguments(FlightsJob job) {
        return job.run("--set", "partitions.rows=" + ROWS / PARTITIONS, "--threads", "2")
                .toArray(String[]::new);
    }

    @TestFactory
    Stream<DynamicTest> aKilledBatchGoesOnAndEndsAsIfNothingHadHappened() {
        Random random = new Random(SEED);
        int first = random.nextInt(Instant.PHASES);
        List<DynamicTest> tests = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            List<Instant> instants = List.of(Instant.draw(first + round, random));
            tests.add(DynamicTest.dynamicTest(
                    "round %d of seed %d: killed %s".formatted(round, SEED, instants), () -> killAndResume(instants)));
        }
        return tests.stream();
    }

    @Test
    @Nightly(shortForm = "CrashIT.aKilledBatchGoesOnAndEndsAsIfNothingHadHappened")
    void aBatchKilledTwiceInARowResumes() throws Exception {
        killAndResume(List.of(
                new Instant(COMMITTED, 5, Duration.ofMillis(1)), new Instant(COMMITTED, 14, Duration.ofMillis(5))));
    }

    @Test
    @Nightly(shortForm = "CrashIT.aBatchKilledAgainAndAgainWhileItIsPublishedIsPublishedOnce")
    void aBatchKilledWhileItIsResumedResumes() throws Exception {
        killAndResume(List.of(
                new Instant(COMMITTED, 8, Duration.ofMillis(3)),
                new Instant(Pattern.compile(" took over: "), 1, Duration.ofMillis(2)),
                new Instant(Pattern.compile(" took over: "), 2, Duration.ofMillis(40))));
    }

    @Test
    void aBatchKilledAgainAndAgainWhileItIsPublishedIsPublishedOnce() throws Exception {
        killAndResume(List.of(
                new Instant(PUBLISHING, 1, Duration.ofMillis(4)),
                new Instant(PUBLISHING, 2, Duration.ofMillis(12)),
                new Instant(PUBLISHING, 3, Duration.ofMillis(25))));
    }

    private static void killAndResume(List<Instant> instants) throws Exception {
        FlightsJob job = job(Files.createTempDirectory(folder, "round"));
        for (Instant instant : instants) {
            kill(job, instant);
            assertThat(visible(job)).as("published folders after a kill").hasSizeLessThanOrEqualTo(1);
        }
        Set<String> before = batches(job);
        CommandResult end = ProgramProcess.run(job.folder(), arguments(job));
        assertThat(end.status()).as(end.err()).isZero();
        JsonNode result = end.json();
        assertThat(result.get("state").asText()).isEqualTo("published");
        assertThat(result.get("predictions").asInt()).isEqualTo(ROWS);
        assertThat(result.get("partitions").asInt()).isEqualTo(partitions);
        String batch = result.get("batch").asText();
        if (!before.isEmpty()) {
            assertThat(before).as("the batch before and after").containsExactly(batch);
        }
        assertNothingIsScoredTwice(job);
        assertThat(visible(job)).containsExactly("batch=" + batch);
        assertThat(job.predictions().resolve(".staging")).doesNotExist();
        assertThat(PublishedParquet.digest(job.predictions())).isEqualTo(undisturbed);
        assertThat(Main.run("batch", "verify", batch, "--home", job.home().toString()))
                .isZero();
    }

    private static void kill(FlightsJob job, Instant instant) throws IOException, InterruptedException {
        try (ProgramProcess program = ProgramProcess.start(job.folder(), List.of(arguments(job)))) {
            if (instant.times() > 0) {
                program.awaitLog(job.log(), instant.after(), instant.times());
            }
            LockSupport.parkNanos(instant.delay().toNanos());
            program.kill();
            program.end();
        }
    }

    private static Set<String> batches(FlightsJob job) throws IOException {
        Set<String> batches = new HashSet<>();
        if (Files.exists(job.log())) {
            Matcher matcher =
                    Pattern.compile("(flights-\\d{8}t\\d{6}-[0-9a-f]{4})").matcher(Files.readString(job.log()));
            while (matcher.find()) {
                batches.add(matcher.group(1));
            }
        }
        return batches;
    }

    private static void assertNothingIsScoredTwice(FlightsJob job) throws IOException {
        Set<String> committed = new HashSet<>();
        for (String line : Files.readAllLines(job.log())) {
            Matcher lease = LEASED.matcher(line);
            if (lease.find()) {
                assertThat(committed).as("partitions committed before: " + line).doesNotContain(lease.group(1));
            }
            Matcher commit = COMMITTED.matcher(line);
            if (commit.find()) {
                committed.add(commit.group(1));
            }
        }
    }

    private static List<String> visible(FlightsJob job) throws IOException {
        if (!Files.exists(job.predictions())) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(job.predictions())) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> !name.startsWith("."))
                    .toList();
        }
    }
}
