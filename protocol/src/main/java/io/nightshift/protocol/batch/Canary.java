package io.nightshift.protocol.batch;

import io.nightshift.protocol.model.ModelVersion;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// How far the canary of a batch is: the partitions that a candidate scores first.
///
/// @param at when the batch was planned, and the partitions were chosen
/// @param candidate the version that scores them
/// @param champion the version that scores the batch if the candidate fails
/// @param partitions how many partitions the candidate scores first
/// @param state how far it is
/// @param decidedAt when it was decided; null before
/// @param rows how many rows both have scored; 0 before the decision
/// @param results of the guards; empty before the decision, and if it failed before they could be measured
/// @param reason why it failed, if not for a guard; null otherwise
/// @param promotion what became of the alias that was to be moved; null if none was, or not yet
public record Canary(
        Instant at,
        ModelVersion candidate,
        ModelVersion champion,
        int partitions,
        State state,
        @Nullable Instant decidedAt,
        long rows,
        List<GuardResult> results,
        @Nullable String reason,
        @Nullable Promotion promotion) {

    /// How far a canary is.
    public enum State {
        /// The candidate scores its partitions. No other is scored.
        RUNNING,
        /// It has kept all guards, and scores all partitions.
        PASSED,
        /// It has failed, and the champion scores all partitions.
        FAILED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// The move of an alias to the candidate.
    ///
    /// @param at when it was moved, or was not
    /// @param alias of the model, such as `champion`
    /// @param refusal why it was not moved; null if it was
    /// @param writeBack what became of the alias on the MLflow server, in words; null if nothing is written there
    public record Promotion(
            Instant at,
            String alias,
            @Nullable String refusal,
            @Nullable String writeBack) {}

    public Canary {
        results = List.copyOf(results);
    }

    /// A canary that begins.
    ///
    /// @param at when
    /// @param candidate the version that scores the partitions
    /// @param champion the other version
    /// @param partitions how many
    public static Canary begun(Instant at, ModelVersion candidate, ModelVersion champion, int partitions) {
        return new Canary(at, candidate, champion, partitions, State.RUNNING, null, 0, List.of(), null, null);
    }

    /// The same canary after the decision.
    ///
    /// @param event the decision
    public Canary decided(BatchEvent.CanaryDecided event) {
        return new Canary(
                at,
                candidate,
                champion,
                partitions,
                event.passed() ? State.PASSED : State.FAILED,
                event.at(),
                event.rows(),
                event.results(),
                event.reason(),
                promotion);
    }

    /// The same canary after the promotion.
    ///
    /// @param event what became of it
    public Canary promoted(BatchEvent.CandidatePromoted event) {
        return new Canary(
                at,
                candidate,
                champion,
                partitions,
                state,
                decidedAt,
                rows,
                results,
                reason,
                new Promotion(event.at(), event.alias(), event.refusal(), event.writeBack()));
    }

    /// The canary in one sentence, for people.
    public String sentence() {
        return switch (state) {
            case RUNNING -> "%s scores %,d partitions first".formatted(candidate, partitions);
            case PASSED ->
                String.format(
                        Locale.ROOT,
                        "%s has passed on %,d partitions with %,d rows, and scores the whole batch: %s%s",
                        candidate,
                        partitions,
                        rows,
                        sentences(results),
                        promotion == null ? "" : "; " + sentence(promotion));
            case FAILED ->
                "%s has failed, and %s scores the whole batch: %s"
                        .formatted(
                                candidate,
                                champion,
                                reason == null
                                        ? sentences(results.stream()
                                                .filter(result -> !result.passed())
                                                .toList())
                                        : reason);
        };
    }

    private static String sentences(List<GuardResult> results) {
        return results.stream().map(GuardResult::sentence).collect(Collectors.joining("; "));
    }

    private String sentence(Promotion moved) {
        return moved.refusal() == null
                ? "the alias %s was moved to it%s"
                        .formatted(moved.alias(), moved.writeBack() == null ? "" : "; " + moved.writeBack())
                : "the alias %s was not moved to it: %s".formatted(moved.alias(), moved.refusal());
    }
}
