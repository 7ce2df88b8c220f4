package io.nightshift.worker.partition;

import io.nightshift.scoring.model.Scorer;
import io.nightshift.worker.partition.StepTimes.Step;
import org.jspecify.annotations.Nullable;

/// Measures how long the steps of one attempt take. For the scoring thread.
final class StepClock {

    private final @Nullable StepTimes times;

    /// When the current step began.
    private long begin = System.nanoTime();

    /// The time in the model since [#restart].
    private long scoring;

    /// @param times where the times are added; null if nobody wants them
    StepClock(@Nullable StepTimes times) {
        this.times = times;
    }

    /// Whether the clock needs DuckDB's profile of the query.
    boolean needsProfile() {
        return times != null;
    }

    void ended(Step step) {
        long now = System.nanoTime();
        if (times != null) {
            times.add(step, now - begin);
        }
        begin = now;
    }

    /// The query that scored has ended.
    ///
    /// @param sending the nanoseconds for which rows were handed to a database
    /// @param profile DuckDB's, as JSON, of that query
    void queried(long sending, String profile) {
        long now = System.nanoTime();
        if (times != null) {
            times.query(now - begin, scoring, sending, profile);
        }
        begin = now;
    }

    /// The rows are scored once more.
    void restart() {
        scoring = 0;
    }

    /// A scorer whose time is measured.
    Scorer timed(Scorer scorer) {
        return (features, count, outputs) -> {
            long started = System.nanoTime();
            scorer.score(features, count, outputs);
            scoring += System.nanoTime() - started;
        };
    }
}
