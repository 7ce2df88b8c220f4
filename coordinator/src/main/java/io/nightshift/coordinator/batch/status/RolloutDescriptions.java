package io.nightshift.coordinator.batch.status;

import io.nightshift.api.BatchDescription;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.Canary;
import io.nightshift.protocol.batch.Histogram;
import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.protocol.batch.ModelDifferences;
import io.nightshift.protocol.batch.Shadow;
import io.nightshift.protocol.job.Rollout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Describes canaries and shadows for clients.
final class RolloutDescriptions {

    private RolloutDescriptions() {}

    /// Describes the rollout of a candidate.
    static BatchDescription.@Nullable Rollout rollout(BatchEvent.Submitted submitted, @Nullable Canary canary) {
        if (canary == null) {
            return untried(submitted);
        }
        return new BatchDescription.Rollout(
                canary.at(),
                canary.candidate().toString(),
                canary.champion().toString(),
                Rollout.Mode.CANARY.text(),
                canary.state().toString(),
                canary.partitions(),
                canary.decidedAt(),
                canary.rows(),
                canary.results().stream()
                        .map(result -> new BatchDescription.Guard(
                                result.guard().measure().text(),
                                result.value(),
                                result.guard().limit(),
                                result.passed(),
                                result.sentence()))
                        .toList(),
                canary.promotion() == null || canary.promotion().refusal() != null
                        ? null
                        : canary.promotion().alias(),
                canary.sentence());
    }

    /// Describes a rollout whose candidate can't be tried; null if there is none.
    private static BatchDescription.@Nullable Rollout untried(BatchEvent.Submitted submitted) {
        Rollout rollout = submitted.job().rollout();
        String reason = submitted.untried();
        if (rollout == null || reason == null) {
            return null;
        }
        String candidate = rollout.candidate().text();
        String champion = submitted.model().toString();
        return new BatchDescription.Rollout(
                submitted.at(),
                candidate,
                champion,
                rollout.mode().text(),
                "untried",
                0,
                null,
                0,
                List.of(),
                null,
                "%s is not tried, and %s scores the whole batch: %s".formatted(candidate, champion, reason));
    }

    /// Describes a shadow.
    ///
    /// @param shadow null if there is none
    static BatchDescription.@Nullable Shadow shadow(@Nullable Shadow shadow) {
        if (shadow == null) {
            return null;
        }
        ModelComparison compared = shadow.compared();
        ModelDifferences differences = compared == null ? null : compared.differences();
        double mean = differences == null ? Double.NaN : differences.sizes().mean();
        return new BatchDescription.Shadow(
                shadow.at(),
                shadow.candidate().toString(),
                shadow.champion().toString(),
                shadow.state().toString(),
                shadow.chosen(),
                shadow.partitions(),
                shadow.rows(),
                shadow.agreement(),
                shadow.rows() == 0 ? null : shadow.psi(),
                compared == null ? 0 : compared.other().missing(),
                compared == null ? 0 : compared.scored().missing(),
                Double.isNaN(mean) ? null : mean,
                compared == null ? 0 : compared.otherNanos() / 1e9,
                compared == null ? 0 : compared.scoredNanos() / 1e9,
                shadow.share(),
                compared == null
                        ? List.of()
                        : Histogram.of(compared.scored(), compared.other()).stream()
                                .map(bin -> new BatchDescription.Shadow.Bin(
                                        bin.from(), bin.to(), bin.first(), bin.second()))
                                .toList(),
                shadow.largest().stream()
                        .map(row -> new BatchDescription.Shadow.Difference(
                                row.partition(), row.row(), finite(row.scored()), finite(row.other()), row.features()))
                        .toList(),
                shadow.endedAt(),
                shadow.reason(),
                shadow.sentence());
    }

    private static @Nullable Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }
}
