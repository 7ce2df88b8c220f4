package io.nightshift.coordinator.verification;

import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.RegisteredBatches;
import io.nightshift.coordinator.register.BatchRegisterState.Entry;
import io.nightshift.destination.Check;
import io.nightshift.destination.Finding;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ChangedRows;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.NewFiles;
import io.nightshift.protocol.job.NewTimes;
import io.nightshift.protocol.job.TimeRange;
import io.nightshift.protocol.job.TimeRanges;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Proves that the batches of an incremental job have read each time of their source once: that no time is in two
/// batches, unless the later one was started with `--full`, and that no time is missing that the register counts as
/// read. What each batch has read is in its own ledger.
final class IncrementalCheck {

    private static final int PAGE = 1_000;

    /// The times that a batch has read, or will have read.
    ///
    /// @param ranges the times
    /// @param full whether it may read what earlier batches have read
    /// @param isPublished whether it is published; otherwise it can still be
    /// @param isKnown whether the register knows that it is published
    record Reading(BatchId batch, List<TimeRange> ranges, boolean full, boolean isPublished, boolean isKnown) {}

    private IncrementalCheck() {}

    /// @param state of the batch that is verified
    static void run(Ledger ledger, Destinations destinations, BatchState state, Consumer<Finding> found) {
        BatchEvent.Submitted submitted = Objects.requireNonNull(state.submitted());
        Check check = new Check("increment", found);
        try {
            if (submitted.job().incremental() instanceof NewTimes times && times.pinned() != null) {
                run(ledger, submitted.job(), times, times.pinned(), check);
            } else if (submitted.job().incremental() instanceof NewFiles) {
                NewFilesCheck.run(ledger, submitted.job(), check);
            } else if (submitted.job().incremental() instanceof ChangedRows) {
                ChangedRowsCheck.run(ledger, destinations, state, check);
            }
        } catch (FailureException e) {
            if (!e.failure().isPermanent()) {
                throw e;
            }
            check.problem("%s", e.getMessage());
        }
    }

    private static void run(Ledger ledger, Job job, NewTimes times, NewTimes.Pinned pinned, Check check) {
        if (!job.asWritten().reading(TimeRanges.of(pinned.ranges())).equals(job)) {
            check.problem("the conditions of the job don't let through the times that the batch was opened with");
        }
        RegisteredBatches registered = ledger.registered();
        prove(
                times.column(),
                readings(ledger, registered, job.name(), pinned.source()),
                registered.register().read().getOrDefault(pinned.source(), TimeRanges.NONE),
                check);
    }

    /// The batches of a source that are published or can be, in the order of submission.
    private static List<Reading> readings(Ledger ledger, RegisteredBatches registered, String job, String source) {
        List<Reading> readings = new ArrayList<>();
        forEachBatch(registered, job, entry -> {
            Reading reading = reading(ledger, entry, source);
            if (reading != null) {
                readings.add(reading);
            }
        });
        return readings.reversed();
    }

    /// Visits the batches of a job, the last one first.
    static void forEachBatch(RegisteredBatches registered, String job, Consumer<Entry> visitor) {
        Entry last = null;
        while (true) {
            List<Entry> page = registered.page(job, null, last, PAGE);
            page.forEach(visitor);
            if (page.size() < PAGE) {
                return;
            }
            last = page.getLast();
        }
    }

    private static @Nullable Reading reading(Ledger ledger, Entry entry, String source) {
        boolean isKnown = entry.isPublished();
        // The register learns of an end after the batch.
        Phase phase = entry.end().orElseGet(() -> ledger.state(entry.batch()).phase());
        if (phase == Phase.CANCELLED) {
            return null;
        }
        AtomicReference<BatchEvent.@Nullable Submitted> first = new AtomicReference<>();
        ledger.forEach(entry.batch(), 0, 1, (number, read) -> {
            if (read.event() instanceof BatchEvent.Submitted submitted) {
                first.set(submitted);
            }
        });
        BatchEvent.Submitted submitted = first.get();
        // A batch that was opened a moment ago has no ledger yet.
        Job job = submitted != null
                ? submitted.job()
                : entry.submission() == null ? null : entry.submission().job();
        return job != null
                        && job.incremental() instanceof NewTimes times
                        && times.pinned() != null
                        && times.pinned().source().equals(source)
                ? new Reading(entry.batch(), times.pinned().ranges(), times.full(), phase == Phase.PUBLISHED, isKnown)
                : null;
    }

    /// @param readings in the order of submission
    /// @param counted the times that the register counts as read
    static void prove(String column, List<Reading> readings, TimeRanges counted, Check check) {
        TimeRanges seen = TimeRanges.NONE;
        TimeRanges published = TimeRanges.NONE;
        TimeRanges known = TimeRanges.NONE;
        long open = 0;
        for (Reading reading : readings) {
            TimeRanges own = TimeRanges.of(reading.ranges());
            TimeRanges twice = reading.full() ? TimeRanges.NONE : own.and(seen);
            if (!twice.isEmpty()) {
                check.problem(
                        "%s reads rows with %s %s, which an earlier batch reads, too", reading.batch(), column, twice);
            }
            seen = seen.plus(reading.ranges());
            if (reading.isPublished()) {
                published = published.plus(reading.ranges());
            } else {
                open++;
            }
            if (reading.isKnown()) {
                known = known.plus(reading.ranges());
            }
        }
        TimeRanges missing = counted.minus(known);
        if (!missing.isEmpty()) {
            check.problem("the register counts %s %s as read, but no published batch has read it", column, missing);
        }
        TimeRanges forgotten = known.minus(counted);
        if (!forgotten.isEmpty()) {
            check.problem(
                    "a published batch has read %s %s, but the register doesn't count it as read", column, forgotten);
        }
        TimeRanges left = published.isEmpty()
                ? TimeRanges.NONE
                : TimeRanges.upTo(published.ranges().getLast().upTo()).minus(seen);
        check.proved(
                "%,d published batches of this source have read %s %s: each time in one batch, or again with --full%s%s",
                readings.size() - open,
                column,
                published,
                open == 0 ? "" : String.format(Locale.ROOT, "; %,d more are open", open),
                left.isEmpty() ? "" : "; not read yet is %s, which the next batch reads".formatted(left));
    }
}
