package io.nightshift.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.registry.PendingMove;
import io.nightshift.coordinator.registry.Provenance;
import io.nightshift.destination.Publication;
import io.nightshift.node.mlflow.MlflowModels;
import io.nightshift.node.mlflow.MlflowSettings;
import io.nightshift.node.mlflow.MlflowSettings.Credentials;
import io.nightshift.node.mlflow.MlflowWriteBack;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobBuilder;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.MlflowPin;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.Rollout;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.testing.HttpReceiver;
import io.nightshift.testing.mlflow.MlflowServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Promotions of rollouts that are repeated on an MLflow server.
final class PromotionWriteBackIT {

    private static final Instant AT = Instant.parse("2026-11-28T02:00:00Z");
    private static final Publication PUBLICATION = new Publication("/predictions/batch=1", "5".repeat(64));

    private static final ModelDescription DESCRIPTION = new ModelDescription(
            "xgboost-json",
            "gbtree",
            Task.REGRESSION,
            List.of(new ModelFeature("x", new FeatureType.Numeric(FeatureType.Precision.FLOAT32), true)),
            List.of(),
            Map.of());

    @TempDir
    private Path folder;

    private MlflowServer server;
    private ModelRegistry registry;
    private Instant now = AT;

    /// Version 1 of the registry is the champion, and a copy of version 1 of the server.
    @BeforeEach
    void start() throws IOException {
        server = new MlflowServer(folder.resolve("artifacts"));
        registry = new ModelRegistry(folder.resolve("home"));
        version();
        version();
        version();
        server.alias("Churn", "champion", 1);
        registry.alias("churn", "champion", 1, "mara");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /// Registers the next version on the server, and its copy.
    private void version() {
        int number = server.register("Churn", "folder");
        register("content " + number, "mlflow:/Churn/%d/model.xgb".formatted(number));
    }

    private ModelVersion register(String content, String file) {
        return registry.register(
                        "churn",
                        content.getBytes(StandardCharsets.UTF_8),
                        DESCRIPTION,
                        () -> new Provenance(file, "0".repeat(64)))
                .version();
    }

    private MlflowWriteBack writeBack(boolean isOn) {
        MlflowSettings settings =
                new MlflowSettings(server.uri(), null, new Credentials.None(), Duration.ofSeconds(20), isOn);
        return new MlflowWriteBack(
                registry, MlflowModels.open(() -> settings, FileRoots.UNRESTRICTED, ObjectCopies.none()), () -> now);
    }

    private static BatchId batch(int to) {
        return new BatchId("churn-20261128t020000-000" + to);
    }

    /// A batch whose candidate has passed.
    private BatchState passed(int from, int to) {
        Job job = JobFile.parse("""
                job: churn
                model: churn@champion
                source: {parquet: /lake/*.parquet}
                destination: {parquet: /predictions}
                rollout: {candidate: 'mlflow:/Churn@next', guards: {latency: 2}, on-pass: promote}
                """.getBytes(StandardCharsets.UTF_8), Map.of());
        Rollout rollout = Objects.requireNonNull(job.rollout());
        MlflowPin pin = new MlflowPin(
                "mlflow:/Churn/" + to, null, "mlflow-artifacts:/folder", "model.xgb", "0".repeat(64), List.of());
        Job pinned = JobBuilder.builder(job)
                .rollout(rollout.with(((ModelReference.Mlflow) rollout.candidate()).with(pin)))
                .build();
        BatchState state = BatchState.initial(batch(to));
        for (BatchEvent event : List.of(
                new BatchEvent.Submitted(AT, batch(to), pinned, exact(from), null, null, null, exact(to), "airflow"),
                new BatchEvent.TookOver(AT, 1, "node:1"),
                new BatchEvent.Planned(
                        AT, List.of(new SourceFile("/lake/a.parquet", 300, AT, 30, "")), PartitionPlan.of(10, 10, 10)),
                new BatchEvent.CanaryStarted(AT, List.of(1)),
                new BatchEvent.CanaryDecided(AT, 10, List.of(), null))) {
            state = state.apply(LedgerEntry.after(state.head(), event));
        }
        return state;
    }

    private ModelVersion exact(int version) {
        return registry.resolve(new ModelReference.Exact("churn", version));
    }

    private @Nullable String promote(int from, int to) {
        return promote(from, to, true);
    }

    private @Nullable String promote(int from, int to, boolean isOn) {
        return new RegistryPromoter(registry, writeBack(isOn), "node:1")
                .promote(passed(from, to), PUBLICATION, "champion");
    }

    /// Does what the next submission of a job that follows the server does.
    private void nextNight() {
        now = now.plus(Duration.ofDays(1));
        writeBack(true).deliver("churn", null);
    }

    private @Nullable Integer there() {
        return server.aliased("Churn", "champion");
    }

    private List<PendingMove> pending() {
        return registry.pendingMoves("churn");
    }

    /// Answers as before, but never moves an alias.
    private void moveIsRefusedWith(int status, String body) {
        server.disturbWrites("registered-models/alias", exchange -> HttpReceiver.respond(exchange, status, body));
    }

    @Test
    void thePromotionMovesTheAliasThereOnceWithTheProofOfItsBatch() {
        assertThat(promote(1, 2)).isEqualTo("on the MLflow server, the alias champion points to mlflow:/Churn/2");

        assertThat(there()).isEqualTo(2);
        assertThat(server.tags("Churn", 2))
                .containsEntry("nightshift.batch", batch(2).value())
                .containsEntry("nightshift.job", "churn")
                .containsEntry("nightshift.model", "churn@2")
                .containsEntry("nightshift.model.sha256", exact(2).sha256())
                .containsEntry("nightshift.predictions", "0")
                .containsEntry("nightshift.quarantined", "0")
                .containsEntry("nightshift.destination", "/predictions/batch=1")
                .containsEntry("nightshift.manifest.sha256", "5".repeat(64))
                .hasEntrySatisfying(
                        "nightshift.canary",
                        text -> assertThat(text).startsWith("churn@2 has passed on 1 partitions with 10 rows"));
        assertThat(server.tags("Churn", 1)).isEmpty();
        assertThat(pending()).isEmpty();

        // A coordinator that was killed before it wrote the event comes back after somebody has rolled back there.
        server.alias("Churn", "champion", 1);
        promote(1, 2);
        nextNight();
        assertThat(there()).isEqualTo(1);
    }

    @Test
    void nothingIsWrittenUnlessTheConfigurationPermitsIt() {
        assertThat(promote(1, 2, false)).isNull();

        assertThat(registry.history("churn").aliases()).containsEntry("champion", 2);
        assertThat(there()).isEqualTo(1);
        assertThat(pending()).isEmpty();
        assertThat(server.requests()).isEmpty();
    }

    @Test
    void anAliasThatFollowsItselfOnlyGetsTheProof() {
        server.alias("Churn", "champion", 2);

        assertThat(promote(1, 2)).endsWith("points to mlflow:/Churn/2");

        assertThat(server.tags("Churn", 2)).containsKey("nightshift.batch");
        assertThat(server.requests())
                .noneMatch(request -> request.path().contains("registered-models/alias")
                        && !request.body().isEmpty());
    }

    @Test
    void anAliasThatSomebodyHasMovedStays() {
        server.alias("Churn", "champion", 3);

        assertThat(promote(1, 2))
                .isEqualTo(
                        "on the MLflow server, the alias champion is not moved to mlflow:/Churn/2: it points to mlflow:/Churn/3, which is not churn@1: somebody has decided otherwise, or has never moved it to the champion");
        nextNight();

        assertThat(there()).isEqualTo(3);
        assertThat(pending()).isEmpty();
    }

    @Test
    void anAliasThatSomebodyHasDeletedIsNotCreated() {
        server.deleteAlias("Churn", "champion");

        assertThat(promote(1, 2)).contains("there is no such alias. Set it once");

        assertThat(there()).isNull();
        assertThat(pending()).isEmpty();
    }

    @Test
    void aVersionThatSomebodyHasDeletedThereIsGivenUp() {
        register("content 4", "mlflow:/Churn/4/model.xgb");

        assertThat(promote(1, 4)).contains("Model Version (name=Churn, version=4) not found");

        assertThat(there()).isEqualTo(1);
        assertThat(pending()).isEmpty();
    }

    @Test
    void aServerThatIsAwayGetsTheMovesInTheirOrderWhenItIsBack() {
        server.disturb("mlflow", exchange -> HttpReceiver.respond(exchange, 503, "away"));

        assertThat(promote(1, 2))
                .startsWith("on the MLflow server, the alias champion is not moved to mlflow:/Churn/2 yet: ")
                .contains("status 503")
                .endsWith(". It is tried again when a job that follows the server is submitted");
        assertThat(promote(2, 3)).contains("an earlier move of it is pending");
        assertThat(registry.history("churn").aliases()).containsEntry("champion", 3);
        assertThat(pending()).hasSize(2);

        server.calm();
        nextNight();

        assertThat(there()).isEqualTo(3);
        assertThat(server.tags("Churn", 2)).containsEntry("nightshift.batch", batch(2).value());
        assertThat(server.tags("Churn", 3)).containsEntry("nightshift.batch", batch(3).value());
        assertThat(pending()).isEmpty();
    }

    @Test
    void aServerThatIsGoneIsNoReasonToFail() {
        server.close();

        assertThat(promote(1, 2)).contains("nothing listens at its address");

        assertThat(registry.history("churn").aliases()).containsEntry("champion", 2);
        assertThat(pending()).hasSize(1);
    }

    @Test
    void aUserWithoutTheRightToWriteIsNamedAndTheMoveIsTriedAgain() {
        server.refuseWrites(true);

        assertThat(promote(1, 2)).contains("(status 403)", "Give its user the permission EDIT on the model");
        assertThat(there()).isEqualTo(1);
        assertThat(pending()).hasSize(1);

        server.refuseWrites(false);
        nextNight();
        assertThat(there()).isEqualTo(2);
    }

    @Test
    void aUserWhoMaySetTagsButNotMoveTheAliasIsTriedAgain() {
        moveIsRefusedWith(403, "Permission denied");

        assertThat(promote(1, 2)).contains("(status 403)");
        assertThat(server.tags("Churn", 2)).containsKey("nightshift.batch");
        assertThat(there()).isEqualTo(1);

        server.calm();
        nextNight();
        assertThat(there()).isEqualTo(2);
    }

    @Test
    void anAliasThatTheServerDoesNotTakeIsGivenUp() {
        moveIsRefusedWith(400, "{\"error_code\": \"INVALID_PARAMETER_VALUE\", \"message\": \"no alias\"}");

        assertThat(promote(1, 2)).contains("no alias");

        assertThat(pending()).isEmpty();
    }

    @Test
    void aCrashBetweenBothMovesLosesNothing() {
        crashBeforeTheWriteBack();

        assertThat(promote(1, 2)).endsWith("points to mlflow:/Churn/2");

        assertThat(there()).isEqualTo(2);
        assertThat(pending()).isEmpty();
    }

    /// Moves the alias in the registry as the promoter does, and no further.
    private void crashBeforeTheWriteBack() {
        registry.promote(
                "churn",
                new PendingMove(
                        batch(2).value(),
                        "champion",
                        1,
                        2,
                        "mlflow:/Churn/2",
                        new TreeMap<>(Map.of("nightshift.batch", batch(2).value()))),
                batch(2).value(),
                "");
    }

    @Test
    void aMoveWhoseAnswerWasLostIsNotRepeatedOverSomebodysDecision() {
        // The server moves the alias, and a proxy loses the answer.
        server.disturbWrites("registered-models/alias", exchange -> {
            server.alias("Churn", "champion", 2);
            HttpReceiver.respond(exchange, 504, "<html>Gateway Timeout</html>");
        });
        assertThat(promote(1, 2)).contains("status 504");
        assertThat(pending()).hasSize(1);
        server.calm();
        server.alias("Churn", "champion", 1);

        nextNight();

        assertThat(there()).isEqualTo(1);
        assertThat(pending()).isEmpty();
    }

    /// Such as a proxy with a page to log in.
    @Test
    void anAnswerOfAnotherServerIsNoProofOfAMove() {
        server.disturbWrites("set-tag", exchange -> HttpReceiver.respond(exchange, 200, "<html>Log in"));
        assertThat(promote(1, 2)).contains("does not answer as an MLflow server does");
        server.calm();
        server.disturb("registered-models/alias", exchange -> HttpReceiver.respond(exchange, 200, "{}"));
        nextNight();
        assertThat(pending()).hasSize(1);

        server.calm();
        nextNight();

        assertThat(there()).isEqualTo(2);
        assertThat(pending()).isEmpty();
    }

    @Test
    void aMoveThatMayBeOnItsWayIsNotJudged() {
        server.disturbWrites("registered-models/alias", exchange -> HttpReceiver.respond(exchange, 504, "<html>"));
        promote(1, 2);
        server.calm();

        assertThat(promote(1, 2)).contains("a request to move it may be on its way");

        assertThat(there()).isEqualTo(1);
        assertThat(pending()).hasSize(1);
    }

    @Test
    void aMoveWhoseAnswerWasLostIsDone() {
        server.disturbWrites("registered-models/alias", exchange -> {
            server.alias("Churn", "champion", 2);
            exchange.close();
        });
        promote(1, 2);
        server.calm();

        nextNight();

        assertThat(there()).isEqualTo(2);
        assertThat(pending()).isEmpty();
    }

    @Test
    void aRollbackHereWithdrawsAMoveThatTheServerHasNotHeardOf() {
        server.refuseWrites(true);
        promote(1, 2);
        registry.rollBack("churn", "champion", 2, null, "mara", "");
        server.refuseWrites(false);

        nextNight();

        assertThat(there()).isEqualTo(1);
        assertThat(pending()).isEmpty();
    }

    @Test
    void aRollbackHereWhileTheServerAnswersWithdrawsTheMove() {
        server.disturb("model-versions/set-tag", exchange -> {
            server.calm();
            registry.rollBack("churn", "champion", 2, null, "mara", "");
            HttpReceiver.respond(exchange, 200, "{}");
        });

        assertThat(promote(1, 2))
                .contains("somebody has moved churn@champion in the meantime, or another node does this");

        assertThat(there()).isEqualTo(1);
    }

    @Test
    void aChampionIsRecognisedByItsDigestIfTheServerHasItTwice() {
        // The champion is a copy of version 1, and the alias points to version 3 with the same model file.
        server.alias("Churn", "champion", 3);
        server.tag("Churn", 3, MlflowWriteBack.MODEL_DIGEST, exact(1).sha256());

        promote(1, 2);

        assertThat(there()).isEqualTo(2);
    }

    @Test
    void anAliasThatSomebodyHasMovedHereLeavesTheServerAlone() {
        registry.alias("churn", "champion", 3, "mara");

        assertThatThrownBy(() -> promote(1, 2)).isInstanceOf(FailureException.class);

        assertThat(there()).isEqualTo(1);
        assertThat(pending()).isEmpty();
        assertThat(server.requests()).isEmpty();
    }
}
