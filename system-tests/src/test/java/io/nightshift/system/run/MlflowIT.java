package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.system.serve.HomeServer;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.mlflow.MlflowServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Jobs whose model is on an MLflow server, from the new job file to the proof.
final class MlflowIT {

    /// A regression tree with one split of a feature without a name: -1 below it, 2 from there on.
    private static final String MODEL = """
            {"learner":{"attributes":{},"feature_names":[],"feature_types":[],
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

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final String TOKEN = "t0p-secret";

    @TempDir
    private Path folder;

    private MlflowServer server;

    @BeforeEach
    void start() throws Exception {
        server = new MlflowServer(folder.resolve("artifacts"));
        server.requireToken(TOKEN);
        log("0.5");
        server.alias("Step model", "champion", 1);
        Files.createDirectories(folder.resolve("home"));
        Files.writeString(folder.resolve("token"), TOKEN);
        Files.writeString(folder.resolve("home/nightshift.conf"), """
                nightshift.mlflow { url = "%s", token-file = "%s" }
                """.formatted(server.uri(), folder.resolve("token")));
        execute("COPY (SELECT i AS id, i % 1000 / 1000.0::DOUBLE AS x FROM range(1000) t(i)) TO '%s' (FORMAT parquet)"
                .replace("%s", folder.resolve("source.parquet").toString()));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /// Logs a model with a signature, and registers it as the next version.
    private int log(String split) throws IOException {
        return log(split, "x");
    }

    /// @param column the name of the feature in the signature
    private int log(String split, String column) throws IOException {
        String run = "1/" + split + column + "/artifacts/model";
        Path logged = folder.resolve("artifacts").resolve(run);
        Files.createDirectories(logged);
        Files.writeString(logged.resolve("model.xgb"), MODEL.formatted(split));
        Files.writeString(logged.resolve("MLmodel"), """
                flavors:
                  xgboost:
                    data: model.xgb
                signature:
                  inputs: '[{"type": "double", "name": "%s", "required": true}]'
                """.formatted(column));
        return server.register("Step model", run);
    }

    private static void execute(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private CommandResult command(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--home", folder.resolve("home").toString()));
        return InProcess.run(all.toArray(String[]::new));
    }

    private String job() {
        return folder.resolve("job.yaml").toString();
    }

    /// Writes the job file by `init`.
    private CommandResult init() {
        return command(
                        "init",
                        "--data",
                        folder.resolve("source.parquet").toString(),
                        "--model",
                        "mlflow:/Step model@champion",
                        "--id",
                        "id",
                        "--file",
                        job())
                .expect(0);
    }

    @Test
    void aBatchNeedsTheServerOnlyUntilItIsSubmitted() throws Exception {
        assertThat(init().out()).contains("gbtree, regression, 1 features").containsPattern("x +x");
        assertThat(Files.readString(folder.resolve("job.yaml")))
                .contains("job: step-model", "mlflow:/Step model@champion");
        assertThat(command("plan", job()).expect(0).out()).contains("model       mlflow:/Step model@champion");

        command("run", job()).expect(0);
        server.close();

        assertThat(command("batch", "show", "latest").expect(0).out())
                .contains("mlflow:/Step model/1 (submitted as mlflow:/Step model@champion): model.xgb, sha256 ")
                .contains("run run1")
                .containsPattern("model +step-model.v1.sha256-");
        command("batch", "verify", "latest").expect(0);
        command("batch", "head", "latest").expect(0);
        CommandResult away = command("run", job());
        assertThat(away.status()).isNotZero();
        assertThat(away.err()).contains("the MLflow server http://127.0.0.1:", "nothing listens at its address");
    }

    @Test
    void anAliasThatWasMovedAfterThePlanCountsForTheRun() throws Exception {
        init();
        command("plan", job()).expect(0);
        server.alias("Step model", "champion", log("0.25"));

        command("run", job()).expect(0);
        assertThat(command("batch", "show", "latest").expect(0).out()).contains("mlflow:/Step model/2 (submitted as ");
        assertThat(command("run", job()).expect(0).out()).contains("Nothing to do: batch step-model-");

        server.alias("Step model", "champion", 1);
        command("run", job()).expect(0);
        assertThat(command("batch", "show", "latest").expect(0).out()).contains("mlflow:/Step model/1 (submitted as ");
    }

    @Test
    void aNumberAsTheNameOfAFeatureIsAColumn() throws Exception {
        execute("COPY (SELECT 1 AS id, 5.0::DOUBLE AS \"0\") TO '%s' (FORMAT parquet)"
                .formatted(folder.resolve("source.parquet")));
        server.alias("Step model", "champion", log("0.25", "0"));
        init();
        command("run", job(), "--set", "destination.parquet=" + folder.resolve("out"))
                .expect(0);

        assertThat(predictions()).containsExactly(2.0);
    }

    /// The predictions of all batches below the folder `out`, in ascending order.
    private List<Double> predictions() throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT prediction FROM '%s' ORDER BY prediction"
                        .formatted(folder.resolve("out/batch=*/part-*.parquet")))) {
            List<Double> predictions = new ArrayList<>();
            while (rows.next()) {
                predictions.add(rows.getDouble(1));
            }
            return predictions;
        }
    }

    @Test
    void aRescoreReadsTheColumnThatTheSignatureOfItsModelNames() throws Exception {
        execute("COPY (SELECT 1 AS id, 0.0::DOUBLE AS x, 5.0::DOUBLE AS y) TO '%s' (FORMAT parquet)"
                .formatted(folder.resolve("source.parquet")));
        init();
        log("0.5", "y");
        try (HomeServer home = new HomeServer(folder)) {
            home.command("batch", "submit", job(), "--set", "destination.parquet=" + folder.resolve("out"), "--wait")
                    .expect(0);
            assertThat(predictions()).containsExactly(-1.0);

            home.command("batch", "rescore", "latest", "--model", "mlflow:/Step model/2", "--partitions", "0")
                    .expect(0);

            await().atMost(PATIENCE)
                    .ignoreExceptionsInstanceOf(SQLException.class)
                    .untilAsserted(() -> assertThat(predictions()).containsExactly(-1.0, 2.0));
        }
    }

    @Test
    void comparedModelsReadTheColumnsThatTheirSignaturesName() throws Exception {
        execute("COPY (SELECT 1 AS id, 0.0::DOUBLE AS x, 5.0::DOUBLE AS y) TO '%s' (FORMAT parquet)"
                .formatted(folder.resolve("source.parquet")));
        init();
        log("0.5", "y");

        assertThat(command("model", "compare", "mlflow:/Step model/1", "mlflow:/Step model/2", "--job", job())
                        .expect(0)
                        .out())
                .containsPattern("predictions +1 +1")
                .contains("prediction -1")
                .contains("2");
    }

    @Test
    void anAlteredArtifactDoesNotReachABatchThatWasSubmitted() throws Exception {
        init();
        command("run", job()).expect(0);
        Files.writeString(folder.resolve("artifacts/1/0.5x/artifacts/model/model.xgb"), MODEL.formatted("0.9"));

        assertThat(command("batch", "replay", "latest").expect(0).out()).contains("same");
    }

    @Test
    void aCopyIsRegistered() {
        assertThat(command("model", "import", "mlflow:/Step model/1").expect(0).out())
                .startsWith("Registered step-model@1 (");
        assertThat(command("model", "import", "mlflow:/Step model@champion")
                        .expect(0)
                        .out())
                .startsWith("Already registered as step-model@1 (");
        assertThat(command("model", "show", "step-model").expect(0).out())
                .containsPattern("from +mlflow:/Step model/1/model.xgb \\(xgboost-json, sha256 [0-9a-f]{64}\\)");
        CommandResult unknown = command("model", "import", "mlflow:/Step model@best");
        assertThat(unknown.status()).isNotZero();
        assertThat(unknown.err()).contains("Registered model alias best not found.");
        assertThat(command("model", "import", "mlflow:/nothing").err())
                .contains("Write mlflow:/name@alias, mlflow:/name/7 or mlflow:/runs/ID/path");
    }

    @Test
    void doctorSaysWhetherTheServerAcceptsTheToken() throws Exception {
        assertThat(command("doctor").out()).containsPattern("mlflow +http://127.0.0.1:\\d+ can be asked for models");

        Files.writeString(folder.resolve("token"), "wrong");

        CommandResult refused = command("doctor");
        assertThat(refused.status()).isNotZero();
        assertThat(refused.out())
                .contains("refuses the credentials of this node (status 401). Check nightshift.mlflow.token-file")
                .doesNotContain("wrong");
    }
}
