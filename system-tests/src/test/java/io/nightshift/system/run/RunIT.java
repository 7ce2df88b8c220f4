package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.cli.Main;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.PublishedParquet;
import io.nightshift.testing.gate.ScoringGate;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// The command `run` as a process.
final class RunIT {

    private static final Pattern COMMITTED = Pattern.compile(" committed");

    /// Cut into 30 partitions, so that a run can be stopped between commits.
    private static final String MANY = "SELECT * FROM flights ORDER BY date LIMIT 60000";

    private static final String FEW = "SELECT * FROM flights LIMIT 3000";

    @TempDir
    private Path folder;

    /// Two runs of one job: the first prints JSON, the second prints a summary for people.
    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    final class Output {

        private FlightsJob job;
        private CommandResult json;
        private CommandResult summary;

        @BeforeAll
        void run(@TempDir Path shared) throws Exception {
            job = FlightsJob.on(shared, FEW);
            json = ProgramProcess.run(
                            job,
                            "--profile",
                            "--threads",
                            "1",
                            "--set",
                            "partitions.rows=500",
                            "--set",
                            "output.margin=true")
                    .expect(0, "Batch flights-");
            summary = InProcess.run(
                            "run",
                            job.file().toString(),
                            "--home",
                            job.home().toString(),
                            "--new",
                            "--set",
                            "destination.schema=new",
                            "--profile")
                    .expect(0);
        }

        @Test
        void theJsonOfAPublishedRunHasTheDocumentedKeys() {
            JsonNode run = json.json();
            assertThat(run.properties().stream()
                            .map(entry ->
                                    entry.getKey() + " " + entry.getValue().getNodeType()))
                    .containsExactlyInAnyOrder(
                            "batch STRING",
                            "state STRING",
                            "rows NUMBER",
                            "rows_this_run NUMBER",
                            "predictions NUMBER",
                            "quarantined NUMBER",
                            "unseen_categories OBJECT",
                            "partitions NUMBER",
                            "committed NUMBER",
                            "resumed BOOLEAN",
                            "already_published BOOLEAN",
                            "seconds NUMBER",
                            "seconds_to_first_row NUMBER",
                            "destination STRING",
                            "failure NULL",
                            "use OBJECT",
                            "profile OBJECT");
            assertThat(run.get("state").asText()).isEqualTo("published");
            assertThat(run.get("rows").asInt()).isEqualTo(3000);
            assertThat(run.get("predictions").asInt()).isEqualTo(3000);
            assertThat(run.get("partitions").asInt()).isEqualTo(6);
            assertThat(run.get("resumed").asBoolean()).isFalse();
            assertThat(Path.of(run.get("destination").asText()))
                    .isEqualTo(job.predictions()
                            .resolve("batch=" + run.get("batch").asText()));
            assertThat(json.out().lines()).as("only the JSON").hasSize(1);
        }

        @Test
        void aProfileSaysWhereTheTimeWent() {
            JsonNode profile = json.json().get("profile");
            JsonNode threads = profile.get("threads");
            assertThat(names(profile))
                    .containsExactly("start", "plan", "first_row", "score", "publish", "end", "threads");
            assertThat(names(threads))
                    .containsExactly("count", "prepare", "read", "features", "score", "write", "seal", "rest", "idle");
            double spans = 0;
            for (String span : List.of("start", "plan", "first_row", "score", "publish", "end")) {
                spans += profile.get(span).asDouble();
            }
            // The report is written after the last span.
            assertThat(spans)
                    .isPositive()
                    .isLessThanOrEqualTo(json.json().get("seconds").asDouble() + 0.01);
            assertThat(profile.get("start").asDouble()
                            + profile.get("plan").asDouble()
                            + profile.get("first_row").asDouble())
                    .isCloseTo(json.json().get("seconds_to_first_row").asDouble(), within(0.01));
            for (String step : List.of("prepare", "features", "score", "rest")) {
                assertThat(threads.get(step).asDouble()).as(step).isPositive();
            }
            assertThat(summary.out())
                    .contains("where the time went")
                    .containsPattern("scoring, to the last commit +[0-9.]+ +[0-9.]+")
                    .containsPattern("what the \\d+ scoring threads did");
        }

        private List<String> names(JsonNode object) {
            return object.properties().stream().map(Map.Entry::getKey).toList();
        }

        @Test
        void theMarginIsWrittenNextToThePredictionIfRequested() throws Exception {
            String wrong = "abs(1 / (1 + exp(-margin)) - probability) > 1e-6 OR prediction <> (margin > 0)::INT";
            assertThat(PublishedParquet.query(
                            "SELECT concat_ws(' ', count(*), count(DISTINCT margin) > 100, count(*) FILTER (%s)) FROM '%s/part-*.parquet'"
                                    .formatted(
                                            wrong,
                                            json.json().get("destination").asText())))
                    .isEqualTo("3000 true 0");
        }

        @Test
        void theSummaryForPeopleHasAQueryThatWorks() throws Exception {
            assertThat(summary.out())
                    .containsPattern(
                            "Published 3,000 predictions in [0-9.]+ s \\([0-9,]+ rows/s .*\\), 0 rows quarantined")
                    .containsPattern("verify       nightshift batch verify flights-\\S+ --home " + job.home());
            Matcher query = Pattern.compile("duckdb -c \"(.*)\"").matcher(summary.out());
            assertThat(query.find()).isTrue();
            assertThat(PublishedParquet.query("SELECT sum(#2) FROM (%s)".formatted(query.group(1))))
                    .isEqualTo("3000");
        }

        @Test
        void onePartitionIsLeasedAheadOfThoseThatAreScored() throws Exception {
            assertThat(Files.readAllLines(job.log()).stream()
                            .takeWhile(line -> !COMMITTED.matcher(line).find())
                            .filter(line -> line.contains(" leased to ")))
                    .hasSize(2);
        }
    }

    @Test
    void aPublishedBatchRunsAgainOnlyOnAChangeOrOnDemand() throws Exception {
        FlightsJob job = FlightsJob.on(folder, FEW);
        JsonNode opened = InProcess.run(job).expect(0).json();
        assertThat(opened.has("profile")).as("without --profile").isFalse();
        String first = opened.get("batch").asText();

        JsonNode again = InProcess.run(job).expect(0).json();
        assertThat(again.get("already_published").asBoolean()).isTrue();
        assertThat(again.get("batch").asText()).isEqualTo(first);
        assertThat(job.published()).hasSize(1);

        job.write("SELECT * FROM flights LIMIT 2999");
        assertThat(InProcess.run(job).expect(0).json().get("predictions").asInt())
                .isEqualTo(2999);
        assertThat(job.published()).hasSize(2);

        CommandResult.of(
                        Main.commandLine(),
                        "model",
                        "train",
                        "--algorithm",
                        "decision-tree",
                        "--target",
                        "delayed=delay > 15",
                        "--job",
                        job.file().toString(),
                        "--name",
                        "tree",
                        "--home",
                        job.home().toString())
                .expect(0);
        InProcess.run(job, "--set", "model=tree", "--set", "job=flights")
                .expect(2, "prediction was INTEGER, and is VARCHAR", "write destination.schema: new");
        InProcess.run(job, "--set", "model=tree", "--set", "job=flights", "--set", "destination.schema=new")
                .expect(0);
        assertThat(job.published()).hasSize(3);

        assertThat(InProcess.run(job, "--set", "model=tree")
                        .expect(0)
                        .json()
                        .get("already_published")
                        .asBoolean())
                .isTrue();
        InProcess.run(job, "--set", "model=tree", "--new").expect(0);
        assertThat(job.published()).hasSize(4);

        InProcess.run(job, "--set", "model=tree", "--set", "output.margin=true")
                .expect(2, "output.margin: the model has no margin");
    }

    @Test
    void threadsAndPartitionsMakeNoDifferenceToThePredictions() throws Exception {
        FlightsJob one = FlightsJob.on(folder.resolve("one"), MANY);
        FlightsJob other = FlightsJob.in(folder.resolve("other"));
        other.edit(
                FlightsJob.example().resolve("flights.parquet").toString(),
                one.input().toString());

        assertThat(InProcess.run(one, "--threads", "1", "--set", "partitions.rows=7001")
                        .expect(0)
                        .json()
                        .get("partitions")
                        .asInt())
                .isEqualTo(9);
        InProcess.run(other, "--threads", "2", "--set", "partitions.rows=60000").expect(0);

        assertThat(PublishedParquet.digest(one.predictions())).isEqualTo(PublishedParquet.digest(other.predictions()));
    }

    @Test
    void badRowsBeyondTheLimitsFailTheBatchEarly() throws Exception {
        FlightsJob job = FlightsJob.on(
                folder,
                "SELECT * REPLACE (if(distance = 733, 'inf'::DOUBLE, distance) AS distance) FROM (" + MANY + ")");
        int bad = Integer.parseInt(
                PublishedParquet.query("SELECT count(*) FROM '%s' WHERE isinf(distance)".formatted(job.input())));
        assertThat(bad).isGreaterThan(200);
        String rows = "partitions.rows=2000";

        CommandResult failed = InProcess.run(job, "--set", rows, "--threads", "1");
        failed.expect(
                1, " rows are quarantined, errors.max-", "own.parquet row ", "distance", "start over: nightshift run");
        assertThat(failed.json().get("state").asText()).isEqualTo("failed");
        assertThat(failed.json().get("failure").asText()).contains("rows are quarantined");
        assertThat(failed.json().get("committed").asInt()).as("early").isLessThan(30);
        assertThat(job.published()).isEmpty();

        JsonNode published = InProcess.run(
                        job, "--set", rows, "--set", "errors.max-rate=0.05", "--set", "errors.max-rows=30000", "--new")
                .expect(0)
                .json();
        assertThat(published.get("quarantined").asInt()).isEqualTo(bad);
        assertThat(published.get("predictions").asInt()).isEqualTo(60_000 - bad);
        assertThat(PublishedParquet.query("SELECT count(*) || ' ' || count(reason) FROM '%s/_quarantine-*.parquet'"
                        .formatted(published.get("destination").asText())))
                .isEqualTo(bad + " " + bad);
        assertThat(job.published()).hasSize(1);
        assertThat(job.predictions().resolve(".staging")).doesNotExist();
    }

    @Test
    void aRepeatedIdIsRefusedBeforePublishing() throws Exception {
        FlightsJob job = FlightsJob.on(
                folder,
                "SELECT *, if(n = 2500, 7, n) AS flight FROM (SELECT *, row_number() OVER () AS n FROM flights LIMIT 3000)");
        job.edit("source:", "source:\n  id: flight\n  unique-id: true");

        InProcess.run(job, "--set", "partitions.rows=1000").expect(1, "the column flight is not unique", "7 × 2");

        assertThat(job.published()).isEmpty();
    }

    @Test
    void aKilledBatchResumesOnlyWithTheJobAndTheInputItWasOpenedWith() throws Exception {
        FlightsJob job = FlightsJob.on(folder, MANY);
        killInTheMiddle(job);

        InProcess.run(job, "--set", "partitions.rows=2000", "--set", "errors.max-rate=0.9")
                .expect(2, "is open, but its job file has changed", "Undo the change", "--new");

        byte[] content = Files.readAllBytes(job.input());
        FileTime modified = Files.getLastModifiedTime(job.input());
        job.write("SELECT * FROM flights LIMIT 59999");
        InProcess.run(job, "--set", "partitions.rows=2000")
                .expect(
                        2,
                        "is open, but its input has changed",
                        "Restore the files",
                        "--new",
                        job.input() + " has changed: its length was ",
                        " bytes",
                        "modified");
        assertThat(job.published()).isEmpty();

        Files.write(job.input(), content);
        Files.setLastModifiedTime(job.input(), modified);
        JsonNode json =
                InProcess.run(job, "--set", "partitions.rows=2000").expect(0).json();
        assertThat(json.get("resumed").asBoolean()).isTrue();
        assertThat(json.get("predictions").asInt()).isEqualTo(60_000);
        assertThat(job.published()).hasSize(1);
    }

    @Test
    void aNewBatchGivesTheOpenOneUpAndRemovesItsStagedFiles() throws Exception {
        FlightsJob job = FlightsJob.on(folder, MANY);
        killInTheMiddle(job);
        assertThat(job.predictions().resolve(".staging")).isNotEmptyDirectory();

        JsonNode json = InProcess.run(job, "--set", "partitions.rows=30000", "--new")
                .expect(0)
                .json();

        assertThat(json.get("resumed").asBoolean()).isFalse();
        assertThat(job.published()).hasSize(1);
        assertThat(job.predictions().resolve(".staging")).doesNotExist();
    }

    /// Kills the run of a job when it has committed three partitions.
    private static void killInTheMiddle(FlightsJob job) throws Exception {
        ScoringGate gate = ScoringGate.closed(job.folder().resolve("gate"));
        gate.admit(3);
        List<String> arguments = job.run("--set", "partitions.rows=2000", "--threads", "1");
        try (ProgramProcess program = ProgramProcess.start(job.folder(), gate, arguments)) {
            assertThat(program.awaitLog(job.log(), COMMITTED, 3)).isTrue();
            gate.awaitWaiting(1);
            program.kill();
            assertThat(program.end().status()).isEqualTo(137);
        }
        assertThat(job.published()).isEmpty();
    }

    @Test
    void anUnpublishedBatchIsInvisibleAndKeepsOtherProcessesOut() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        List<String> arguments = job.run("--set", "partitions.rows=15000", "--threads", "1");
        ScoringGate gate = ScoringGate.closed(folder.resolve("gate"));
        gate.admit(1);
        Set<String> seen = new TreeSet<>();
        try (ProgramProcess program = ProgramProcess.start(folder, gate, arguments)) {
            assertThat(program.awaitLog(job.log(), COMMITTED, 1)).isTrue();
            gate.awaitWaiting(1);
            InProcess.run(job)
                    .expect(
                            2,
                            "process %d (nightshift run ".formatted(program.id()),
                            " is using %s. Wait for it".formatted(job.home()));
            assertThat(parts(job)).as("while partitions are committed").isEmpty();
            gate.open();
            while (program.isAlive()) {
                seen.addAll(parts(job));
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
            JsonNode json = program.end().expect(0).json();
            Pattern published = Pattern.compile("batch=" + json.get("batch").asText() + "/part-\\d+\\.parquet");
            assertThat(seen)
                    .allMatch(part -> part.startsWith(".staging/")
                            || published.matcher(part).matches());
            assertThat(seen.stream().filter(part -> part.startsWith(".staging/")))
                    .as("only while the batch is assembled under its final names")
                    .allMatch(part -> part.contains("/output-1/part-"));
        }
    }

    /// The files that match `predictions/**/part-*.parquet`, including those in hidden folders.
    private static Set<String> parts(FlightsJob job) throws IOException {
        if (!Files.exists(job.predictions())) {
            return Set.of();
        }
        try (Stream<Path> walk = Files.walk(job.predictions())) {
            return walk.map(path -> job.predictions().relativize(path))
                    .filter(path -> path.getFileName().toString().matches("part-.*\\.parquet"))
                    .map(Path::toString)
                    .collect(Collectors.toSet());
        } catch (java.io.UncheckedIOException e) {
            // The folder was renamed during the walk.
            return Set.of();
        }
    }
}
