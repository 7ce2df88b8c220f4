package io.nightshift.protocol.batch;

import java.time.Instant;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/// How far the removal of a published batch is.
///
/// @param at when it began
/// @param by the name of the token of who deletes the batch; null if its job's retention removes it
/// @param reason the reason that the caller gave, may be empty; or the retention, as `keep: 30, for: 90d`
/// @param unpublishedAt from when on readers no longer see the batch; null if that is not sure yet
/// @param removedAt when all output was deleted; null before
public record Removal(
        Instant at,
        @Nullable String by,
        String reason,
        @Nullable Instant unpublishedAt,
        @Nullable Instant removedAt) {

    /// A removal that has begun.
    ///
    /// @param begun its event
    public static Removal of(BatchEvent.RemovalBegun begun) {
        return new Removal(begun.at(), begun.by(), begun.reason(), null, null);
    }

    /// The same removal, of which readers no longer see the batch.
    ///
    /// @param time since when
    public Removal unpublished(Instant time) {
        return new Removal(at, by, reason, time, removedAt);
    }

    /// The same removal, at its end.
    ///
    /// @param time when all output was deleted
    public Removal removed(Instant time) {
        return new Removal(at, by, reason, unpublishedAt, time);
    }

    /// Whether something is left to do.
    public boolean isPending() {
        return removedAt == null;
    }

    /// By whom, when and why, for people: `removed by retention on 2026-11-27 (keep: 30)`, or `deleted by
    /// anna on 2026-11-27: a wrong model`. The day is in UTC.
    public String sentence() {
        String day = (removedAt == null ? at : removedAt)
                .atZone(ZoneOffset.UTC)
                .toLocalDate()
                .toString();
        String verb = (isPending() ? "being " : "") + (by == null ? "removed" : "deleted");
        String when = isPending() ? "since" : "on";
        return by == null
                ? "%s by retention %s %s (%s)".formatted(verb, when, day, reason)
                : "%s by %s %s %s".formatted(verb, by, when, day) + (reason.isBlank() ? "" : ": " + reason);
    }
}
