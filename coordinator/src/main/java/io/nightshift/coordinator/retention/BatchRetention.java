package io.nightshift.coordinator.retention;

import io.nightshift.api.RetentionReport;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.RegisteredBatches;
import io.nightshift.coordinator.ledger.RemovedBatchesTable;
import io.nightshift.coordinator.register.BatchRegisterState.Entry;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Retention;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds the published batches that the retention of their jobs removes, and has their coordinators remove
/// them.
///
/// Only a batch's coordinator removes the batch, and its ledger says how far the removal is. So this may run
/// on several nodes at a time, and may be stopped at any moment.
///
/// Safe for several threads. Every method waits for the ledger's database.
public final class BatchRetention {

    private static final Logger LOG = LoggerFactory.getLogger(BatchRetention.class);

    /// The most batches of a report.
    private static final int MOST = 1_000;

    /// The last entries of the ledger of a published batch among which its publication is.
    private static final int LAST_ENTRIES = 8;

    /// The entries that are read at a time of a job's batches. Almost always, the first one is published.
    private static final int PAGE = 2;

    private final Ledger ledger;
    private final RemovedBatchesTable removed;
    private final BiConsumer<BatchId, BatchCommand> batches;
    private final InstantSource clock;

    /// What never changes of published batches of jobs with a retention.
    private final Map<BatchId, Facts> known = new ConcurrentHashMap<>();

    /// The newest published batch of each job.
    private final Map<String, Newest> newest = new ConcurrentHashMap<>();

    private record Newest(BatchId batch, @Nullable Retention retention) {}

    /// @param publishedAt when the batch was published
    /// @param isRemoved whether its removal had begun
    private record Facts(Instant publishedAt, String destination, boolean isRemoved) {}

    /// @param batches sends a message to a batch's coordinator; never waits
    public BatchRetention(Ledger ledger, BiConsumer<BatchId, BatchCommand> batches, InstantSource clock) {
        this.ledger = ledger;
        this.removed = ledger.removedBatches();
        this.batches = batches;
        this.clock = clock;
    }

    /// The batches that the retention of their jobs removes. Removes none.
    ///
    /// @param job the name of a job; null for all jobs
    /// @throws FailureException permanent, if there is no such job; transient, if the ledger can't be read
    public RetentionReport report(@Nullable String job) {
        RegisteredBatches registered = ledger.registered();
        Collection<String> names = registered.register().jobs().keySet();
        if (job != null && !names.contains(job)) {
            throw FailureException.permanent("there is no job " + job);
        }
        List<RetentionReport.Expired> found = (job == null ? names : List.of(job))
                .stream()
                        .flatMap(name -> expired(registered, name).stream())
                        .limit(MOST + 1)
                        .toList();
        return new RetentionReport(found.subList(0, Math.min(MOST, found.size())), found.size() > MOST);
    }

    /// Removes the batches that the retention of their jobs removes.
    ///
    /// @return these batches. Their removal may not have begun
    /// @throws FailureException as [#report]
    public RetentionReport apply(@Nullable String job) {
        RetentionReport report = report(job);
        for (RetentionReport.Expired expired : report.batches()) {
            BatchId batch = new BatchId(expired.batch());
            known.remove(batch);
            batches.accept(batch, new BatchCommand.Retire(expired.retention()));
        }
        return report;
    }

    /// Continues all removals, and then begins those that are due.
    ///
    /// @throws FailureException transient, if the ledger can't be read
    public void sweep() {
        removed.pending().forEach(batch -> batches.accept(batch, new BatchCommand.Retire(null)));
        // If there are more, the next sweep finds them.
        RetentionReport begun = apply(null);
        if (!begun.batches().isEmpty()) {
            LOG.info("the retention of jobs removes {} batches", begun.batches().size());
        }
    }

    /// Why a published batch should not be deleted, in one sentence; empty if nothing speaks against it.
    public Optional<String> promise(BatchId batch) {
        RegisteredBatches registered = ledger.registered();
        Entry entry = registered.find(batch).orElse(null);
        if (entry == null || !entry.isPublished()) {
            return Optional.empty();
        }
        List<RetainedBatch> published = retained(registered, entry.job());
        boolean isPromised = RetentionRules.promised(
                        published, run -> registered.register().open(run).isPresent())
                .contains(batch);
        return isPromised
                ? Optional.of(
                        registered.register().open(entry.run()).isPresent()
                                ? "a batch of the same run is open, and readers use this one until that one is published"
                                : "it is the newest published batch of job %s there, so readers of the newest one use it"
                                        .formatted(entry.job()))
                : Optional.empty();
    }

    private List<RetentionReport.Expired> expired(RegisteredBatches registered, String job) {
        try {
            // Most jobs have no retention, so that one of their batches is all to look at.
            Retention retention = retention(registered, job);
            if (retention == null) {
                return List.of();
            }
            return RetentionRules.expired(
                            retained(registered, job),
                            retention,
                            run -> registered.register().open(run).isPresent(),
                            clock.instant())
                    .stream()
                    .map(batch -> new RetentionReport.Expired(
                            batch.batch().value(), job, batch.publishedAt(), batch.destination(), retention.toString()))
                    .toList();
        } catch (FailureException e) {
            if (!e.failure().isPermanent()) {
                throw e;
            }
            LOG.warn("the retention of job {} removes nothing: {}", job, e.getMessage());
            return List.of();
        }
    }

    /// The retention of the newest published batch of a job. There may be many jobs, so little is read of each.
    private @Nullable Retention retention(RegisteredBatches registered, String job) {
        Entry entry = newest(registered, job);
        if (entry == null) {
            return null;
        }
        Newest last = newest.get(job);
        if (last == null || !last.batch().equals(entry.batch())) {
            last = new Newest(entry.batch(), job(entry.batch()).retention());
            newest.put(job, last);
        }
        return last.retention();
    }

    private Job job(BatchId batch) {
        List<BatchEvent> first = new ArrayList<>();
        ledger.forEach(batch, 0, 1, (number, entry) -> first.add(entry.event()));
        if (first.isEmpty() || !(first.getFirst() instanceof BatchEvent.Submitted submitted)) {
            throw FailureException.permanent("the ledger of %s does not begin with its submission".formatted(batch));
        }
        return submitted.job();
    }

    private static @Nullable Entry newest(RegisteredBatches registered, String job) {
        Entry last = null;
        while (true) {
            List<Entry> page = registered.page(job, Phase.PUBLISHED, last, PAGE);
            for (Entry entry : page) {
                if (entry.isPublished()) {
                    return entry;
                }
                last = entry;
            }
            if (page.size() < PAGE) {
                return null;
            }
        }
    }

    /// The published batches of a job whose removal has not begun.
    private List<RetainedBatch> retained(RegisteredBatches registered, String job) {
        Map<BatchId, Entry> entries = new LinkedHashMap<>();
        if (registered.register().archives() > 0) {
            registered.archive().published(job).forEach(entry -> entries.put(entry.batch(), entry));
        }
        List<Entry> kept = registered.register().all().stream()
                .filter(entry -> entry.isPublished() && entry.job().equals(job))
                .toList();
        Set<BatchId> without =
                new HashSet<>(removed.without(kept.stream().map(Entry::batch).toList()));
        kept.stream()
                .filter(entry -> without.contains(entry.batch()))
                .forEach(entry -> entries.put(entry.batch(), entry));
        List<RetainedBatch> retained = new ArrayList<>();
        for (Entry entry : entries.values()) {
            Facts facts = facts(entry.batch());
            if (facts.isRemoved()) {
                // The index was lost, such as in an imported ledger.
                removed.begin(entry.batch());
                known.remove(entry.batch());
            } else {
                retained.add(new RetainedBatch(
                        entry.batch(), entry.number(), entry.run(), facts.publishedAt(), facts.destination()));
            }
        }
        return retained;
    }

    private Facts facts(BatchId batch) {
        return known.computeIfAbsent(batch, this::read);
    }

    /// Reads the ends of a batch's ledger only: a large batch has many entries between them.
    private Facts read(BatchId batch) {
        List<BatchEvent> events = new ArrayList<>();
        ledger.forEach(
                batch,
                Math.max(1, ledger.entries(batch) - LAST_ENTRIES),
                LAST_ENTRIES,
                (number, entry) -> events.add(entry.event()));
        Instant publishedAt = null;
        boolean isRemoved = false;
        for (BatchEvent event : events) {
            if (event instanceof BatchEvent.Published published) {
                publishedAt = published.at();
            } else if (event instanceof BatchEvent.RemovalBegun) {
                isRemoved = true;
            }
        }
        if (publishedAt == null) {
            // Redrives have followed it.
            BatchEvent.Published published = ledger.state(batch).published();
            publishedAt = published == null ? null : published.at();
        }
        if (publishedAt == null) {
            throw FailureException.permanent("the ledger of %s does not say that it is published".formatted(batch));
        }
        return new Facts(publishedAt, job(batch).destination().toString(), isRemoved);
    }
}
