package io.nightshift.coordinator.batch.state;

import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchEvent.Cancelled;
import io.nightshift.protocol.batch.BatchEvent.Failed;
import io.nightshift.protocol.batch.BatchEvent.Paused;
import io.nightshift.protocol.batch.BatchEvent.Published;
import io.nightshift.protocol.batch.BatchEvent.Retried;
import io.nightshift.protocol.batch.BatchEvent.SupplementPublished;
import io.nightshift.protocol.batch.BatchEvent.TookOver;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.Failure;
import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// How far a batch is: a part of the fold [BatchState].
///
/// @param phase null before the batch is submitted
/// @param incarnation of the last takeover; 0 before the first
/// @param failure why the batch failed or was cancelled; null in every other phase
/// @param published the last event of a published batch; null before it
/// @param paused the last pause; null in every other phase
@RecordBuilder
@RecordBuilder.Options(addClassRetainedGenerated = true, addStaticBuilder = false, enableWither = false)
record LifeState(
        @Nullable Phase phase,
        int incarnation,
        @Nullable Failure failure,
        @Nullable Published published,
        @Nullable Paused paused) {

    static final LifeState NONE = new LifeState(null, 0, null, null, null);

    private LifeStateBuilder with() {
        return LifeStateBuilder.builder(this);
    }

    LifeState in(Phase next) {
        return with().phase(next).paused(next == Phase.PAUSED ? paused : null).build();
    }

    LifeState after(BatchEvent event) {
        return switch (event) {
            case TookOver tookOver -> takenOver(tookOver.incarnation());
            case Paused pause -> with().paused(pause).build();
            case Failed failed -> with().failure(failed.failure()).build();
            case Cancelled cancelled -> with().failure(reason(cancelled)).build();
            case Retried retried -> with().failure(null).build();
            case Published end -> with().published(end).build();
            case SupplementPublished end ->
                with().published(Objects.requireNonNull(published).with(end)).build();
            default -> this;
        };
    }

    private LifeState takenOver(int next) {
        if (next <= incarnation) {
            throw new IllegalStateException("incarnation %d can't follow %d".formatted(next, incarnation));
        }
        return with().incarnation(next).build();
    }

    private static Failure reason(Cancelled cancelled) {
        return Failure.permanent(cancelled.reason().isBlank() ? "no reason was given" : cancelled.reason());
    }
}
