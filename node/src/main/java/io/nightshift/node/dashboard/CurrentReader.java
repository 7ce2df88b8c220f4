package io.nightshift.node.dashboard;

import io.nightshift.api.AlertPage;
import io.nightshift.api.AppliedJob;
import io.nightshift.api.AppliedJobList;
import io.nightshift.api.BatchDescription;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.node.gateway.AlertQueries;
import io.nightshift.node.gateway.AppliedJobs;
import io.nightshift.node.gateway.BatchQueries;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads what the cluster does. Safe for several threads, none of which waits.
final class CurrentReader {

    private static final Logger LOG = LoggerFactory.getLogger(CurrentReader.class);

    /// Applied jobs and alerts are asked for less often than batches: each job is asked for itself.
    private static final long SLOW_NANOS = Duration.ofSeconds(5).toNanos();

    private static final int ALERTS = 20;

    /// A coordinator that has much to recover answers later. The others are shown without it.
    private static final Duration PATIENCE = Duration.ofMillis(500);

    /// How often published batches that are being removed are looked for.
    private static final long REMOVALS_NANOS = Duration.ofMinutes(1).toNanos();

    private final BatchQueries batches;
    private final AppliedJobs schedules;
    private final AlertQueries alerts;
    private final Ledger ledger;
    private final Executor blocking;

    /// Ended batches. They change only when they are removed.
    private final Map<BatchId, Current.Batch> ended = new ConcurrentHashMap<>();

    /// The last description of each open batch that its coordinator has sent.
    private final Map<BatchId, BatchDescription> open = new ConcurrentHashMap<>();

    /// Ended batches to be described, one after the other: reading the ledgers of a thousand jobs at once
    /// would keep the node from other requests.
    private final Deque<BatchRegisterState.Entry> undescribed = new ArrayDeque<>();

    private boolean isDescribing;
    private volatile @Nullable Slow slow;
    private final AtomicLong nextLook = new AtomicLong(System.nanoTime());

    /// @param until when it is to be asked for again, in nanoseconds
    private record Slow(List<AppliedJob> jobs, AlertPage alerts, long until) {}

    /// @param blocking runs what waits for the database
    CurrentReader(BatchQueries batches, AppliedJobs schedules, AlertQueries alerts, Ledger ledger, Executor blocking) {
        this.batches = batches;
        this.schedules = schedules;
        this.alerts = alerts;
        this.ledger = ledger;
        this.blocking = blocking;
    }

    CompletionStage<Current> read() {
        long due = nextLook.get();
        long now = System.nanoTime();
        if (now - due >= 0 && nextLook.compareAndSet(due, now + REMOVALS_NANOS)) {
            blocking.execute(this::lookForRemovals);
        }
        return batches.current()
                .thenCompose(this::described)
                .thenCombine(slow(), (found, others) -> new Current(found, others.jobs(), others.alerts()));
    }

    private CompletionStage<Slow> slow() {
        Slow known = slow;
        if (known != null && known.until() - System.nanoTime() > 0) {
            return CompletableFuture.completedFuture(known);
        }
        List<AppliedJob> jobs = known == null ? List.of() : known.jobs();
        AlertPage open = known == null ? new AlertPage(List.of(), null) : known.alerts();
        // Batches are worth seeing even if the coordinator of jobs or that of alerts does not answer.
        return schedules
                .list()
                .thenApply(AppliedJobList::jobs)
                .exceptionally(problem -> jobs)
                .thenCombine(alerts.page(true, null, ALERTS).exceptionally(problem -> open), (applied, raised) -> {
                    Slow now = new Slow(applied, raised, System.nanoTime() + SLOW_NANOS);
                    slow = now;
                    return now;
                });
    }

    private CompletionStage<List<Current.Batch>> described(List<BatchRegisterState.Entry> entries) {
        Set<BatchId> current =
                entries.stream().map(BatchRegisterState.Entry::batch).collect(Collectors.toSet());
        ended.keySet().retainAll(current);
        open.keySet().retainAll(current);
        List<CompletableFuture<Current.Batch>> found = entries.stream()
                .map(entry -> entry.end().isPresent() ? CompletableFuture.completedFuture(ended(entry)) : open(entry))
                .toList();
        return CompletableFuture.allOf(found.toArray(CompletableFuture<?>[]::new))
                .thenApply(all -> found.stream().map(CompletableFuture::join).toList());
    }

    private CompletableFuture<Current.Batch> open(BatchRegisterState.Entry entry) {
        CompletionStage<BatchDescription> answer = batches.cachedDescription(entry)
                .thenApply(seen -> {
                    open.put(entry.batch(), seen.batch());
                    return seen.batch();
                });
        return shown(entry, answer, open.get(entry.batch()));
    }

    /// @param before what the coordinator answered last
    static CompletableFuture<Current.Batch> shown(
            BatchRegisterState.Entry entry,
            CompletionStage<BatchDescription> answer,
            @Nullable BatchDescription before) {
        return answer.thenApply(description -> new Current.Batch(entry, description))
                .exceptionally(problem -> new Current.Batch(entry, null))
                .toCompletableFuture()
                .completeOnTimeout(new Current.Batch(entry, before), PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// The description comes with a later moment.
    private Current.Batch ended(BatchRegisterState.Entry entry) {
        Current.Batch known = ended.get(entry.batch());
        if (known != null) {
            return known;
        }
        Current.Batch registered = new Current.Batch(entry, null);
        ended.put(entry.batch(), registered);
        synchronized (undescribed) {
            undescribed.add(entry);
        }
        describeNext();
        return registered;
    }

    /// Has batches described again that are being removed, or whose quarantined rows are scored again.
    private void lookForRemovals() {
        Map<BatchId, BatchRegisterState.Entry> candidates = new HashMap<>();
        ended.forEach((batch, known) -> {
            BatchDescription description = known.description();
            if (description != null && !isGone(description)) {
                candidates.put(batch, known.entry());
            }
        });
        try {
            ledger.removedBatches().without(List.copyOf(candidates.keySet())).forEach(candidates::remove);
        } catch (FailureException e) {
            LOG.debug("removals are not known now: {}", e.getMessage());
            return;
        }
        synchronized (undescribed) {
            undescribed.addAll(candidates.values());
        }
        describeNext();
    }

    private static boolean isGone(BatchDescription description) {
        return description.removal() != null && description.removal().removedAt() != null;
    }

    private void describeNext() {
        BatchRegisterState.Entry entry;
        synchronized (undescribed) {
            entry = isDescribing ? null : undescribed.poll();
            isDescribing = isDescribing || entry != null;
        }
        if (entry != null) {
            batches.describe(entry).whenCompleteAsync((description, problem) -> {
                if (description != null) {
                    ended.computeIfPresent(entry.batch(), (id, before) -> new Current.Batch(entry, description));
                }
                synchronized (undescribed) {
                    isDescribing = false;
                }
                describeNext();
            });
        }
    }
}
