package io.nightshift.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A run of an applied job: what one tick, trigger, request or backfill leads to.
///
/// @param run what identifies the run within the job: `tick:2026-11-25T01:00:00Z`, `trigger:…`, `manual:…` or
///     `backfill:…`. It is also the idempotency key of the run's submission
/// @param cause `schedule`, `trigger`, `manual` or `backfill`
/// @param tick the time of the schedule that the run belongs to; null if the run belongs to none
/// @param parameters the values of the job's parameters, as text by name; empty if the job has none
/// @param state `missing` (no run for the tick), `waiting` (due, without a batch yet), `running` (its batch
///     has not ended), `published`, `unchanged` (the same was published before, so nothing was started),
///     `failed`, `cancelled`, `refused` (the job could not be submitted) or `skipped`
/// @param batch the run's batch; null if it has none
/// @param reason why the run was refused or skipped, or has failed; null otherwise
/// @param revision of the job file
/// @param dueAt when the run was due; for a tick that is missing, the tick
/// @param startedAt when the batch was submitted; null before that
/// @param endedAt when the end of the run was noticed; null before that
/// @param totals what the run's batch has read and written so far; null if the run has no batch, or it is not
///     known
public record JobRun(
        String run,
        String cause,
        @JsonInclude(Include.NON_NULL) @Nullable Instant tick,
        Map<String, String> parameters,
        String state,
        @JsonInclude(Include.NON_NULL) @Nullable String batch,
        @JsonInclude(Include.NON_NULL) @Nullable String reason,
        int revision,
        Instant dueAt,
        @JsonInclude(Include.NON_NULL) @Nullable Instant startedAt,
        @JsonInclude(Include.NON_NULL) @Nullable Instant endedAt,
        @JsonInclude(Include.NON_NULL) @Nullable Totals totals) {

    /// Keeps an unmodifiable copy of the parameters.
    public JobRun {
        parameters = Collections.unmodifiableMap(new TreeMap<>(parameters));
    }

    /// The rows that a batch has read and written so far, and their cost.
    ///
    /// @param rows rows read of the source
    /// @param predictions rows written to the destination
    /// @param quarantined rows that could not be scored
    /// @param cost what the batch cost so far, by the prices in the configuration of the node that answers; null if
    ///     none are configured, or the use is not known
    public record Totals(
            long rows,
            long predictions,
            long quarantined,
            @JsonInclude(Include.NON_NULL) BatchDescription.@Nullable Cost cost) {}

    /// A run whose totals are not known.
    public JobRun(
            String run,
            String cause,
            @Nullable Instant tick,
            Map<String, String> parameters,
            String state,
            @Nullable String batch,
            @Nullable String reason,
            int revision,
            Instant dueAt,
            @Nullable Instant startedAt,
            @Nullable Instant endedAt) {
        this(run, cause, tick, parameters, state, batch, reason, revision, dueAt, startedAt, endedAt, null);
    }

    /// This run with the totals of its batch.
    ///
    /// @param description of the run's batch
    public JobRun withTotalsOf(BatchDescription description) {
        BatchDescription.Use use = description.use();
        return new JobRun(
                run,
                cause,
                tick,
                parameters,
                state,
                batch,
                reason,
                revision,
                dueAt,
                startedAt,
                endedAt,
                new Totals(
                        description.read(),
                        description.predictions(),
                        description.quarantined(),
                        use == null ? null : use.cost()));
    }

    /// How long the run's batch took; null before its end.
    public @Nullable Duration duration() {
        return startedAt == null || endedAt == null ? null : Duration.between(startedAt, endedAt);
    }
}
