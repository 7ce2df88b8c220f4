package io.nightshift.node.submission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.mlflow.MlflowModels;
import io.nightshift.node.mlflow.MlflowSettings;
import io.nightshift.node.mlflow.MlflowSettings.Credentials;
import io.nightshift.node.model.ModelFiles;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobBuilder;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.JobFingerprint;
import io.nightshift.protocol.job.JobText;
import io.nightshift.protocol.job.MlflowPin;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.Submission;
import io.nightshift.source.BoundJob;
import io.nightshift.source.files.CopyFolder;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.Digests;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ObjectStores;
import io.nightshift.testing.Checkout;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.mlflow.MlflowServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Submissions of jobs that name a model of an MLflow server.
final class MlflowSubmissionIT {

    private static final String COLUMNS = """
            [{"name": "distance", "type": "%s"}, {"name": "month", "type": "long"}, {"name": "day", "type": "long"},
            {"name": "weekday", "type": "long"}, {"name": "hour", "type": "long"}, {"name": "minute", "type": "long"},
            {"name": "delay", "type": "long"}, {"name": "origin_code", "type": "long"},
            {"name": "destination_code", "type": "long"}, {"name": "far", "type": "boolean"}]""";

    private static final List<String> NAMES = List.of(
            "distance", "month", "day", "weekday", "hour", "minute", "delay", "origin_code", "destination_code", "far");

    @TempDir
    private Path folder;

    private MlflowServer server;
    private DuckDb duckDb;
    private ModelRegistry registry;

    @BeforeEach
    void start() throws IOException {
        server = new MlflowServer(folder.resolve("artifacts"));
        duckDb = DuckDb.open(128L << 20, folder.resolve("spill"));
        registry = new ModelRegistry(folder.resolve("home"));
        log("one", FlightsJob.example().resolve("flights.ubj"), "");
        server.alias("churn", "champion", 1);
    }

    @AfterEach
    void stop() {
        server.close();
        duckDb.close();
    }

    /// Logs a model, and registers it as the next version.
    ///
    /// @param signature its inputs; empty for none
    private int log(String run, Path model, String signature) throws IOException {
        Path logged = folder.resolve("artifacts").resolve(run);
        Files.createDirectories(logged);
        Files.copy(model, logged.resolve("model.xgb"));
        Files.writeString(
                logged.resolve("MLmodel"),
                "flavors: {xgboost: {data: model.xgb}}\n"
                        + (signature.isEmpty()
                                ? ""
                                : "signature: {inputs: '%s'}\n"
                                        .formatted(signature.replace("\n", " ").replace("'", "''"))));
        return server.register("churn", run);
    }

    private SubmissionResolver resolver() {
        MlflowSettings settings = new MlflowSettings(server.uri(), null, new Credentials.None(), Duration.ofMinutes(1));
        ObjectCopies copies =
                new ObjectCopies(ObjectStores.none(), new CopyFolder(folder.resolve("copies"), Long.MAX_VALUE));
        return new SubmissionResolver(
                new ModelPlaces(registry, MlflowModels.open(() -> settings, FileRoots.UNRESTRICTED, copies)),
                new Destinations(() -> duckDb, DataSources.NONE),
                2,
                2L << 30,
                PlanLimits.LARGEST,
                Set.of());
    }

    private Job job(String... overrides) throws IOException {
        FlightsJob job = FlightsJob.in(folder.resolve("job"));
        String text = Files.readString(job.file())
                .replace(FlightsJob.example().resolve("flights.ubj").toString(), "mlflow:/churn@champion");
        Files.writeString(job.file(), text);
        return JobFile.parse(Files.readAllBytes(job.file()), job.file(), List.of(overrides));
    }

    private static MlflowPin pin(Submission submission) {
        return Objects.requireNonNull(((ModelReference.Mlflow) submission.job().model()).pin());
    }

    @Test
    void aSubmissionPinsTheVersionAndTheFile() throws IOException {
        Submission submission = resolver().resolve(job()).submission();

        assertThat(submission.job().model().text()).isEqualTo("mlflow:/churn@champion");
        MlflowPin pin = pin(submission);
        assertThat(pin.version()).isEqualTo("mlflow:/churn/1");
        assertThat(pin.run()).isEqualTo("run1");
        assertThat(pin.file()).isEqualTo("model.xgb");
        assertThat(pin.sha256()).isEqualTo(Digests.sha256(FlightsJob.example().resolve("flights.ubj")));
        assertThat(submission.model().name()).startsWith("churn.v1.sha256-");
        assertThat(registry.describe(submission.model()).provenance().file()).isEqualTo("mlflow:/churn/1/model.xgb");
        assertThat(registry.list()).as("listed models").isEmpty();
        assertThat(JobFile.parse(JobText.of(submission.job()).getBytes(java.nio.charset.StandardCharsets.UTF_8))
                        .model())
                .isEqualTo(new ModelReference.Mlflow("mlflow:/churn@champion", null));
    }

    @Test
    void aNameIsThatOfTheModelWithoutWhatARegistryDoesNotTake() {
        assertThat(JobModel.FromMlflow.nameOf("mlflow:/K\u00fcndigung 1@champion"))
                .isEqualTo("k-ndigung-1");
        assertThat(JobModel.FromMlflow.nameOf("mlflow:/churn/7")).isEqualTo("churn");
        assertThat(JobModel.FromMlflow.nameOf("mlflow:/runs/abc/model/model.xgb"))
                .isEqualTo("model");
    }

    @Test
    void aCheckStoresNothing() throws IOException {
        resolver().check(job());

        assertThat(folder.resolve("home/models")).doesNotExist();
    }

    @Test
    void aMovedAliasCountsForTheNextSubmissionOnly() throws IOException {
        Job job = job();
        Submission before = resolver().resolve(job).submission();
        server.alias("churn", "champion", log("two", FlightsJob.example().resolve("flights.ubj"), ""));

        Submission after = resolver().resolve(job).submission();

        assertThat(pin(before).version()).isEqualTo("mlflow:/churn/1");
        assertThat(pin(after).version()).isEqualTo("mlflow:/churn/2");
        assertThat(after.fingerprint()).isEqualTo(before.fingerprint());
        assertThat(after.isEquivalentTo(before)).isFalse();
    }

    @Test
    void aChangedFileOnTheServerDoesNotChangeWhatWasSubmitted() throws IOException {
        Submission before = resolver().resolve(job()).submission();
        Path changed = folder.resolve("artifacts/one/model.xgb");
        Files.copy(
                Checkout.path("scoring/src/test/resources/peers/xgb100x6.ubj"),
                changed,
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);

        assertThat(ModelFiles.load(registry.path(before.model())).description().features())
                .extracting(feature -> feature.name())
                .contains("distance");
        assertThat(Digests.sha256(changed)).isNotEqualTo(pin(before).sha256());
        server.close();
        assertThat(registry.path(before.model())).exists();
    }

    @Test
    void aServerThatIsAwayIsAnOutage() throws IOException {
        Job job = job();
        SubmissionResolver resolver = resolver();
        server.close();

        assertThatThrownBy(() -> resolver.resolve(job))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        away -> assertThat(SubmissionResolver.isAway(away.failure()))
                                .isTrue())
                .hasMessageContaining("can't be asked for the alias champion of the model churn");
    }

    @Test
    void aModelWithoutNamesTakesThoseOfItsSignature() throws IOException {
        Path unnamed = Checkout.path("scoring/src/test/resources/peers/xgb100x6.json");
        server.alias("churn", "champion", log("two", unnamed, COLUMNS.formatted("long")));
        Job job = job("source.select.delay=0", "source.select.far=distance > 1000");

        Submission submission = resolver().resolve(job).submission();

        assertThat(submission.job().features()).isEmpty();
        assertThat(pin(submission).features()).isEqualTo(NAMES);
        assertThat(JobFingerprint.of(submission.job())).isEqualTo(submission.fingerprint());
    }

    @Test
    void namesOfASignatureAreColumnsAndNeverExpressions() throws Exception {
        Path unnamed = Checkout.path("scoring/src/test/resources/peers/xgb100x6.json");
        String signature =
                COLUMNS.formatted("long").replace("\"delay\"", "\"0\"").replace("\"far\"", "\"a-b\"");
        server.alias("churn", "champion", log("two", unnamed, signature));
        Job withoutColumns = job();

        assertThatThrownBy(() -> resolver().check(withoutColumns)).hasMessageContaining("0, a-b");

        FlightsJob own = FlightsJob.on(
                folder.resolve("own"), "SELECT *, 7 AS \"0\", true AS \"a-b\", 1 AS a, 2 AS b FROM flights LIMIT 10");
        own.edit(FlightsJob.example().resolve("flights.ubj").toString(), "mlflow:/churn@champion");
        Submission submission = resolver()
                .resolve(JobFile.parse(Files.readAllBytes(own.file()), own.file(), List.of()))
                .submission();

        BoundJob bound = new Destinations(() -> duckDb, DataSources.NONE)
                .sources()
                .of(submission.job().source())
                .bind(
                        submission.job(),
                        ModelFiles.load(registry.path(submission.model())).description());
        assertThat(bound.features())
                .extracting(feature -> feature.source().sql())
                .contains("\"0\"", "\"a-b\"");
        assertThat(bound.features())
                .extracting(feature -> feature.source().name())
                .contains("0", "a-b");
    }

    @Test
    void anotherVersionBringsTheNamesOfItsOwnSignature() throws IOException {
        Path unnamed = Checkout.path("scoring/src/test/resources/peers/xgb100x6.json");
        server.alias("churn", "champion", log("two", unnamed, COLUMNS.formatted("long")));
        String permuted = COLUMNS.formatted("long")
                .replace("\"month\"", "\"?\"")
                .replace("\"day\"", "\"month\"")
                .replace("\"?\"", "\"day\"");
        log("three", unnamed, permuted);
        Submission before = resolver()
                .resolve(job("source.select.delay=0", "source.select.far=distance > 1000"))
                .submission();

        Submission after = resolver()
                .resolve(before.job().withModel(ModelReference.parse("mlflow:/churn/3")))
                .submission();

        assertThat(pin(before).features()).startsWith("distance", "month", "day", "weekday");
        assertThat(pin(after).features()).startsWith("distance", "day", "month", "weekday");
        assertThat(after.job().features()).isEmpty();
    }

    @Test
    void featuresInAnotherOrderThanTheSignatureAreRefused() throws IOException {
        Path unnamed = Checkout.path("scoring/src/test/resources/peers/xgb100x6.json");
        server.alias("churn", "champion", log("two", unnamed, COLUMNS.formatted("long")));
        String[] columns = {"source.select.delay=0", "source.select.far=distance > 1000"};
        Job same = JobBuilder.builder(job(columns)).features(NAMES).build();
        Job reversed =
                JobBuilder.builder(job(columns)).features(NAMES.reversed()).build();

        assertThat(resolver().resolve(same).submission().job().features()).isEqualTo(NAMES);
        assertThatThrownBy(() -> resolver().resolve(reversed))
                .hasMessageContaining(
                        "features: the job lists the columns of the signature of mlflow:/churn/2 in another order")
                .hasMessageContaining("list them in this order: distance, month, day, ");
    }

    @Test
    void aColumnOfAnotherTypeThanInTrainingIsRefused() throws IOException {
        Path unnamed = Checkout.path("scoring/src/test/resources/peers/xgb100x6.json");
        server.alias("churn", "champion", log("two", unnamed, COLUMNS.formatted("boolean")));
        Job job = job(
                "source.select.delay=0.5",
                "source.select.far=distance > 1000",
                "source.select.month=CAST(month(date) AS DOUBLE)");

        assertThatThrownBy(() -> resolver().check(job))
                .hasMessageContaining("the columns do not fit the signature of mlflow:/churn/2")
                .hasMessageContaining("\"month\" is DOUBLE in ")
                .hasMessageContaining(", and was long in training")
                .hasMessageContaining("source.select");
    }
}
