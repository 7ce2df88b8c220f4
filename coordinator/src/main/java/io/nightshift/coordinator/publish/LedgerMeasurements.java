package io.nightshift.coordinator.publish;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.Measured;
import io.nightshift.coordinator.batch.state.Measured.Baseline;
import io.nightshift.coordinator.batch.task.BatchMeasurements;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.RegisteredBatches;
import io.nightshift.coordinator.register.BatchRegisterState.Entry;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.BatchCheck;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads what the checks of a batch look at from the ledger: its own commits, and the batch to compare with.
///
/// @param ledger of all batches
public record LedgerMeasurements(Ledger ledger) implements BatchMeasurements {

    private static final Logger LOG = LoggerFactory.getLogger(LedgerMeasurements.class);

    private static final int PAGE = 100;

    @Override
    public void checkBaseline(BatchState state) {
        named(state).ifPresent(this::published);
    }

    @Override
    public Measured measure(BatchState state) {
        return new Measured(CommittedStatistics.read(ledger, state), baseline(state));
    }

    private @Nullable Baseline baseline(BatchState state) {
        List<BatchCheck> checks = state.submission().job().checks();
        if (checks.stream().noneMatch(check -> check.measure().compares())) {
            return null;
        }
        BatchId named = named(state).orElse(null);
        return named == null ? previous(state) : published(named);
    }

    /// The batch that the job names.
    private static Optional<BatchId> named(BatchState state) {
        return state.submission().job().checks().stream()
                .map(BatchCheck::baseline)
                .filter(Objects::nonNull)
                .map(BatchId::new)
                .findFirst();
    }

    /// A published batch.
    ///
    /// @throws FailureException permanent if it is not published
    public Baseline published(BatchId batch) {
        BatchState state = ledger.state(batch);
        if (state.phase() == null) {
            throw FailureException.permanent(
                    "checks.baseline: there is no batch %s; name another one, or write previous".formatted(batch));
        }
        if (state.phase() != Phase.PUBLISHED) {
            throw FailureException.permanent("checks.baseline: %s is %s; name a published batch, or write previous"
                    .formatted(batch, state.phase()));
        }
        return Baseline.of(state);
    }

    /// A batch, if it is published and its ledger can be read: a damaged ledger must not stop later batches.
    private @Nullable Baseline publishedOrNull(Entry entry, BatchId batch) {
        // The register learns of an end after the batch.
        if (entry.end().isPresent() && !entry.isPublished()) {
            return null;
        }
        try {
            BatchState state = ledger.state(entry.batch());
            return state.phase() == Phase.PUBLISHED ? Baseline.of(state) : null;
        } catch (FailureException e) {
            if (!e.failure().isPermanent()) {
                throw e;
            }
            LOG.warn(
                    "{} is not compared with {}, whose ledger can't be read: {}", batch, entry.batch(), e.getMessage());
            return null;
        }
    }

    /// The last published batch of the job that was submitted before this batch, or null if there is none.
    private @Nullable Baseline previous(BatchState state) {
        RegisteredBatches registered = ledger.registered();
        Entry last = registered.find(state.batch()).orElse(null);
        if (last == null) {
            return null;
        }
        while (true) {
            List<Entry> page = registered.page(state.submission().job().name(), Phase.PUBLISHED, last, PAGE);
            for (Entry entry : page) {
                Baseline found = publishedOrNull(entry, state.batch());
                if (found != null) {
                    return found;
                }
            }
            if (page.size() < PAGE) {
                return null;
            }
            last = page.getLast();
        }
    }
}
