package io.nightshift.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.api.AliasMove;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.registry.Provenance;
import io.nightshift.destination.Publication;
import io.nightshift.node.gateway.AuditLines;
import io.nightshift.node.mlflow.MlflowModels;
import io.nightshift.node.mlflow.MlflowWriteBack;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RegistryPromoterTest {

    private static final Instant AT = Instant.parse("2026-11-28T02:00:00Z");
    private static final BatchId BATCH = new BatchId("churn-20261128t020000-1f2e");

    private static final ModelDescription DESCRIPTION = new ModelDescription(
            "xgboost-json",
            "gbtree",
            Task.REGRESSION,
            List.of(new ModelFeature("x", new FeatureType.Numeric(FeatureType.Precision.FLOAT32), true)),
            List.of(),
            Map.of());

    @TempDir
    private Path home;

    private ModelRegistry registry;
    private ModelVersion first;
    private ModelVersion second;

    @BeforeEach
    void twoVersions() {
        registry = new ModelRegistry(home);
        first = register("one");
        second = register("two");
    }

    private ModelVersion register(String content) {
        byte[] file = content.getBytes(StandardCharsets.UTF_8);
        return registry.register("churn", file, DESCRIPTION, () -> new Provenance(content, "0".repeat(64)))
                .version();
    }

    /// A batch whose candidate has passed.
    private BatchState passed(String model) {
        Job job = JobFile.parse("""
                job: churn
                model: %s
                source: {parquet: /lake/*.parquet}
                destination: {parquet: /predictions}
                rollout: {candidate: churn@2, guards: {latency: 2}, on-pass: promote}
                """.formatted(model).getBytes(StandardCharsets.UTF_8), Map.of());
        BatchState state = BatchState.initial(BATCH);
        for (BatchEvent event : List.of(
                new BatchEvent.Submitted(AT, BATCH, job, first, null, null, null, second, "airflow"),
                new BatchEvent.TookOver(AT, 1, "node:1"),
                new BatchEvent.Planned(
                        AT, List.of(new SourceFile("/lake/a.parquet", 300, AT, 30, "")), PartitionPlan.of(10, 10, 10)),
                new BatchEvent.CanaryStarted(AT, List.of(1)),
                new BatchEvent.CanaryDecided(AT, 10, List.of(), null))) {
            state = state.apply(LedgerEntry.after(state.head(), event));
        }
        return state;
    }

    private void promote(String model) {
        new RegistryPromoter(registry, new MlflowWriteBack(registry, MlflowModels.none()), "node:1")
                .promote(passed(model), new Publication("/predictions", "0".repeat(64)), "champion");
    }

    private @Nullable Integer champion() {
        return registry.history("churn").aliases().get("champion");
    }

    @Test
    void theAliasIsMovedOnceInTheNameOfTheBatch() {
        registry.alias("churn", "champion", 1, "mara");

        try (AuditLines lines = new AuditLines()) {
            promote("churn@champion");
            assertThat(lines.all())
                    .containsExactly(
                            "action=promote-model subject=churn@champion outcome=done who=airflow role=models from=node:1 detail=\"version 2, by the rollout of batch %s\""
                                    .formatted(BATCH));
        }

        assertThat(champion()).isEqualTo(2);
        AliasMove move = registry.history("churn").moves().getFirst();
        assertThat(move.by()).isEqualTo(BATCH.value());
        assertThat(move.reason()).isEqualTo("the canary has passed on 1 partitions");

        // A coordinator that was killed before it could write the event comes back after somebody has rolled back.
        registry.rollBack("churn", "champion", 2, null, "mara", "");
        promote("churn@champion");
        assertThat(champion()).isEqualTo(1);
    }

    @Test
    void anAliasThatWasMovedMeanwhileStays() {
        registry.alias("churn", "champion", register("three").version(), "mara");

        assertThatThrownBy(() -> promote("churn@champion"))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("not version 1")
                .hasMessageContaining("mara");
        assertThat(champion()).isEqualTo(3);
    }

    @Test
    void aNameWithoutAChampionGetsOne() {
        promote("churn");

        assertThat(champion()).isEqualTo(2);
    }
}
