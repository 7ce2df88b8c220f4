package io.nightshift.coordinator.batch.decision;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.failure.Failure;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;

/// For how long a batch retries the failures of a resource: from the first failure of a series on. A success ends
/// the series. The failures to promote a candidate are a series of their own.
public final class OutageLimit {

    private OutageLimit() {}

    /// When the batch fails, if a resource that has failed now does not work before.
    ///
    /// @param retry the policy for the batch's job
    public static Instant until(BatchState state, RetryPolicy retry, Failure failure, DecisionTime now) {
        return since(state, false, now).plus(retry.patience(failure));
    }

    /// When the batch is published without the promotion of its candidate, if that has failed now and does not
    /// succeed before.
    ///
    /// @param retry the policy for the batch's job
    public static Instant untilPromoted(BatchState state, RetryPolicy retry, Failure failure, DecisionTime now) {
        return since(state, true, now).plus(retry.patience(failure));
    }

    private static Instant since(BatchState state, boolean ofPromotion, DecisionTime now) {
        Instant since = state.outage() == null ? null : state.outage().since(ofPromotion);
        return since == null ? now.instant() : since;
    }

    /// The backoff, shortened so that the last try is made when the time is over.
    public static Duration atMost(Instant until, Duration backoff, DecisionTime now) {
        return Collections.min(List.of(Duration.between(now.instant(), until), backoff));
    }

    /// The failure of a batch whose time is over.
    public static Failure exceeded(BatchState state, Failure failure, DecisionTime now) {
        Duration tried = Duration.between(since(state, false, now), now.instant());
        return failure.isPermanent() || tried.toSeconds() < 1
                ? failure
                : Failure.transientFailure(
                        "%s. It was retried for %s without success".formatted(failure.message(), text(tried)));
    }

    private static String text(Duration duration) {
        long seconds = duration.toSeconds();
        return seconds < 120 ? seconds + " s" : duration.toMinutes() + " min";
    }
}
