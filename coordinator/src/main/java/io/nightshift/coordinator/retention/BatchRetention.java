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

    /// Facts that never change, about the published batches of jobs with a retention.
    private final Map<BatchId, Facts> known = new ConcurrentHashMap<>();

    /// The removals that sweeps have asked for and that have not begun. Only [#sweep] uses it.
    private final Map<BatchId, Begun> asked = new LinkedHashMap<>();

    /// The newest published batch of each job.
    private final Map<String, Newest> newest = new ConcurrentHashMap<>();

    /// @param batch the newest published one
    /// @param retention of the job; null if it has none
    /// @param by the name of the token that set the retention, as [BatchEvent.Submitted#by()]
    private record Newest(
            BatchId batch,
            @Nullable Retention retention,
            @Nullable String by) {}

    /// A batch that a retention removes.
    ///
    /// @param by the name of the token that set the retention; null if it is not known
    public record Begun(
            RetentionReport.Expired expired, @Nullable String by) {}

    /// @param publishedAt when the batch was published
    /// @param isRemoved whether its removal had begun
    /// @param counts as in [RetainedBatch]
    private record Facts(Instant publishedAt, String destination, boolean isRemoved, boolean counts) {}

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
        List<Begun> due = due(job);
        return new RetentionReport(due.stream().limit(MOST).map(Begun::expired).toList(), due.size() > MOST);
    }

    private List<Begun> due(@Nullable String job) {
        RegisteredBatches registered = ledger.registered();
        Collection<String> names = registered.register().jobs().keySet();
        if (job != null && !names.contains(job)) {
            throw FailureException.permanent("there is no job " + job);
        }
        return (job == null ? names : List.of(job))
                .stream()
                        .flatMap(name -> expired(registered, name).stream())
                        .limit(MOST + 1)
                        .toList();
    }

    /// Removes the batches that the retention of their jobs removes.
    ///
    /// @return these batches. Their removal may not have begun
    /// @throws FailureException as [#report]
    public RetentionReport apply(@Nullable String job) {
        List<Begun> begun = begin(job);
        return new RetentionReport(
                begun.stream().limit(MOST).map(Begun::expired).toList(), begun.size() > MOST);
    }

    /// @return the removals that are due; the first [#MOST] of them begin
    private List<Begun> begin(@Nullable String job) {
        List<Begun> due = due(job);
        for (Begun begun : due.subList(0, Math.min(MOST, due.size()))) {
            BatchId batch = new BatchId(begun.expired().batch());
            known.remove(batch);
            String retention = begun.expired().retention();
            batches.accept(
                    batch,
                    new BatchCommand.Retire(begun.by() == null ? retention : retention + ", set by " + begun.by()));
        }
        return due;
    }

    /// Continues all removals, and then begins those that are due. Called by one thread at a time.
    ///
    /// @return the removals that have begun since the last sweep, which asked for them
    /// @throws FailureException transient, if the ledger can't be read
    public List<Begun> sweep() {
        List<Begun> begun = takeBegun();
        removed.pending().forEach(batch -> batches.accept(batch, new BatchCommand.Retire(null)));
        // If there are more, the next sweep finds them.
        for (Begun due : begin(null)) {
            asked.put(new BatchId(due.expired().batch()), due);
        }
        if (!begun.isEmpty()) {
            LOG.info("the retention of jobs removes {} batches", begun.size());
        }
        return begun;
    }

    /// A removal may be refused, for example because a batch uses the output. Then the next sweep asks again.
    private List<Begun> takeBegun() {
        Set<BatchId> waiting = new HashSet<>(removed.without(List.copyOf(asked.keySet())));
        List<Begun> begun = asked.entrySet().stream()
                .filter(entry -> !waiting.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .toList();
        asked.clear();
        return begun;
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

    private List<Begun> expired(RegisteredBatches registered, String job) {
        try {
            // Most jobs have no retention, so that one of their batches is all to look at.
            Newest newest = newest(registered, job);
            Retention retention = newest == null ? null : newest.retention();
            if (newest == null || retention == null) {
                return List.of();
            }
            return RetentionRules.expired(
                            retained(registered, job),
                            retention,
                            run -> registered.register().open(run).isPresent(),
                            clock.instant())
                    .stream()
                    .map(batch -> new Begun(
                            new RetentionReport.Expired(
                                    batch.batch().value(),
                                    job,
                                    batch.publishedAt(),
                                    batch.destination(),
                                    retention.toString()),
                            newest.by()))
                    .toList();
        } catch (FailureException e) {
            if (!e.failure().isPermanent()) {
                throw e;
            }
            LOG.warn("the retention of job {} removes nothing: {}", job, e.getMessage());
            return List.of();
        }
    }

    /// The newest published batch of a job, with the retention that applies. There may be many jobs, so little is
    /// read of each. A rescored batch does not decide, because it has the retention of an old batch, which may have
    /// changed since.
    private @Nullable Newest newest(RegisteredBatches registered, String job) {
        Entry first = null;
        Entry last = null;
        while (true) {
            List<Entry> page = registered.page(job, Phase.PUBLISHED, last, PAGE);
            for (Entry entry : page) {
                last = entry;
                if (!entry.isPublished()) {
                    continue;
                }
                first = first == null ? entry : first;
                Newest known = newest.get(job);
                if (known != null && known.batch().equals(first.batch())) {
                    return known;
                }
                BatchEvent.Submitted submitted = submitted(entry.batch());
                if (submitted.reuse() == null) {
                    Newest found = new Newest(first.batch(), submitted.job().retention(), submitted.by());
                    newest.put(job, found);
                    return found;
                }
            }
            if (page.size() < PAGE) {
                return null;
            }
        }
    }

    private BatchEvent.Submitted submitted(BatchId batch) {
        List<BatchEvent> first = new ArrayList<>();
        ledger.forEach(batch, 0, 1, (number, entry) -> first.add(entry.event()));
        if (first.isEmpty() || !(first.getFirst() instanceof BatchEvent.Submitted submitted)) {
            throw FailureException.permanent("the ledger of %s does not begin with its submission".formatted(batch));
        }
        return submitted;
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
                        entry.batch(),
                        entry.number(),
                        entry.run(),
                        facts.publishedAt(),
                        facts.destination(),
                        facts.counts()));
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
        BatchEvent.Submitted submitted = submitted(batch);
        return new Facts(
                publishedAt,
                submitted.job().destination().toString(),
                isRemoved,
                submitted.job().retention() != null && submitted.reuse() == null);
    }
}
