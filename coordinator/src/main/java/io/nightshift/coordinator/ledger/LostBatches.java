package io.nightshift.coordinator.ledger;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.coordinator.register.LostBatch;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.JobFingerprint;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.job.Submission;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds the batches that have a ledger of their own, but which the batch register does not know.
public final class LostBatches implements LostBatch.Search {

    private static final Logger LOG = LoggerFactory.getLogger(LostBatches.class);

    private final Ledger ledger;

    public LostBatches(Ledger ledger) {
        this.ledger = ledger;
    }

    @Override
    public List<LostBatch> search(BatchRegisterState register, long after) {
        boolean hasArchive = register.archives() > 0;
        List<LostBatch> lost = new ArrayList<>();
        for (BatchId batch : ledger.batches(after, hasArchive)) {
            if (!register.batches().containsKey(batch)) {
                LostBatch found = read(batch);
                if (found != null && hasArchive && found.phase() == null) {
                    found = judged(found);
                }
                if (found == null) {
                    LOG.error(
                            "the batch register has lost {}, and can't enter it again, because the first entry of its ledger can't be read",
                            batch);
                } else {
                    lost.add(found);
                }
            }
        }
        lost.sort(Comparator.comparing(LostBatch::openedAt));
        return lost;
    }

    /// An open batch must not be resumed if the archive has a later batch of its run.
    private LostBatch judged(LostBatch open) {
        boolean hasLater = ledger.archive()
                .last(RunKey.of(open.submission().job()))
                .filter(last -> last.at().isAfter(open.openedAt()))
                .isPresent();
        return new LostBatch(open.batch(), open.openedAt(), open.submission(), null, hasLater);
    }

    private @Nullable LostBatch read(BatchId batch) {
        try {
            BatchState state = ledger.state(batch);
            Phase phase = Objects.requireNonNull(state.phase());
            return of(state.submission(), state.input(), phase.isEnd() ? phase : null);
        } catch (FailureException damage) {
            if (!damage.failure().isPermanent()) {
                throw damage;
            }
            return firstEntry(batch);
        }
    }

    /// A damaged batch is entered, too, so that an operator can see and close it.
    private @Nullable LostBatch firstEntry(BatchId batch) {
        AtomicReference<@Nullable LostBatch> first = new AtomicReference<>();
        try {
            ledger.forEach(batch, 0, 1, (number, entry) -> {
                if (entry.event() instanceof BatchEvent.Submitted submitted) {
                    first.set(of(submitted, submitted.input(), null));
                }
            });
        } catch (FailureException damage) {
            if (!damage.failure().isPermanent()) {
                throw damage;
            }
        }
        return first.get();
    }

    /// @param input of the files that the batch scores
    private static LostBatch of(BatchEvent.Submitted submitted, @Nullable String input, @Nullable Phase phase) {
        return new LostBatch(
                submitted.batch(),
                submitted.at(),
                new Submission(
                        submitted.job(),
                        JobFingerprint.of(submitted.job(), submitted.reuse()),
                        Objects.requireNonNullElse(input, ""),
                        submitted.model(),
                        submitted.due(),
                        submitted.reuse(),
                        submitted.candidate(),
                        submitted.by(),
                        submitted.untried()),
                phase,
                false);
    }
}
