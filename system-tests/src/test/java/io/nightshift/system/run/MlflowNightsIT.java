package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.CommandResult;
import io.nightshift.testing.PublishedParquet;
import io.nightshift.testing.mlflow.MlflowServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Nights of a job whose rollout follows an alias of an MLflow server, and what this server hears of promotions.
final class MlflowNightsIT {

    /// A regression tree with one split of the feature x: -1 below it, 2 from there on.
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

    private MlflowServer server;

    /// Version 1 of the server is the champion here and there, and the job follows the alias `next`.
    @BeforeEach
    void start() throws Exception {
        server = new MlflowServer(folder.resolve("artifacts"));
        log("0.5");
        server.alias("Step", "champion", 1);
        server.alias("Step", "next", 1);
        Files.createDirectories(folder.resolve("home"));
        Files.writeString(
                folder.resolve("home/nightshift.conf"),
                "nightshift.mlflow { url = \"%s\", write-back = true }\n".formatted(server.uri()));
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (SELECT i AS id, (i % 1000 / 1000.0)::FLOAT AS x FROM range(20000) t(i)) TO '{}'"
                    .replace("{}", folder.resolve("source.parquet").toString()));
        }
        Files.writeString(folder.resolve("job.yaml"), """
                job: step
                model: step@champion
                source: {parquet: source.parquet, id: id}
                destination: {parquet: predictions}
                partitions: {rows: 2000}
                rollout:
                  candidate: mlflow:/Step@next
                  guards: {prediction-psi: 0.1, quarantined: 0}
                  on-pass: promote
                """);
        command("model", "import", "mlflow:/Step/1");
        command("model", "promote", "step@1", "--expect", "0");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /// Logs a model, and registers it as the next version.
    private void log(String split) throws IOException {
        Path logged = Files.createDirectories(folder.resolve("artifacts").resolve(split));
        Files.writeString(logged.resolve("model.xgb"), MODEL.formatted(split));
        Files.writeString(logged.resolve("MLmodel"), "flavors: {xgboost: {data: model.xgb}}\n");
        server.register("Step", split);
    }

    private String command(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--home", folder.resolve("home").toString()));
        CommandResult result = InProcess.run(all.toArray(String[]::new));
        return result.expect(0).out();
    }

    private String night() {
        command("run", folder.resolve("job.yaml").toString(), "--new");
        return command("batch", "show", "latest");
    }

    private String versions() throws SQLException {
        return PublishedParquet.query("SELECT list_sort(list(DISTINCT model_version)) FROM '%s/batch=*/part-*.parquet'"
                .formatted(folder.resolve("predictions")));
    }

    @Test
    void aMovedAliasIsTriedPromotedHereAndWrittenBack() throws Exception {
        assertThat(night()).doesNotContain("rollout ");
        log("0.505");
        server.alias("Step", "next", 2);
        assertThat(command("plan", folder.resolve("job.yaml").toString()))
                .contains("rollout     step@2 (mlflow:/Step/2) scores 1 of 10 partitions first");

        assertThat(night())
                .contains("step@2 has passed on 1 partitions")
                .contains(
                        "the alias champion was moved to it; on the MLflow server, the alias champion points to mlflow:/Step/2");

        assertThat(server.aliased("Step", "champion")).isEqualTo(2);
        assertThat(server.tags("Step", 2)).containsEntry("nightshift.predictions", "20000");
        assertThat(versions()).isEqualTo("[1, 2]");
        assertThat(command("batch", "verify", "latest"))
                .contains(server.tags("Step", 2).get("nightshift.batch"));
        assertThat(command("batch", "list", "-o", "json"))
                .contains(server.tags("Step", 2).get("nightshift.batch"));
        assertThat(night()).as("the same version again").doesNotContain("rollout ");
    }

    @Test
    void aCandidateThatFailsChangesNothingThere() throws Exception {
        log("0.9");
        server.alias("Step", "next", 2);

        assertThat(night()).contains("step@2 has failed, and step@1 scores the whole batch");

        assertThat(server.aliased("Step", "champion")).isEqualTo(1);
        assertThat(server.tags("Step", 2)).isEmpty();
        assertThat(versions()).isEqualTo("[1]");
    }

    @Test
    void aNightWithoutTheServerIsScoredByTheChampion() throws Exception {
        log("0.505");
        server.alias("Step", "next", 2);
        server.close();

        assertThat(command("plan", folder.resolve("job.yaml").toString()))
                .contains("rollout     none, and step@champion scores all partitions: the MLflow server ")
                .contains("nothing listens at its address");
        CommandResult doctor = InProcess.run(
                "doctor",
                "--job",
                folder.resolve("job.yaml").toString(),
                "--home",
                folder.resolve("home").toString());
        assertThat(doctor.out()).contains("step can run", "batches are scored without the candidate");
        assertThat(night())
                .contains("mlflow:/Step@next is not tried, and step@1 scores the whole batch: the MLflow server ")
                .contains("nothing listens at its address");

        assertThat(versions()).isEqualTo("[1]");
        command("batch", "verify", "latest");
    }

    @Test
    void aServerThatTakesNoMoveInTheNightOfThePromotionGetsItInTheNext() throws Exception {
        log("0.505");
        server.alias("Step", "next", 2);
        server.refuseWrites(true);
        assertThat(night())
                .contains(
                        "the alias champion was moved to it; on the MLflow server, the alias champion is not moved to mlflow:/Step/2 yet: ")
                .contains("(status 403)")
                .contains("the permission EDIT on the model");
        assertThat(server.aliased("Step", "champion")).isEqualTo(1);
        server.refuseWrites(false);

        night();

        assertThat(server.aliased("Step", "champion")).isEqualTo(2);
        assertThat(server.tags("Step", 2)).containsKey("nightshift.manifest.sha256");
    }
}
