package io.nightshift.coordinator.description;

import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.batch.attempt.BatchForecast;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.BatchStatuses;
import io.nightshift.coordinator.cost.Prices;
import io.nightshift.coordinator.cost.UseDescriptions;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.Canary;
import io.nightshift.protocol.batch.CheckResult;
import io.nightshift.protocol.batch.Histogram;
import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.protocol.batch.ModelDifferences;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Redrive;
import io.nightshift.protocol.batch.Removal;
import io.nightshift.protocol.batch.ReusedParts;
import io.nightshift.protocol.batch.Shadow;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Rollout;
import io.nightshift.protocol.ledger.LedgerEntry;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Builds the descriptions of batches for clients, from the ledger or from the status that a coordinator
/// sent.
public final class BatchDescriptions {

    private static final DateTimeFormatter LOCAL_TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm", Locale.ROOT);

    private BatchDescriptions() {}

    /// Describes a batch from its ledger, which is read from the start. If the ledger is damaged, so is the
    /// batch, and the description says what is wrong with the ledger.
    ///
    /// @param prices of what the batch has used
    /// @throws FailureException transient if the journal can't be read
    public static BatchDescription of(Ledger ledger, BatchRegisterState.Entry entry, Prices prices) {
        return readable(
                entry,
                () -> of(entry, ledger.state(entry.batch()), Clock.systemUTC().instant(), prices));
    }

    /// Describes a batch as it was at some time, from the entries of its ledger until then.
    ///
    /// @param at not before the batch was opened
    /// @throws FailureException as [#of(Ledger, BatchRegisterState.Entry, Prices)]
    public static BatchDescription of(Ledger ledger, BatchRegisterState.Entry entry, Instant at, Prices prices) {
        return readable(entry, () -> of(entry, ledger.state(entry.batch(), at), at, prices));
    }

    /// Why [#of(Ledger, BatchRegisterState.Entry, Instant, Prices)] can't describe a batch.
    public static String notOpened(BatchRegisterState.Entry entry, Instant at) {
        return "batch %s was opened at %s, after %s".formatted(entry.batch(), entry.at(), at);
    }

    private static BatchDescription readable(BatchRegisterState.Entry entry, Supplier<BatchDescription> description) {
        try {
            return description.get();
        } catch (FailureException e) {
            if (!e.failure().isPermanent()) {
                throw e;
            }
            return damaged(entry, e.failure().message());
        }
    }

    /// Describes a batch from its state.
    ///
    /// @param state without a phase if the batch's ledger is empty
    /// @param now whether the batch's window is open, and its deadline missed, is said for this time
    /// @param prices of what the batch has used
    public static BatchDescription of(BatchRegisterState.Entry entry, BatchState state, Instant now, Prices prices) {
        BatchStatus.Timing timing = state.phase() == null ? null : BatchForecast.timing(state, now);
        return of(entry, BatchStatuses.of(state, timing, null), null, prices);
    }

    private static boolean isRetryable(@Nullable Phase phase, @Nullable Failure failure) {
        return phase == Phase.FAILED && failure != null && !failure.isPermanent();
    }

    /// Describes a batch from its status.
    ///
    /// @param status as the batch's coordinator sent it
    /// @param waitsFor what stops the cluster from continuing the batch, in one sentence; null if nothing
    ///     does
    /// @param prices of what the batch has used
    public static BatchDescription of(
            BatchRegisterState.Entry entry, BatchStatus status, @Nullable String waitsFor, Prices prices) {
        return new BatchDescription(
                status.batch().value(),
                entry.job(),
                model(entry, status.canary()),
                status.isDamaged()
                        ? "damaged"
                        : status.phase() == null ? "opened" : status.phase().toString(),
                entry.at(),
                status.rows(),
                status.read(),
                status.predictions(),
                status.quarantined(),
                status.bytes(),
                status.partitions(),
                status.committed(),
                status.incarnation(),
                status.failure() == null ? null : status.failure().message(),
                status.destination(),
                new BatchDescription.LedgerHead(status.entries(), status.head()),
                progress(status.progress()),
                waitsFor == null ? waitsForWindow(status.timing()) : waitsFor,
                status.unseenCategories(),
                pause(status.pause()),
                outage(status),
                entry.run().toMap(),
                isRetryable(status.phase(), status.failure()),
                timing(status.timing()),
                UseDescriptions.of(status.use(), status.predictions(), status.partitions(), prices),
                checks(status.checks()),
                approval(status.approval()),
                removal(status.removal()),
                redrive(status.redrive()),
                status.canary() == null ? null : rollout(status.canary()),
                shadow(status.shadow()),
                reuse(status.reused()),
                status.otherDestinations());
    }

    /// Describes the results of checks.
    private static List<BatchDescription.Check> checks(List<CheckResult> results) {
        return results.stream()
                .map(result -> new BatchDescription.Check(
                        result.check().name(),
                        result.value(),
                        result.passed(),
                        result.check().onFail().text(),
                        result.sentence(),
                        result.check().limit(),
                        result.baseline() == null ? null : result.baseline().value(),
                        result.before()))
                .toList();
    }

    private static BatchDescription.@Nullable Removal removal(@Nullable Removal removal) {
        return removal == null
                ? null
                : new BatchDescription.Removal(
                        removal.at(),
                        removal.by(),
                        removal.reason(),
                        removal.unpublishedAt(),
                        removal.removedAt(),
                        removal.sentence());
    }

    private static BatchDescription.@Nullable Redrive redrive(@Nullable Redrive redrive) {
        return redrive == null
                ? null
                : new BatchDescription.Redrive(
                        redrive.number(),
                        redrive.at(),
                        redrive.by(),
                        redrive.reason(),
                        redrive.state().toString(),
                        redrive.healed(),
                        redrive.endedAt(),
                        redrive.failure(),
                        redrive.sentence());
    }

    /// The version that scores the batch: the candidate, once it has passed.
    private static String model(BatchRegisterState.Entry entry, @Nullable Canary canary) {
        return (canary != null && canary.state() == Canary.State.PASSED ? canary.candidate() : entry.model())
                .toString();
    }

    /// Describes the rollout of a candidate.
    private static BatchDescription.Rollout rollout(Canary canary) {
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

    /// Describes a shadow.
    ///
    /// @param shadow null if there is none
    private static BatchDescription.@Nullable Shadow shadow(@Nullable Shadow shadow) {
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

    private static BatchDescription.@Nullable Reuse reuse(List<ReusedParts> reused) {
        if (reused.isEmpty()) {
            return null;
        }
        return new BatchDescription.Reuse(
                reused.getFirst().batch(),
                reused.stream()
                        .map(parts -> new BatchDescription.Reuse.Parts(parts.model(), parts.parts(), parts.rows()))
                        .toList(),
                reused.stream()
                        .map(parts -> String.format(
                                Locale.ROOT,
                                "%,d %s with %,d rows of the model sha256:%s",
                                parts.parts(),
                                parts.parts() == 1 ? "part" : "parts",
                                parts.rows(),
                                parts.model().substring(0, 12)))
                        .collect(Collectors.joining(
                                ", ", "from " + reused.getFirst().batch() + ": ", "")));
    }

    private static BatchDescription.@Nullable Approval approval(BatchStatus.@Nullable Approval approval) {
        return approval == null ? null : new BatchDescription.Approval(approval.at(), approval.reason(), approval.by());
    }

    /// Says when the window opens that a batch waits for; null if it waits for none.
    private static @Nullable String waitsForWindow(BatchStatus.@Nullable Timing timing) {
        return timing == null || timing.windowOpens() == null
                ? null
                : "its window, which opens %s %s"
                        .formatted(
                                LOCAL_TIME.format(timing.windowOpens().atZone(ZoneId.of(timing.timeZone()))),
                                timing.timeZone());
    }

    private static BatchDescription.@Nullable Timing timing(BatchStatus.@Nullable Timing timing) {
        return timing == null
                ? null
                : new BatchDescription.Timing(
                        timing.priority(),
                        timing.timeZone(),
                        timing.windowOpens(),
                        timing.deadline(),
                        timing.deadlineMissed(),
                        timing.isDeadlineAtRisk(),
                        forecast(timing.forecast()),
                        timing.threads());
    }

    private static BatchDescription.@Nullable Forecast forecast(BatchStatus.@Nullable Forecast forecast) {
        return forecast == null
                ? null
                : new BatchDescription.Forecast(
                        forecast.median(), forecast.late(), forecast.workers(), forecast.wantedWorkers());
    }

    private static BatchDescription.@Nullable Pause pause(BatchStatus.@Nullable Pause pause) {
        return pause == null ? null : new BatchDescription.Pause(pause.at(), pause.reason(), pause.by());
    }

    private static BatchDescription.@Nullable Progress progress(BatchStatus.@Nullable Progress progress) {
        return progress == null
                ? null
                : new BatchDescription.Progress(
                        progress.rowsDone(), progress.inFlight(), progress.attemptsFailed(), progress.waitsForWorker());
    }

    private static BatchDescription.@Nullable Outage outage(BatchStatus status) {
        BatchStatus.Outage outage = status.outage();
        return outage == null
                ? null
                : new BatchDescription.Outage(outage.failure().message(), outage.since(), outage.until());
    }

    private static BatchDescription damaged(BatchRegisterState.Entry entry, String reason) {
        return of(
                entry,
                BatchStatus.damaged(entry.batch(), reason, LedgerEntry.origin(entry.batch())),
                null,
                Prices.NONE);
    }
}
