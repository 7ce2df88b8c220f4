package io.nightshift.coordinator.description;

import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchDescriptionBuilder;
import io.nightshift.coordinator.batch.attempt.BatchForecast;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.status.BatchStatuses;
import io.nightshift.coordinator.cost.Prices;
import io.nightshift.coordinator.cost.UseDescriptions;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.ledger.LedgerEntry;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.function.Supplier;
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
            return withoutLedger(
                    entry, BatchStatus.damaged(entry.batch(), e.failure().message()));
        }
    }

    /// Describes a batch from its state.
    ///
    /// @param state without a phase if the batch's ledger is empty
    /// @param now whether the batch's window is open, and its deadline missed, is said for this time
    /// @param prices of what the batch has used
    public static BatchDescription of(BatchRegisterState.Entry entry, BatchState state, Instant now, Prices prices) {
        BatchDescription.Timing timing = state.phase() == null ? null : BatchForecast.timing(state, now);
        return of(entry, BatchStatuses.of(state, timing, null, null), null, prices);
    }

    /// Describes a batch from its status.
    ///
    /// @param status as the batch's coordinator sent it
    /// @param waitsFor what stops the cluster from continuing the batch, in one sentence; null if nothing
    ///     does
    /// @param prices of what the batch has used
    public static BatchDescription of(
            BatchRegisterState.Entry entry, BatchStatus status, @Nullable String waitsFor, Prices prices) {
        BatchDescription description = status.description();
        if (description == null) {
            return withoutLedger(entry, status);
        }
        return BatchDescriptionBuilder.builder(description)
                .submittedAt(entry.at())
                .waitsFor(waitsFor == null ? waitsForWindow(description.timing()) : waitsFor)
                .use(UseDescriptions.of(status.use(), description.predictions(), description.partitions(), prices))
                .build();
    }

    /// Describes a batch whose ledger is empty or damaged.
    private static BatchDescription withoutLedger(BatchRegisterState.Entry entry, BatchStatus status) {
        return BatchDescriptionBuilder.builder()
                .batch(entry.batch().value())
                .job(entry.job())
                .model(entry.model().toString())
                .state(status.isDamaged() ? "damaged" : "opened")
                .submittedAt(entry.at())
                .parameters(entry.run().toMap())
                .ledger(new BatchDescription.LedgerHead(0, LedgerEntry.origin(entry.batch())))
                .reason(status.failure() == null ? null : status.failure().message())
                .build();
    }

    /// Says when the window opens that a batch waits for; null if it waits for none.
    private static @Nullable String waitsForWindow(BatchDescription.@Nullable Timing timing) {
        return timing == null || timing.windowOpens() == null
                ? null
                : "its window, which opens %s %s"
                        .formatted(
                                LOCAL_TIME.format(timing.windowOpens().atZone(ZoneId.of(timing.timeZone()))),
                                timing.timeZone());
    }
}
