package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.PublishedParquet;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Batches that try another version of their model first: one that predicts nearly the same, and one that does not.
final class RolloutIT {

    private static final int ROWS = 60_000;
    private static final int PARTITIONS = 20;

    /// A regression tree with one split: -1 below it, 2 from there on.
    private static final String MODEL = """
            {"learner":{"attributes":{},"feature_names":["x"],"feature_types":["float"],
            "gradient_booster":{"model":{"gbtree_model_param":{"num_parallel_tree":"1","num_trees":"1"},
            "iteration_indptr":[0,1],"tree_info":[0],"trees":[{"base_weights":[0,-1,2],"categories":[],
            "categories_nodes":[],"categories_segments":[],"categories_sizes":[],"default_left":[1,0,0],"id":0,
            "left_children":[1,-1,-1],"loss_changes":[1,0,0],"parents":[2147483647,0,0],"right_children":[2,-1,-1],
            "split_conditions":[%s,-1,2],"split_indices":[0,0,0],"split_type":[0,0,0],"sum_hessian":[2,1,1],
            "tree_param":{"num_deleted":"0","num_feature":"1","num_nodes":"3","size_leaf_vector":"1"}}]},"name":"gbtree"},
            "learner_model_param":{"base_score":"0E0","boost_from_average":"1","num_class":"0","num_feature":"1",
            "num_target":"1"},"objective":{"name":"reg:squarederror","reg_loss_param":{"scale_pos_weight":"1"}}},
            "version":[2,1,0]}
            """;

    @TempDir
    private Path folder;

    /// Version 1 is the champion; 2 predicts nearly the same; 3 predicts something else for a quarter of the rows.
    @BeforeEach
    void threeVersions() throws Exception {
        for (String split : List.of("0.5", "0.505", "0.25")) {
            Files.writeString(folder.resolve("step.json"), MODEL.formatted(split));
            command("model", "import", folder.resolve("step.json").toString());
        }
        command("model", "promote", "step@1");
        write();
    }

    private void write() throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "COPY (SELECT i AS id, i %% 1000 / 1000.0 AS x FROM range(%d) t(i)) TO '%s' (FORMAT parquet, ROW_GROUP_SIZE 2048)"
                            .formatted(ROWS, folder.resolve("source.parquet")));
        }
    }

    private void tryVersion(int version) throws IOException {
        command("model", "alias", "step@" + version, "candidate");
        job("""
                rollout:
                  candidate: step@candidate
                  guards: {prediction-psi: 0.1, prediction-nulls: 0, quarantined: 0}
                  on-pass: promote
                """);
    }

    private void job(String rollout) throws IOException {
        Files.writeString(folder.resolve("job.yaml"), """
                job: step
                model: step@champion
                source: {parquet: source.parquet, select: {x: CAST(x AS FLOAT)}}
                destination: {parquet: predictions}
                partitions: {rows: %d}
                %s
                """.formatted(ROWS / PARTITIONS, rollout));
    }

    private CommandResult command(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--home", folder.resolve("home").toString()));
        return InProcess.run(all.toArray(String[]::new)).expect(0);
    }

    private String[] run() {
        return new String[] {
            "run",
            folder.resolve("job.yaml").toString(),
            "--home",
            folder.resolve("home").toString(),
            "-o",
            "json",
            "--threads",
            "2"
        };
    }

    /// Starts a run and kills it when its log has the text, or when it ends.
    private void killAt(String text) throws IOException {
        Path log = folder.resolve("home/logs/nightshift.log");
        try (ProgramProcess running = ProgramProcess.start(folder, List.of(run()))) {
            await().atMost(Duration.ofMinutes(2))
                    .pollInterval(Duration.ofMillis(2))
                    .until(() -> !running.isAlive()
                            || ProgramProcess.matches(log, Pattern.compile(text, Pattern.LITERAL)) > 0);
            running.kill();
        }
    }

    private String digest() throws SQLException {
        return PublishedParquet.digest(folder.resolve("predictions"));
    }

    private String versions() throws SQLException {
        return PublishedParquet.query("SELECT list(DISTINCT model_version) FROM '%s/batch=*/part-*.parquet'"
                .formatted(folder.resolve("predictions")));
    }

    private JsonNode manifest() throws IOException {
        try (Stream<Path> batches = Files.list(folder.resolve("predictions"))) {
            Path published = batches.filter(
                            path -> String.valueOf(path.getFileName()).startsWith("batch="))
                    .findFirst()
                    .orElseThrow();
            return new com.fasterxml.jackson.databind.ObjectMapper()
                    .readTree(published.resolve("_manifest.json").toFile());
        }
    }

    private void requireVerified() {
        assertThat(command("batch", "verify", "latest").out()).contains("_manifest.json is the one recorded");
    }

    @Test
    void aGoodCandidateScoresTheWholeBatchAndIsPromoted() throws Exception {
        tryVersion(2);
        assertThat(command("plan", folder.resolve("job.yaml").toString()).out())
                .containsPattern("rollout +step@2 scores [23] of [0-9]+ partitions first")
                .contains("prediction-psi at most 0.1", "it scores the others, and step@champion is moved to it");

        JsonNode end = InProcess.run(run()).expect(0).json();

        assertThat(end.get("predictions").asInt()).isEqualTo(ROWS);
        assertThat(versions()).isEqualTo("[2]");
        JsonNode shown = command("batch", "show", "latest", "-o", "json").json();
        assertThat(shown.get("model").asText()).isEqualTo("step@2");
        assertThat(shown.at("/rollout/state").asText()).isEqualTo("passed");
        assertThat(shown.at("/rollout/promoted").asText()).isEqualTo("champion");
        assertThat(shown.at("/rollout/guards")).hasSize(3);
        assertThat(shown.at("/rollout/guards/2/value").asDouble()).isBetween(0.0, 0.1);
        assertThat(command("batch", "show", "latest").out())
                .containsPattern("rollout +step@2 has passed on [23] partitions .* the alias champion was moved to it");
        assertThat(command("model", "history", "step").out())
                .contains(shown.get("batch").asText(), "the canary has passed");
        assertThat(manifest().at("/model/version").asInt()).isEqualTo(2);
        assertThat(manifest().at("/rollout/champion/version").asInt()).isEqualTo(1);
        requireVerified();

        assertThat(InProcess.run(run()).expect(0).json().get("batch")).isEqualTo(shown.get("batch"));
        assertThat(command("plan", folder.resolve("job.yaml").toString()).out())
                .contains(
                        "rollout     none: step@candidate is not set, is the version of the model, or was rolled back");
        assertThat(command("model", "rollback", "step@2", "-o", "json").json().at("/batches/0/batch"))
                .isEqualTo(shown.get("batch"));
        // The version that was withdrawn is not tried again, and the run is scored again with the other one.
        assertThat(command("plan", folder.resolve("job.yaml").toString()).out()).contains("rollout     none");
        InProcess.run(run()).expect(0);
        assertThat(versions()).contains("1", "2");
    }

    @Test
    void aBadCandidateLeavesNothingEvenAfterAKill() throws Exception {
        job("");
        InProcess.run(run()).expect(0);
        String expected = digest();
        io.nightshift.storage.filesystem.Folders.deleteTree(folder.resolve("predictions"));

        tryVersion(3);
        for (String step : KillSteps.draw(List.of(
                "and no other is scored before it has passed", "has failed, and step@1 scores the whole batch"))) {
            killAt(step);
        }
        JsonNode end = InProcess.run(run()).expect(0).json();

        assertThat(end.get("predictions").asInt()).isEqualTo(ROWS);
        assertThat(versions()).isEqualTo("[1]");
        assertThat(digest()).isEqualTo(expected);
        JsonNode shown = command("batch", "show", "latest", "-o", "json").json();
        assertThat(shown.at("/rollout/state").asText()).isEqualTo("failed");
        assertThat(shown.at("/rollout/text").asText())
                .contains("prediction-psi is 0.2", "expected at most 0.1")
                .doesNotContain("quarantined is");
        assertThat(shown.at("/rollout").has("promoted")).isFalse();
        assertThat(command("batch", "events", "latest").out())
                .containsPattern("canary started +the candidate scores partitions")
                .containsPattern("canary decided +the candidate has failed");
        assertThat(command("model", "history", "step").out()).doesNotContain("the canary has passed");
        assertThat(manifest().at("/model/version").asInt()).isEqualTo(1);
        requireVerified();
    }

    @Test
    void aGoodCandidateIsPromotedOnceIfTheProgramIsKilledAtEachStep() throws Exception {
        tryVersion(2);
        for (String step : KillSteps.draw(List.of(
                "and no other is scored before it has passed", "the candidate has passed", "is being published"))) {
            killAt(step);
        }
        JsonNode end = InProcess.run(run()).expect(0).json();

        assertThat(end.get("predictions").asInt()).isEqualTo(ROWS);
        assertThat(versions()).isEqualTo("[2]");
        assertThat(command("model", "history", "step").out()).containsOnlyOnce("the canary has passed");
        requireVerified();
    }

    private void shadow(int version, String more) throws IOException {
        command("model", "alias", "step@" + version, "candidate");
        job("rollout: {candidate: step@candidate, mode: shadow%s}".formatted(more));
    }

    @Test
    void aShadowComparesTheVersionsAndChangesNothingThatIsPublished() throws Exception {
        job("");
        InProcess.run(run()).expect(0);
        String expected = digest();
        io.nightshift.storage.filesystem.Folders.deleteTree(folder.resolve("predictions"));

        shadow(3, ", sample: 30%, differences: 3");
        assertThat(command("plan", folder.resolve("job.yaml").toString()).out())
                .containsPattern("rollout +step@3 scores [0-9]+ of [0-9]+ partitions in addition, unpublished");
        killAt("in addition, unpublished");
        JsonNode end = InProcess.run(run()).expect(0).json();

        assertThat(end.at("/shadow/state").asText()).isEqualTo("completed");
        assertThat(versions()).isEqualTo("[1]");
        assertThat(digest()).isEqualTo(expected);
        JsonNode shown = command("batch", "show", "latest", "-o", "json").json();
        JsonNode shadow = shown.get("shadow");
        assertThat(shown.get("model").asText()).isEqualTo("step@1");
        assertThat(shadow.get("partitions")).isEqualTo(shadow.get("chosen"));
        assertThat(shadow.get("rows").asInt()).isBetween(15_000, 25_000);
        // Three quarters of the rows are the same, and the others differ by 3.
        assertThat(shadow.get("mean").asDouble()).isBetween(0.7, 0.8);
        assertThat(shadow.get("psi").asDouble()).isGreaterThan(0.1);
        assertThat(shadow.has("agreement")).isFalse();
        assertThat(shadow.get("processor_seconds").asDouble()).isPositive();
        assertThat(shadow.get("share").asDouble()).isBetween(0.0, 1.0);
        assertThat(shadow.get("largest")).hasSize(3).allSatisfy(row -> {
            assertThat(row.get("champion").asDouble()).isEqualTo(-1);
            assertThat(row.get("candidate").asDouble()).isEqualTo(2);
            assertThat(row.at("/features/x").asDouble()).isBetween(0.25, 0.5);
        });
        assertThat(command("batch", "show", "latest").out())
                .containsPattern(
                        "shadow +step@3 has scored [0-9]+ of [0-9]+ chosen partitions next to step@1, unpublished")
                .containsPattern("predictions +step@1 +step@3")
                .containsPattern("partition [0-9]+, prediction [0-9,]+: -1.000 -> 2.000");
        assertThat(command("batch", "events", "latest").out())
                .containsPattern("shadow started +the candidate scores partitions .* in addition, unpublished");
        assertThat(manifest().at("/shadow/largest")).hasSize(3);
        assertThat(manifest().at("/shadow/psi")).isEqualTo(shadow.get("psi"));
        requireVerified();
        // The version was only compared.
        assertThat(command("model", "history", "step").out()).doesNotContain("the canary has passed");
    }

    @Test
    void aCandidateOfAShadowThatCanNotScoreFailsNothing() throws Exception {
        Files.writeString(folder.resolve("step.json"), MODEL.formatted("0.5").replace("[\"x\"]", "[\"y\"]"));
        command("model", "import", folder.resolve("step.json").toString());
        shadow(4, "");
        assertThat(command("plan", folder.resolve("job.yaml").toString()).out())
                .contains("rollout     none: step@4 can't score the batch: their feature \"y\" differs");

        JsonNode end = InProcess.run(run()).expect(0).json();

        assertThat(end.get("predictions").asInt()).isEqualTo(ROWS);
        assertThat(end.at("/shadow/state").asText()).isEqualTo("abandoned");
        assertThat(end.at("/shadow/reason").asText()).contains("their feature \"y\" differs");
        assertThat(versions()).isEqualTo("[1]");
        assertThat(command("batch", "events", "latest").out())
                .containsPattern("shadow abandoned +the candidate scores no more partitions: their feature");
        requireVerified();
    }

    @Test
    void aVersionThatCanNotScoreTheSameRowsIsRefused() throws Exception {
        Files.writeString(folder.resolve("step.json"), MODEL.formatted("0.5").replace("[\"x\"]", "[\"y\"]"));
        command("model", "import", folder.resolve("step.json").toString());
        tryVersion(4);

        InProcess.run(run()).expect(2, "rollout.candidate: step@4 and step@1 can't score the same rows");

        job("rollout: {candidate: step@2, guards: {agreement: 90%}}");
        InProcess.run(run()).expect(2, "rollout.guards.agreement: step@1 predicts numbers");
    }
}
