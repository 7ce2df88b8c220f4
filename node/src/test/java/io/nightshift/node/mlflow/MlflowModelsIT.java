package io.nightshift.node.mlflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.node.alert.Secret;
import io.nightshift.node.mlflow.MlflowSettings.Credentials;
import io.nightshift.node.model.ModelFiles;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.MlflowPin;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.source.files.CopyFolder;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.filesystem.Digests;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.ObjectStores;
import io.nightshift.storage.objectstore.StoreCredentials;
import io.nightshift.storage.objectstore.StoreType;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.FreePort;
import io.nightshift.testing.HttpReceiver;
import io.nightshift.testing.HttpReceiver.Behaviour;
import io.nightshift.testing.TestAuthority;
import io.nightshift.testing.mlflow.MlflowServer;
import io.nightshift.testing.objectstore.S3Server;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Models of an MLflow server: what is found, and which sentence says why something is not.
final class MlflowModelsIT {

    private static final String FOLDER = "1/run1/artifacts/model";

    private static final String MLMODEL = """
            artifact_path: model
            flavors:
              python_function:
                data: model.xgb
                loader_module: mlflow.xgboost
              xgboost:
                code: null
                data: model.xgb
                model_class: xgboost.core.Booster
            mlflow_version: 2.14.2
            run_id: run1
            """;

    @TempDir
    private Path folder;

    private Path artifacts;
    private MlflowServer server;
    private CopyFolder copies;

    @BeforeEach
    void start() throws IOException {
        artifacts = folder.resolve("artifacts");
        copies = new CopyFolder(folder.resolve("scratch"), Long.MAX_VALUE);
        write("MLmodel", MLMODEL);
        Files.copy(FlightsJob.example().resolve("flights.ubj"), artifact("model.xgb"));
        server = new MlflowServer(artifacts);
        server.register("churn", FOLDER);
        server.alias("churn", "champion", 1);
    }

    @AfterEach
    void stop() {
        server.close();
        copies.close();
    }

    private Path artifact(String name) throws IOException {
        Path file = artifacts.resolve(FOLDER).resolve(name);
        Files.createDirectories(file.getParent());
        return file;
    }

    private void write(String name, String content) throws IOException {
        Files.writeString(artifact(name), content);
    }

    private MlflowModel load(String address) {
        return load(address, new Credentials.None());
    }

    private MlflowModel load(String address, Credentials credentials) {
        return load(address, settings(server.uri(), null, credentials, Duration.ofMinutes(1)), FileRoots.UNRESTRICTED);
    }

    private static MlflowSettings settings(URI url, @Nullable Path ca, Credentials credentials, Duration patience) {
        return new MlflowSettings(url, ca, credentials, patience);
    }

    private MlflowModel load(String address, MlflowSettings settings, FileRoots roots) {
        return MlflowModels.open(() -> settings, roots, new ObjectCopies(ObjectStores.none(), copies))
                .load(new ModelReference.Mlflow(address, null), ModelFiles::load);
    }

    private void assertRefused(String address, String sentence) {
        assertThatThrownBy(() -> load(address))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isTrue())
                .hasMessageContaining(sentence);
    }

    private void assertAway(MlflowSettings settings, String sentence) {
        assertThatThrownBy(() -> load("mlflow:/churn/1", settings, FileRoots.UNRESTRICTED))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isFalse())
                .hasMessageContaining(sentence);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mlflow:/churn@champion", "mlflow:/churn/1"})
    void aModelIsFoundByItsAliasAndItsVersion(String address) throws IOException {
        MlflowModel found = load(address);

        assertThat(found.pin().version()).isEqualTo("mlflow:/churn/1");
        assertThat(found.pin().run()).isEqualTo("run1");
        assertThat(found.pin().source()).isEqualTo("mlflow-artifacts:/" + FOLDER);
        assertThat(found.pin().file()).isEqualTo("model.xgb");
        assertThat(found.pin().sha256()).isEqualTo(Digests.sha256(artifact("model.xgb")));
        assertThat(found.model().description().features()).hasSize(8);
        try (Stream<Path> left = Files.walk(folder.resolve("scratch"))) {
            assertThat(left.filter(Files::isRegularFile))
                    .as("files that are left")
                    .extracting(file -> String.valueOf(file.getFileName()))
                    .containsExactly("lock");
        }
    }

    @Test
    void aMovedAliasLeadsToTheOtherVersion() throws IOException {
        Path other = artifacts.resolve("1/run2/artifacts/model");
        Files.createDirectories(other);
        Files.copy(artifact("MLmodel"), other.resolve("MLmodel"));
        Files.copy(artifact("model.xgb"), other.resolve("model.xgb"));
        server.alias("churn", "champion", server.register("churn", "1/run2/artifacts/model"));

        assertThat(load("mlflow:/churn@champion").pin().version()).isEqualTo("mlflow:/churn/2");
    }

    @Test
    void aRunLeadsToAFolderAFileOrALoggedModel() throws IOException {
        server.run("abc", "mlflow-artifacts:/1/run1/artifacts", "m-1");
        server.loggedModel("m-1", "logged", "mlflow-artifacts:/" + FOLDER);

        assertThat(load("mlflow:/runs/abc/model").pin().file()).isEqualTo("model.xgb");
        assertThat(load("mlflow:/runs/abc/logged").pin().file()).isEqualTo("model.xgb");
        MlflowModel file = load("mlflow:/runs/abc/model/model.xgb");
        assertThat(file.pin().version()).isEqualTo("mlflow:/runs/abc/model/model.xgb");
        assertThat(file.pin().sha256()).isEqualTo(Digests.sha256(artifact("model.xgb")));
        assertRefused("mlflow:/runs/abc/other", "has no artifacts: there is no file in");
        assertRefused("mlflow:/runs/none/model", "has no the run none (status 404): Run 'none' not found");
    }

    @Test
    void aVersionMayNameALoggedModelOfMlflow3() {
        server.loggedModel("m-0a1b", "churn", "mlflow-artifacts:/" + FOLDER);
        server.register("churn", "models:/m-0a1b", "READY");

        assertThat(load("mlflow:/churn/2").pin().source()).isEqualTo("mlflow-artifacts:/" + FOLDER);
    }

    @Test
    void anExportedFileNextToAPickleIsFound() throws IOException {
        write("MLmodel", """
                flavors:
                  sklearn:
                    pickled_model: model.pkl
                    serialization_format: cloudpickle
                """);
        write("model.pkl", "\u0080\u0004 never opened");
        Files.delete(artifact("model.xgb"));

        assertRefused(
                "mlflow:/churn@champion",
                "mlflow:/churn/1 (mlflow:/churn@champion) is a sklearn model in the pickle model.pkl, and Nightshift never opens a pickle, because that runs its author's code. Export it where you trust it: python3 tools/export-sklearn.py model.pkl nightshift.json.");
        assertThat(server.requests())
                .as("requests for the pickle")
                .noneMatch(request -> request.path().endsWith("model.pkl"));

        Files.copy(FlightsJob.example().resolve("flights.ubj"), artifact("nightshift.ubj"));
        assertThat(load("mlflow:/churn@champion").pin().file()).isEqualTo("nightshift.ubj");

        write("nightshift.json", "{}");
        assertRefused("mlflow:/churn/1", "has several exported files: nightshift.json, nightshift.ubj. Leave one");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            lightgbm | model.booster_.save_model("nightshift.txt")
            xgboost  | model.save_model("nightshift.ubj")
            catboost | model.save_model("nightshift.cbm")
            """)
    void aPickleOfABoosterNamesTheCallThatExportsIt(String flavor, String call) throws IOException {
        write("MLmodel", "flavors: {%s: {data: model.pkl}}".formatted(flavor));

        assertRefused("mlflow:/churn/1", "in the pickle model.pkl");
        assertRefused("mlflow:/churn/1", call.strip());
    }

    @Test
    void aPickleUnderAnotherNameIsNotOpenedEither() throws IOException {
        Files.write(artifact("model.xgb"), new byte[] {(byte) 0x80, 4, '.'});

        assertRefused("mlflow:/churn/1", "model.xgb of mlflow:/churn/1");
        assertRefused("mlflow:/churn/1", "it is a Python pickle or joblib file, which would run its author's code");
    }

    @Test
    void aModelOfAnotherLibraryIsRefusedWithItsFlavors() throws IOException {
        write("MLmodel", "flavors: {python_function: {loader_module: mine}, pytorch: {model_data: data}}");

        assertRefused("mlflow:/churn/1", "has the flavors python_function, pytorch, and Nightshift reads xgboost, ");
    }

    @Test
    void aFolderWithoutAnMlmodelFileOrWithoutItsModelFileIsRefused() throws IOException {
        Files.delete(artifact("model.xgb"));
        assertRefused("mlflow:/churn/1", "lacks its file model.xgb: it is not in mlflow-artifacts:/" + FOLDER);

        Files.move(artifact("MLmodel"), artifact("other"));
        assertRefused("mlflow:/churn/1", "is no MLflow model: there is no file MLmodel in");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "flavors: [", "a: b: c", "{a: *b}: [[[["})
    void aBrokenMlmodelFileIsRefused(String content) throws IOException {
        write("MLmodel", content);

        assertRefused("mlflow:/churn/1", "mlflow:/churn/1");
    }

    @Test
    void aDeeplyNestedMlmodelFileIsRefusedWithoutOverflow() throws IOException {
        write("MLmodel", "[".repeat(1_000_000));

        assertRefused("mlflow:/churn/1", "the file MLmodel of mlflow:/churn/1 is nested in more than 50 levels");
    }

    @Nested
    final class Refusals {

        @Test
        void anUnknownModelVersionOrAliasIsNamedInTheServersWords() {
            assertRefused("mlflow:/chrun/1", "(status 404): Model Version (name=chrun, version=1) not found");
            assertRefused("mlflow:/churn/9", "Model Version (name=churn, version=9) not found");
            assertRefused("mlflow:/churn@best", "(status 400): Registered model alias best not found.");
        }

        @Test
        void aVersionThatIsNotReadyIsRefused() {
            server.register("churn", "mlflow-artifacts:/" + FOLDER, "FAILED_REGISTRATION");
            server.register("churn", "mlflow-artifacts:/" + FOLDER, "PENDING_REGISTRATION");

            assertRefused("mlflow:/churn/2", "mlflow:/churn/2 is not ready: its status is FAILED_REGISTRATION");
            assertThatThrownBy(() -> load("mlflow:/churn/3"))
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isFalse())
                    .hasMessageContaining("its status is PENDING_REGISTRATION");
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
            401 | refuses the credentials of this node (status 401). Check nightshift.mlflow
            403 | does not permit this node to get the version 1 of the model churn (status 403): no. Give its user the permission READ
            302 | answers with a redirect (status 302), which is not followed
            418 | refuses to give the version 1 of the model churn (status 418): no
            """)
        void aStatusOfTheServerIsASentence(int status, String sentence) {
            server.disturb("model-versions/get", respond(status, "{\"message\": \"no\"}"));

            assertRefused("mlflow:/churn/1", sentence.strip());
        }

        @ParameterizedTest
        @ValueSource(strings = {"<html>", "", "[1]", "not JSON"})
        void anotherKindOfServerIsNamed(String answer) {
            server.disturb("model-versions/get", respond(200, answer));

            assertRefused("mlflow:/churn/1", "does not answer as an MLflow server does");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "../../../etc/passwd",
                    "..",
                    "a/../b",
                    "a\\b",
                    "model/",
                    "a//b",
                    "a\u0001b",
                    "a\u009bb",
                    "a\u202eb"
                })
        void aListWithAPathThatLeavesItsFolderIsRefused(String path) {
            String json = "{\"files\": [{\"path\": \"%s\", \"is_dir\": false, \"file_size\": 3}]}"
                    .formatted(path.replace("\\", "\\\\").replace("\u0001", "\\u0001"));
            server.disturb("mlflow-artifacts/artifacts", respond(200, json));

            assertRefused("mlflow:/churn/1", "could lead out of its folder");
        }

        @Test
        void aListWithALongNameIsRefused() {
            String json = "{\"files\": [{\"path\": \"%s\", \"is_dir\": false}]}".formatted("a".repeat(256));
            server.disturb("mlflow-artifacts/artifacts", respond(200, json));

            assertRefused("mlflow:/churn/1", "whose name has more than 255 characters");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "{}",
                    "{\"model_version\": {\"name\": \"churn\"}}",
                    "{\"model_version\": {\"name\": \"churn\", \"version\": \"one\"}}",
                    "{\"model_version\": {\"name\": \"a/b\", \"version\": \"1\"}}",
                    "{\"model_version\": {\"name\": \"a\\u009b1\", \"version\": \"1\"}}"
                })
        void anAnswerThatNamesNoVersionIsRefused(String answer) {
            server.disturb("model-versions/get", respond(200, answer));

            assertRefused(
                    "mlflow:/churn/1", "does not answer as an MLflow server does (the version 1 of the model churn)");
        }

        @Test
        void wordsOfTheServerAreOneLineWithoutEscapeSequences() {
            server.disturb(
                    "model-versions/get",
                    respond(
                            200,
                            "{\"model_version\": {\"name\": \"churn\", \"version\": \"1\", \"status\": \"FAILED\\u001b[2J\", \"status_message\": \"no\\n\\u009b%s\"}}"
                                    .formatted("x".repeat(1000))));

            assertThatThrownBy(() -> load("mlflow:/churn/1"))
                    .hasMessageContaining("its status is FAILED [2J (no xxx")
                    .hasMessageNotContainingAny("\u001b", "\u009b", "\n", "x".repeat(300));
        }

        @Test
        void anIdOfARunThatIsNoneIsLeftOut() {
            server.disturb(
                    "model-versions/get",
                    exchange -> HttpReceiver.respond(
                            exchange,
                            200,
                            exchange.getRequestURI().getPath().endsWith("uri")
                                    ? "{\"artifact_uri\": \"mlflow-artifacts:/%s\"}".formatted(FOLDER)
                                    : "{\"model_version\": {\"name\": \"churn\", \"version\": \"1\", \"run_id\": \"a\\u001b\"}}"));

            assertThat(load("mlflow:/churn/1").pin().run()).isNull();
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
            file:./mlruns/0/model    | are at file:./mlruns/0/model, which is no absolute path of this node
            mlruns/0/model           | are at mlruns/0/model, which is no absolute path of this node
            file://elsewhere/0/model | are at file://elsewhere/0/model, which is no absolute path of this node
            mlflow-artifacts:0/model | are at an address that
            ''                       | the server does not say where the artifacts of mlflow:/churn/2 are
            """)
        void anAddressThatIsNotAbsoluteIsRefused(String source, String sentence) {
            server.register("churn", source, "READY");

            assertRefused("mlflow:/churn/2", sentence);
        }

        @Test
        void anArtifactThatIsNoRegularFileIsNotOpened() throws Exception {
            Process made = new ProcessBuilder("mkfifo", artifact("pipe.ubj").toString()).start();
            assertThat(made.waitFor()).isZero();
            server.run("abc", artifacts.resolve("1/run1/artifacts").toUri().toString());

            assertRefused("mlflow:/runs/abc/model/pipe.ubj", "pipe.ubj is no regular file");
            assertThat(load("mlflow:/runs/abc/model/model.xgb").pin().file()).isEqualTo("model.xgb");
        }

        @Test
        void anMlmodelFileThatIsNotUtf8IsNamed() throws IOException {
            Files.write(artifact("MLmodel"), new byte[] {(byte) 0xff, (byte) 0xfe});

            assertRefused("mlflow:/churn/1", "the file MLmodel of mlflow:/churn/1 is not UTF-8. Log the model again");
        }

        @Test
        void aFileOfNightshiftThatIsNoModelIsNotTakenForOne() throws IOException {
            write("nightshift.conf", "nightshift {}");

            assertThat(load("mlflow:/churn/1").pin().file()).isEqualTo("model.xgb");
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "mlflow-artifacts:/../secret",
                    "mlflow-artifacts:/1/%2e%2e/secret",
                    "mlflow-artifacts:/1/a%5cb",
                    "file:///artifacts/../etc"
                })
        void anAddressThatLeavesItsFolderIsRefused(String source) {
            server.register("churn", source, "READY");

            assertRefused("mlflow:/churn/2", "could lead out of its folder");
        }

        @ParameterizedTest
        @CsvSource(delimiter = '|', textBlock = """
            mlflow-artifacts://other.example.org/1/model | are handed out by other.example.org, not by 127.0.0.1:
            https://other.example.org/1/model            | are at an address with https:, which Nightshift does not read by itself
            gs://models/churn                            | are at an address with gs:, which Nightshift does not read by itself
            abfss://models@lake/churn                    | are at an address with abfss:, which Nightshift does not read by itself
            dbfs:/models/churn                           | are at an address with dbfs:, which Nightshift does not read by itself
            s3://models/churn                            | s3://models/churn is outside the buckets that jobs may read on this node
            """)
        void artifactsElsewhereAreNotAskedForWithTheCredentialsOfTheServer(String source, String sentence) {
            server.register("churn", source.strip(), "READY");

            assertRefused("mlflow:/churn/2", sentence.strip());
        }

        @Test
        void artifactsOnThisMachineAreReadInTheFoldersOfJobsOnly() throws IOException {
            server.register("churn", artifacts.resolve(FOLDER).toUri().toString(), "READY");
            MlflowSettings settings = settings(server.uri(), null, new Credentials.None(), Duration.ofMinutes(1));

            assertThat(load("mlflow:/churn/2").pin().source())
                    .isEqualTo(artifacts.resolve(FOLDER).toString());
            assertThatThrownBy(() -> load(
                            "mlflow:/churn/2", settings, FileRoots.only(List.of(folder.resolve("other")), List.of())))
                    .hasMessageContaining("is outside the folders that jobs may read on this node");
        }

        @Test
        void artifactsInAnObjectStoreAreReadWithTheCredentialsOfTheNode() throws IOException {
            try (S3Server objects = S3Server.start()) {
                objects.createBucket("mlflow");
                objects.put("mlflow", "7/model/MLmodel", artifact("MLmodel"));
                objects.put("mlflow", "7/model/model.xgb", artifact("model.xgb"));
                objects.put("mlflow", "7/model/other/model.xgb", artifact("MLmodel"));
                server.register("churn", "s3://mlflow/7/model", "READY");
                server.register("churn", "s3://other/7/model", "READY");
                ObjectStores stores = ObjectStores.only(List.of(new ObjectStoreSettings(
                        "lake",
                        new StoreType.S3("us-east-1", true),
                        objects.endpoint(),
                        List.of("mlflow"),
                        List.of(),
                        new StoreCredentials.Keys("id", "secret", null))));
                MlflowModels models = MlflowModels.open(
                        () -> settings(server.uri(), null, new Credentials.None(), Duration.ofMinutes(1)),
                        FileRoots.UNRESTRICTED,
                        new ObjectCopies(stores, copies));

                MlflowPin pin = models.load(new ModelReference.Mlflow("mlflow:/churn/2", null), ModelFiles::load)
                        .pin();

                assertThat(pin.source()).isEqualTo("s3://mlflow/7/model");
                assertThat(pin.sha256()).isEqualTo(Digests.sha256(artifact("model.xgb")));
                assertThatThrownBy(
                                () -> models.load(new ModelReference.Mlflow("mlflow:/churn/3", null), ModelFiles::load))
                        .hasMessageContaining("s3://other/7/model is outside the buckets that jobs may read");
            }
        }

        @Test
        void aMistakeInTheSettingsIsReportedWhenAModelIsAskedFor() {
            MlflowModels models = MlflowModels.open(
                    () -> MlflowSettings.environment(Map.of("MLFLOW_TRACKING_URI", "databricks")::get),
                    FileRoots.UNRESTRICTED,
                    new ObjectCopies(ObjectStores.none(), copies));

            assertThatThrownBy(() -> models.load(new ModelReference.Mlflow("mlflow:/churn/1", null), ModelFiles::load))
                    .hasMessageContaining("MLFLOW_TRACKING_URI names no server that Nightshift can ask");
        }

        @Test
        void withoutAServerTheKeyOfTheConfigurationIsNamed() {
            assertThatThrownBy(() -> MlflowModels.none()
                            .load(new ModelReference.Mlflow("mlflow:/churn/1", null), ModelFiles::load))
                    .hasMessageContaining("Set nightshift.mlflow.url");
        }
    }

    @Nested
    final class Outages {

        private MlflowSettings patient(Duration patience) {
            return settings(server.uri(), null, new Credentials.None(), patience);
        }

        @Test
        void aServerThatIsAwayCanBeAskedLater() throws IOException {
            URI nowhere = URI.create("http://127.0.0.1:" + FreePort.any());

            assertAway(
                    settings(nowhere, null, new Credentials.None(), Duration.ofMinutes(1)),
                    "can't be asked for the version 1 of the model churn: nothing listens at its address. Try again");
        }

        @ParameterizedTest
        @ValueSource(ints = {429, 500, 503})
        void aServerThatFailsCanBeAskedLater(int status) {
            server.disturb("model-versions/get", respond(status, "{\"message\": \"busy\"}"));

            assertAway(patient(Duration.ofMinutes(1)), "now (status %d): busy. Try again later".formatted(status));
        }

        @Test
        void aDownloadThatStandsStillEnds() {
            CountDownLatch end = new CountDownLatch(1);
            server.disturb("model.xgb", exchange -> {
                exchange.sendResponseHeaders(200, 1_000_000);
                exchange.getResponseBody().write(new byte[10]);
                exchange.getResponseBody().flush();
                await(end);
            });

            assertAway(patient(Duration.ofSeconds(1)), "it sends nothing for 1 s");
            end.countDown();
        }

        @Test
        void anAnswerThatDoesNotEndInTimeIsGivenUpAlthoughTheServerIsNotSilent() {
            CountDownLatch end = new CountDownLatch(1);
            server.disturb("model-versions/get", exchange -> {
                exchange.sendResponseHeaders(200, 1_000_000);
                exchange.getResponseBody().write(new byte[10]);
                exchange.getResponseBody().flush();
                await(end);
            });
            io.nightshift.node.mlflow.MlflowServer asked = new io.nightshift.node.mlflow.MlflowServer(
                    patient(Duration.ofHours(1)), Duration.ofSeconds(1), Duration.ofSeconds(1));

            assertThatThrownBy(() -> asked.get("model-versions/get", Map.of(), "a model"))
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isFalse())
                    .hasMessageContaining("can't be asked for a model: it has not answered completely after 1 s");
            end.countDown();
        }

        @Test
        @EnabledOnOs(OS.LINUX)
        void aFullDiskIsNotBlamedOnTheServer() {
            io.nightshift.node.mlflow.MlflowServer asked =
                    new io.nightshift.node.mlflow.MlflowServer(patient(Duration.ofMinutes(1)));

            assertThatThrownBy(() -> asked.download(FOLDER + "/model.xgb", Path.of("/dev/full"), 1 << 30, "a model"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("No space left on device");
        }

        @Test
        void aDownloadThatIsCutOffIsNotUsed() {
            server.disturb("model.xgb", exchange -> {
                exchange.sendResponseHeaders(200, 1_000_000);
                exchange.getResponseBody().write(new byte[10]);
                exchange.getResponseBody().flush();
                exchange.close();
            });

            assertAway(patient(Duration.ofMinutes(1)), "the connection failed");
        }

        @Test
        void aFileOfAnotherSizeThanItsListSaysIsNotUsed() {
            server.disturb("model.xgb", respond(200, "short"));

            assertAway(patient(Duration.ofMinutes(1)), "has 5 bytes, and its list says");
        }

        @Test
        void anEndlessAnswerIsCutOff() {
            server.disturb("model-versions/get", exchange -> {
                exchange.sendResponseHeaders(200, 0);
                try {
                    while (true) {
                        exchange.getResponseBody().write(new byte[1 << 20]);
                    }
                } catch (IOException _) {
                    exchange.close(); // the client has enough
                }
            });

            assertRefused("mlflow:/churn/1", "does not answer as an MLflow server does");
        }
    }

    @Nested
    final class Access {

        private Secret secret(String text) throws IOException {
            return new Secret.InFile(Files.writeString(folder.resolve("secret"), text + "\n"));
        }

        @Test
        void aUserAndAPasswordAreSent() throws IOException {
            server.requireBasic("scorer", "käse");

            assertThat(load("mlflow:/churn/1", new Credentials.Basic("scorer", secret("käse")))
                            .pin()
                            .version())
                    .isEqualTo("mlflow:/churn/1");
            assertThatThrownBy(() -> load("mlflow:/churn/1", new Credentials.Basic("scorer", secret("wrong"))))
                    .hasMessageContaining("(status 401). Check nightshift.mlflow.user and its password");
            assertRefused("mlflow:/churn/1", "(status 401). Check nightshift.mlflow: it needs user and password-file");
        }

        @Test
        void aTokenIsSentAndReadAgainForEachRequest() throws IOException {
            server.requireToken("first");
            Credentials credentials = new Credentials.Token(secret("first"));
            assertThat(load("mlflow:/churn/1", credentials).pin().run()).isEqualTo("run1");

            server.requireToken("second");
            assertThatThrownBy(() -> load("mlflow:/churn/1", credentials))
                    .hasMessageContaining("(status 401). Check nightshift.mlflow.token-file or token-env");

            secret("second");
            assertThat(load("mlflow:/churn/1", credentials).pin().run()).isEqualTo("run1");
        }

        @Test
        void aRefusalDoesNotRepeatTheToken() throws IOException {
            server.disturb("model-versions/get", respond(400, "{\"message\": \"bad Bearer t0p\"}"));
            Credentials credentials = new Credentials.Token(secret("t0p"));

            assertThatThrownBy(() -> load("mlflow:/churn/1", credentials))
                    .hasMessageContaining("bad Bearer (secret)")
                    .hasMessageNotContaining("t0p");
        }

        @Test
        void aRefusalDoesNotRepeatThePasswordInAnyForm() throws IOException {
            String header = Base64.getEncoder().encodeToString("scorer:t0p".getBytes(StandardCharsets.UTF_8));
            server.disturb(
                    "model-versions/get", respond(400, "{\"message\": \"bad Basic %s of t0p\"}".formatted(header)));
            Credentials credentials = new Credentials.Basic("scorer", secret("t0p"));

            assertThatThrownBy(() -> load("mlflow:/churn/1", credentials))
                    .hasMessageContaining("bad Basic (secret) of (secret)")
                    .hasMessageNotContaining(header);
        }

        @ParameterizedTest
        @ValueSource(strings = {"\uFEFFt0p", "t0p\nt0p", "t0p\u00f6", "t0p\u20ac", "t0p t0p"})
        void aTokenThatCanBeNoHeaderIsNotRepeated(String token) throws IOException {
            Credentials credentials = new Credentials.Token(secret(token));

            assertThatThrownBy(() -> load("mlflow:/churn/1", credentials))
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isTrue())
                    .hasMessage(
                            "the token of the MLflow server is not one line of ASCII characters. Check nightshift.mlflow.token-file or token-env")
                    .hasNoCause();
            assertThat(server.requests()).isEmpty();
        }

        @ParameterizedTest
        @CsvSource({"a:b, t0p", "scorer, '\uFEFFt0p'", "scorer, 't0p\nt0p'"})
        void aUserOrAPasswordThatCanNotBeSentIsNotRepeated(String user, String password) throws IOException {
            Credentials credentials = new Credentials.Basic(user, secret(password));

            assertThatThrownBy(() -> load("mlflow:/churn/1", credentials))
                    .hasMessageContaining("Check nightshift.mlflow.user and its password")
                    .hasMessageNotContaining("t0p");
        }

        @Test
        void aRedirectDoesNotGetTheToken() throws IOException {
            try (HttpReceiver other = new HttpReceiver()) {
                server.disturb("model-versions/get", exchange -> {
                    exchange.getResponseHeaders()
                            .set("Location", other.uri("/steal").toString());
                    HttpReceiver.respond(exchange, 302, "");
                });
                Credentials credentials = new Credentials.Token(secret("t0p"));

                assertThatThrownBy(() -> load("mlflow:/churn/1", credentials))
                        .hasMessageContaining("answers with a redirect");
                assertThat(other.requests()).isEmpty();
            }
        }

        @Test
        void aServerByHttpsNeedsACertificateOfAnAuthorityThatIsTrusted() throws Exception {
            TestAuthority authority = new TestAuthority();
            Path ca = authority.write(folder.resolve("ca.pem"));
            Path otherCa = new TestAuthority().write(folder.resolve("other.pem"));
            try (MlflowServer secured = new MlflowServer(authority.server("127.0.0.1"), artifacts);
                    MlflowServer elsewhere = new MlflowServer(authority.server("other.example.org"), artifacts)) {
                secured.register("churn", FOLDER);
                elsewhere.register("churn", FOLDER);
                Credentials none = new Credentials.None();
                Duration patience = Duration.ofMinutes(1);

                assertThat(load("mlflow:/churn/1", settings(secured.uri(), ca, none, patience), FileRoots.UNRESTRICTED)
                                .pin()
                                .file())
                        .isEqualTo("model.xgb");
                assertAway(settings(secured.uri(), otherCa, none, patience), "the TLS connection failed");
                assertAway(settings(secured.uri(), null, none, patience), "nightshift.mlflow.ca");
                assertAway(settings(elsewhere.uri(), ca, none, patience), "the TLS connection failed");
            }
        }
    }

    private static Behaviour respond(int status, String body) {
        return exchange -> HttpReceiver.respond(exchange, status, body);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
