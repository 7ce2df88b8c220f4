package io.nightshift.protocol.batch;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// How far the last redrive of a published batch is.
///
/// @param number of its supplement, from 1
/// @param at when it began
/// @param by the name of the caller's token
/// @param reason the reason that the caller gave, may be empty
/// @param state how far it is
/// @param healed how many rows have got a prediction; 0 until they are scored
/// @param endedAt when it was published or failed; null before
/// @param failure why it failed; null if it did not
public record Redrive(
        int number,
        Instant at,
        String by,
        String reason,
        State state,
        long healed,
        @Nullable Instant endedAt,
        @Nullable String failure) {

    /// How far a redrive is.
    public enum State {
        /// The rows are scored.
        SCORING,
        /// The rows are scored, and readers are about to see them.
        PUBLISHING,
        /// Readers see the rows.
        PUBLISHED,
        /// The batch is as it was before.
        FAILED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// A redrive that has begun.
    ///
    /// @param begun its event
    public static Redrive of(BatchEvent.RedriveBegun begun) {
        return new Redrive(begun.number(), begun.at(), begun.by(), begun.reason(), State.SCORING, 0, null, null);
    }

    /// The same redrive, in another state.
    ///
    /// @param now the state
    /// @param rows how many rows have got a prediction
    /// @param end when it ended; null before
    /// @param why it failed; null if it did not
    public Redrive with(State now, long rows, @Nullable Instant end, @Nullable String why) {
        return new Redrive(number, at, by, reason, now, rows, end, why);
    }

    /// Whether something is left to do.
    public boolean isPending() {
        return endedAt == null;
    }

    /// The redrive in one line, for people: `supplement 1 by anna: published, 1,200 rows added`.
    public String sentence() {
        String outcome = switch (state) {
            case SCORING -> "the rows are scored";
            case PUBLISHING -> String.format(Locale.ROOT, "%,d rows are about to be published", healed);
            case PUBLISHED -> String.format(Locale.ROOT, "%,d rows added", healed);
            case FAILED -> "failed: " + failure;
        };
        return "supplement %d by %s: %s".formatted(number, by, outcome);
    }
}
