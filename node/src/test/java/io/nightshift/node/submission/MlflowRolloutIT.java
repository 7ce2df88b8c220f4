package io.nightshift.node.submission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.mlflow.MlflowModels;
import io.nightshift.node.mlflow.MlflowSettings;
import io.nightshift.node.mlflow.MlflowSettings.Credentials;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.source.files.CopyFolder;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ObjectStores;
import io.nightshift.testing.HttpReceiver;
import io.nightshift.testing.mlflow.MlflowServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Submissions of jobs whose rollout follows an alias of an MLflow server.
final class MlflowRolloutIT {

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

    private static final String NAMED = "\"feature_names\":[\"x\"],\"feature_types\":[\"float\"]";

    @TempDir
    private Path folder;

    private MlflowServer server;
    private DuckDb duckDb;
    private ModelRegistry registry;
    private int runs;

    /// The champion of the registry is a copy of version 1 of the server.
    @BeforeEach
    void start() throws Exception {
        server = new MlflowServer(folder.resolve("artifacts"));
        duckDb = DuckDb.open(128L << 20, folder.resolve("spill"));
        registry = new ModelRegistry(folder.resolve("home"));
        log(MODEL.formatted("0.5"), "");
        server.alias("Step model", "next", 1);
        copyOfFirst().register("step", registry);
        registry.alias("step", "champion", 1, "mara");
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (SELECT i AS id, (i / 1000.0)::FLOAT AS x, 'a' AS t FROM range(1000) r(i)) TO '%s'"
                    .formatted(folder.resolve("source.parquet")));
        }
    }

    @AfterEach
    void stop() {
        server.close();
        duckDb.close();
    }

    private JobModel.FromMlflow copyOfFirst() {
        return (JobModel.FromMlflow) JobModel.find(ModelReference.parse("mlflow:/Step model/1"), places());
    }

    /// Logs a model, and registers it as the next version.
    ///
    /// @param inputs of its signature; empty for none
    private int log(String model, String inputs) throws IOException {
        String run = "run" + ++runs;
        Path logged = Files.createDirectories(folder.resolve("artifacts").resolve(run));
        Files.writeString(logged.resolve("model.xgb"), model);
        Files.writeString(
                logged.resolve("MLmodel"),
                "flavors: {xgboost: {data: model.xgb}}\n"
                        + (inputs.isEmpty() ? "" : "signature: {inputs: '%s'}\n".formatted(inputs)));
        return server.register("Step model", run);
    }

    /// Logs the next version, and moves the alias to it.
    private void logNext(String model) throws IOException {
        server.alias("Step model", "next", log(model, ""));
    }

    private ModelPlaces places() {
        MlflowSettings settings = new MlflowSettings(server.uri(), null, new Credentials.None(), Duration.ofMinutes(1));
        ObjectCopies copies =
                new ObjectCopies(ObjectStores.none(), new CopyFolder(folder.resolve("copies"), Long.MAX_VALUE));
        return new ModelPlaces(registry, MlflowModels.open(() -> settings, FileRoots.UNRESTRICTED, copies));
    }

    private SubmissionResolver resolver() {
        return new SubmissionResolver(
                places(), new Destinations(() -> duckDb, DataSources.NONE), 2, 2L << 30, PlanLimits.LARGEST, Set.of());
    }

    private Job job(String... overrides) throws IOException {
        Path file = folder.resolve("job.yaml");
        Files.writeString(file, """
                job: step
                model: step@champion
                source: {parquet: source.parquet}
                destination: {parquet: predictions}
                rollout: {candidate: 'mlflow:/Step model@next', guards: {prediction-psi: 0.2}, on-pass: promote}
                """);
        return JobFile.parse(Files.readAllBytes(file), file, List.of(overrides));
    }

    private Submission submit(String... overrides) throws IOException {
        return resolver().resolve(job(overrides)).submission();
    }

    private static String pinned(Submission submission) {
        ModelReference.Mlflow candidate = (ModelReference.Mlflow)
                Objects.requireNonNull(submission.job().rollout()).candidate();
        return candidate.pin() == null ? "" : candidate.pin().version();
    }

    private static String candidate(Submission submission) {
        ModelVersion candidate = submission.candidate();
        return candidate == null ? "none" : candidate.toString();
    }

    /// The champion scores the night, whatever the reason.
    private String untried(String... overrides) throws IOException {
        Submission submission = submit(overrides);
        assertThat(submission.model()).hasToString("step@1");
        assertThat(candidate(submission)).isEqualTo("none");
        return Objects.requireNonNull(submission.untried());
    }

    @Test
    void anAliasThatDoesNotMoveChangesNothing() throws IOException {
        Submission submission = submit();

        assertThat(candidate(submission)).isEqualTo("none");
        assertThat(submission.untried()).isNull();
        assertThat(registry.listing("step").versions()).hasSize(1);
    }

    @Test
    void eachMoveOfTheAliasTriesACopyOfItsVersion() throws IOException {
        logNext(MODEL.formatted("0.505"));
        assertThat(resolver().check(job()).candidate())
                .isInstanceOfSatisfying(
                        RolloutCandidate.Tried.class,
                        tried -> assertThat(tried.version()).hasToString("step@2"));
        assertThat(registry.listing("step").versions()).as("after a check").hasSize(1);

        Submission second = submit();
        assertThat(second.model()).hasToString("step@1");
        assertThat(candidate(second)).isEqualTo("step@2");
        assertThat(pinned(second)).isEqualTo("mlflow:/Step model/2");
        assertThat(registry.describe(Objects.requireNonNull(second.candidate()))
                        .provenance()
                        .file())
                .isEqualTo("mlflow:/Step model/2/model.xgb");
        assertThat(submit().candidate()).as("the same version again").isEqualTo(second.candidate());

        logNext(MODEL.formatted("0.51"));
        assertThat(candidate(submit())).isEqualTo("step@3");

        server.alias("Step model", "next", 2);
        assertThat(candidate(submit())).as("moved back").isEqualTo("step@2");
        server.alias("Step model", "next", 1);
        assertThat(candidate(submit())).as("moved back to the champion").isEqualTo("none");
    }

    @Test
    void aShadowFollowsTheAliasAsWell() throws IOException {
        logNext(MODEL.formatted("0.505"));
        Path file = folder.resolve("job.yaml");
        job();
        Files.writeString(
                file,
                Files.readString(file)
                        .replace("guards: {prediction-psi: 0.2}, on-pass: promote", "mode: shadow, sample: 50%"));

        Submission submission = resolver()
                .resolve(JobFile.parse(Files.readAllBytes(file), file, List.of()))
                .submission();

        assertThat(candidate(submission)).isEqualTo("step@2");
    }

    @Test
    void aVersionThatWasRolledBackHereIsNotTriedAgain() throws IOException {
        logNext(MODEL.formatted("0.505"));
        submit();
        registry.promote("step", "champion", 2, 1, "a batch", "");
        registry.rollBack("step", "champion", 2, null, "mara", "");

        assertThat(candidate(submit())).isEqualTo("none");
        assertThat(submit().untried()).isNull();
    }

    @Test
    void aDeletedAliasIsAProblemAndTheChampionScores() throws IOException {
        server.deleteAlias("Step model", "next");

        assertThat(untried())
                .contains("the alias next of the model Step model")
                .contains("Registered model alias next not found.");
    }

    @Test
    void aServerThatIsAwayIsAProblemAndTheChampionScores() throws IOException {
        server.close();

        assertThat(untried())
                .contains("can't be asked for the alias next of the model Step model")
                .contains("nothing listens at its address");
    }

    @Test
    void credentialsThatTheServerRefusesAreAProblemAndTheChampionScores() throws IOException {
        server.requireToken("other");

        assertThat(untried()).contains("refuses the credentials of this node (status 401)");
    }

    @Test
    void anAnswerThatIsNoneOfMlflowIsAProblemAndTheChampionScores() throws IOException {
        server.disturb("alias", exchange -> HttpReceiver.respond(exchange, 200, "<html>Login</html>"));

        assertThat(untried()).contains("does not answer as an MLflow server does");
    }

    @Test
    void aVersionThatNightshiftDoesNotReadIsAProblemAndTheChampionScores() throws IOException {
        logNext("no model");

        assertThat(untried()).contains("model.xgb of mlflow:/Step model/2");
        assertThat(registry.listing("step").versions()).hasSize(1);
    }

    @Test
    void aVersionWithOtherFeaturesIsAProblemAndTheChampionScores() throws IOException {
        logNext(MODEL.formatted("0.505").replace("\"x\"", "\"y\""));

        assertThat(untried())
                .isEqualTo(
                        "mlflow:/Step model/2 and step@1 can't score the same rows: their feature \"y\" differs in its name, its type, its categories or whether it may be missing");
        assertThat(registry.listing("step").versions()).hasSize(1);
    }

    @Test
    void aVersionThatWasTrainedOnColumnsOfOtherTypesIsAProblemAndTheChampionScores() throws IOException {
        server.alias(
                "Step model",
                "next",
                log(MODEL.formatted("0.505"), "[{\"name\": \"x\", \"type\": \"long\", \"required\": true}]"));

        assertThat(untried())
                .contains("the columns do not fit the signature of mlflow:/Step model/2")
                .contains("\"x\" is FLOAT");
    }

    @Test
    void aVersionWithoutNamesInAnotherOrderIsAProblemAndTheChampionScores() throws IOException {
        String two = MODEL.replace(NAMED, "\"feature_names\":[],\"feature_types\":[]")
                .replace("\"num_feature\":\"1\"", "\"num_feature\":\"2\"");
        assertThat(two).doesNotContain("\"x\"");
        server.alias("Step model", "next", log(two.formatted("0.5"), ""));
        registry.alias(
                "step",
                "champion",
                ((JobModel.FromMlflow) JobModel.find(ModelReference.parse("mlflow:/Step model@next"), places()))
                        .register("step", registry)
                        .version()
                        .version(),
                "mara");
        String columns = "[{\"name\": \"%s\", \"type\": \"float\"}, {\"name\": \"%s\", \"type\": \"float\"}]";
        String features = "features=[x, z]";
        String select = "source.select.z=x";

        server.alias("Step model", "next", log(two.formatted("0.505"), columns.formatted("x", "z")));
        assertThat(candidate(submit(select, features))).isEqualTo("step@3");

        server.alias("Step model", "next", log(two.formatted("0.51"), columns.formatted("z", "x")));
        Submission submission = submit(select, features);
        assertThat(candidate(submission)).isEqualTo("none");
        assertThat(submission.untried())
                .contains("lists the columns of the signature of mlflow:/Step model/4 in another order");
    }

    @Test
    void aConfigurationWithoutAServerIsAProblemAndTheChampionScores() throws IOException {
        Submission submission = new SubmissionResolver(
                        ModelPlaces.of(registry),
                        new Destinations(() -> duckDb, DataSources.NONE),
                        2,
                        2L << 30,
                        PlanLimits.LARGEST,
                        Set.of())
                .resolve(job())
                .submission();

        assertThat(submission.untried()).contains("the configuration names none. Set nightshift.mlflow.url");
    }

    @Test
    void aNameWithoutAChampionIsRefused() throws IOException {
        registry = new ModelRegistry(folder.resolve("other home"));
        copyOfFirst().register("step", registry);
        Job job = job("model=step");

        assertThatThrownBy(() -> resolver().check(job))
                .hasMessage(
                        "rollout.candidate: step has no alias champion, so its name alone stands for its newest version, which the copy of mlflow:/Step model@next would be. Set the alias with `nightshift model promote step@1`");
    }

    @Test
    void aGuardThatNeverFitsIsRefusedBeforeTheAliasMoves() throws IOException {
        server.close();
        Job job = job("rollout.guards.agreement=95%");

        assertThatThrownBy(() -> resolver().check(job)).hasMessageContaining("rollout.guards.agreement");
    }
}
