package io.nightshift.node.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.ApiJson;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchPage;
import io.nightshift.api.DriftReport;
import io.nightshift.api.EventPage;
import io.nightshift.api.JobList;
import io.nightshift.api.JobList.JobDescription;
import io.nightshift.api.PartitionPage;
import io.nightshift.api.PartitionPage.PartitionDescription;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.state.CommittedTotals;
import io.nightshift.coordinator.cost.Prices;
import io.nightshift.coordinator.description.BatchDescriptions;
import io.nightshift.coordinator.ledger.ArchiveTable;
import io.nightshift.coordinator.ledger.DriftReports;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.RegisteredBatches;
import io.nightshift.coordinator.register.BatchNameResolver;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.RunKey;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.protocol.plan.PartitionPlan;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Describes batches: open ones by asking their coordinators, ended ones from the ledger. Safe for several
/// threads; only those of the pool wait.
public final class BatchQueries {

    /// The values of the filter by state.
    private static final List<String> STATES = Stream.concat(
                    Arrays.stream(Phase.values()).map(Phase::toString), Stream.of("opened", "damaged"))
            .toList();

    /// The time for which a cached status of a running batch is served.
    private static final long CACHE_NANOS = Duration.ofMillis(250).toNanos();

    /// The number of cached statuses from which on expired ones are dropped.
    private static final int STATUSES = 500;

    /// The time for which a cached description of an ended batch is served.
    private static final long ENDED_NANOS = Duration.ofSeconds(10).toNanos();

    /// Descriptions of ended batches that are kept.
    private static final int MOST_ENDED = 10_000;

    /// How many requests for an earlier state of a batch are answered at the same time. The limit leaves
    /// threads for other requests.
    private static final int MOST_PAST = 2;

    private static final int MOST_BATCHES = 100;
    private static final int MOST_EVENTS = 1_000;
    private static final int MOST_PARTITIONS = 1_000;
    private static final Set<String> PARTITION_STATES = Set.of("committed", "waiting");

    /// Batches that are looked at for a page of a filter, which may be shorter then.
    private static final int MOST_LOOKED_AT = 1_000;

    /// The interval at which [#awaitChange] looks at a batch, however many callers wait.
    private static final Duration INTERVAL = Duration.ofMillis(500);

    /// After how many intervals [#awaitChange] answers without a change.
    private static final int PATIENCE = 20;

    /// @param job its name
    /// @param state one of [#STATES]
    public record Filter(Optional<String> job, Optional<String> state) {}

    /// A batch's description.
    ///
    /// @param batch with values of rows, which not every caller may see
    /// @param json the same as JSON, without these values
    public record RenderedBatch(BatchDescription batch, String json) {}

    /// @param until when it expires, in nanoseconds
    private record CachedStatus(long until, CompletableFuture<RenderedBatch> seen) {

        /// One that is awaited is current. A failed batch's status is not cached: a caller that has just
        /// resumed the batch through another node must not see the stale status.
        boolean isCurrent(long now) {
            return !seen.isDone()
                    || (until - now > 0
                            && !seen.isCompletedExceptionally()
                            && !seen.join().batch().isSettled());
        }
    }

    /// @param until when it is read again, in nanoseconds
    private record EndedBatch(long until, BatchDescription batch) {}

    private static final Executor AFTER_INTERVAL =
            CompletableFuture.delayedExecutor(INTERVAL.toMillis(), TimeUnit.MILLISECONDS);

    private final RequestForwarder requests;
    private final Ledger ledger;
    private final BatchRegisterCache register;
    private final ArchiveTable archive;
    private final LedgerStateCache ledgers;
    private final Executor blocking;
    private final Prices prices;
    private final boolean wakesRuns;

    private final Map<BatchId, CachedStatus> statuses = new ConcurrentHashMap<>();

    private final SharedReads<BatchRegisterState.Entry, BatchDescription> read;

    /// Each reads a ledger from its beginning.
    private final SharedReads<PastBatch, BatchDescription> past;

    private record PastBatch(BatchRegisterState.Entry entry, Instant at) {}

    /// Ended batches. A published one changes only when it is removed.
    private final Map<BatchId, EndedBatch> ended = new ConcurrentHashMap<>();

    /// The last batch of each job without an open one: the archive needs a query for each.
    private final Map<String, BatchRegisterState.Entry> lastOfJobs = new ConcurrentHashMap<>();

    /// @param blocking a pool of a few threads, which wait for the database
    /// @param prices of what batches use
    public BatchQueries(RequestForwarder requests, Ledger ledger, Executor blocking, Prices prices) {
        this(requests, ledger, blocking, prices, true);
    }

    /// @param blocking a pool of a few threads, which wait for the database
    /// @param prices of what batches use
    /// @param wakesRuns whether a question about the runs of jobs asks the coordinators of their batches. They
    ///     begin to work then, if they did not; otherwise the ledger answers
    public BatchQueries(RequestForwarder requests, Ledger ledger, Executor blocking, Prices prices, boolean wakesRuns) {
        this.prices = prices;
        this.wakesRuns = wakesRuns;
        this.requests = requests;
        this.ledger = ledger;
        this.register = new BatchRegisterCache(ledger, blocking);
        this.archive = ledger.archive();
        this.ledgers = new LedgerStateCache(ledger);
        this.read = new SharedReads<>(this::read, blocking);
        this.past = new SharedReads<>(
                batch -> BatchDescriptions.of(ledger, batch.entry(), batch.at(), prices), blocking, MOST_PAST);
        this.blocking = blocking;
    }

    private CompletionStage<BatchRegisterState> register() {
        return register.read()
                .exceptionallyAsync(
                        problem -> {
                            throw unreadable(problem);
                        },
                        blocking);
    }

    private ProblemException unreadable(Throwable problem) {
        String journalProblem = requests.journalProblem();
        return journalProblem == null ? ProblemException.of(problem) : ProblemException.unavailable(journalProblem);
    }

    /// All submitted jobs.
    public CompletionStage<JobList> jobs() {
        return register().thenApply(BatchQueries::jobs);
    }

    private static JobList jobs(BatchRegisterState register) {
        TreeMap<String, JobDescription> jobs = new TreeMap<>();
        register.jobs()
                .forEach((name, job) -> jobs.put(
                        name,
                        new JobDescription(
                                name, Math.toIntExact(job.batches()), job.last().value(), job.lastAt(), null)));
        return new JobList(List.copyOf(jobs.values()));
    }

    /// Every open batch, and the last batch of each job without one, newest first.
    public CompletionStage<List<BatchRegisterState.Entry>> current() {
        return register().thenApplyAsync(state -> readable(() -> current(state)), blocking);
    }

    private List<BatchRegisterState.Entry> current(BatchRegisterState state) {
        List<BatchRegisterState.Entry> current = new ArrayList<>();
        Set<String> jobs = new HashSet<>();
        for (BatchRegisterState.Entry entry : state.all()) {
            if (entry.end().isEmpty()) {
                current.add(entry);
                jobs.add(entry.job());
            }
        }
        state.jobs().forEach((name, job) -> {
            if (!jobs.contains(name)) {
                BatchRegisterState.Entry known = lastOfJobs.get(name);
                Optional.ofNullable(known)
                        .filter(entry -> entry.batch().equals(job.last()))
                        .or(() -> all(state).find(job.last()))
                        .ifPresent(entry -> {
                            lastOfJobs.put(name, entry);
                            current.add(entry);
                        });
            }
        });
        current.sort(Comparator.comparing(BatchRegisterState.Entry::at).reversed());
        return current;
    }

    private RegisteredBatches all(BatchRegisterState state) {
        return new RegisteredBatches(state, archive);
    }

    /// Resolves a batch's name. If the journal can't be read, batches that were read before are still found.
    ///
    /// @param name a batch ID, the beginning of one, or `latest`
    /// @return fails with a [ProblemException] if there is none, or more than one
    public CompletionStage<BatchRegisterState.Entry> find(String name) {
        BatchRegisterState.Entry known = register.known(name);
        return known != null
                ? CompletableFuture.completedFuture(known)
                : register.read()
                        .handleAsync(
                                (state, problem) -> problem == null ? entry(state, name) : read(name, problem),
                                blocking);
    }

    /// @param problem that keeps the register from being read again
    private BatchRegisterState.Entry read(String name, Throwable problem) {
        try {
            if (!name.equals(BatchNameResolver.LATEST)) {
                return entry(register.latest(), name);
            }
        } catch (ProblemException unknown) {
            // It may have been opened since.
        }
        throw unreadable(problem);
    }

    private BatchRegisterState.Entry entry(BatchRegisterState state, String name) {
        try {
            return all(state).named(name);
        } catch (FailureException e) {
            throw e.failure().isPermanent()
                    ? ProblemException.notFound("batch", e.failure().message())
                    : unreadable(e);
        }
    }

    /// A batch's description, at most a quarter of a second old. All callers share one query to its
    /// coordinator.
    ///
    /// @return fails with a [ProblemException] if there is no such batch, or no description can be had
    public CompletionStage<RenderedBatch> cachedDescription(String name) {
        return find(name).thenCompose(this::cachedDescription);
    }

    public CompletionStage<RenderedBatch> cachedDescription(BatchRegisterState.Entry entry) {
        long now = System.nanoTime();
        BatchId batch = entry.batch();
        CachedStatus known = statuses.get(batch);
        if (known != null && known.isCurrent(now)) {
            return known.seen();
        }
        if (statuses.size() > STATUSES) {
            statuses.values().removeIf(old -> !old.isCurrent(now));
        }
        return statuses.compute(
                        batch,
                        (id, before) -> before != null && before.isCurrent(now)
                                ? before
                                : new CachedStatus(now + CACHE_NANOS, refresh(entry)))
                .seen();
    }

    private CompletableFuture<RenderedBatch> refresh(BatchRegisterState.Entry entry) {
        return describe(entry)
                .thenApply(description -> new RenderedBatch(description, ApiJson.write(description.withoutValues())))
                .toCompletableFuture();
    }

    /// Drops the cached status of a batch, because a control has changed it.
    void invalidate(BatchId batch) {
        statuses.remove(batch);
        ended.remove(batch);
    }

    /// A batch's current description.
    public CompletionStage<BatchDescription> describe(String name) {
        return find(name).thenCompose(this::describe);
    }

    /// The description that a batch had at some time.
    ///
    /// @throws ProblemException in the stage, if it was not opened yet
    public CompletionStage<BatchDescription> describe(String name, Instant at) {
        return find(name).thenCompose(entry -> {
            if (at.isBefore(entry.at())) {
                throw ProblemException.notFound("batch", BatchDescriptions.notOpened(entry, at));
            }
            return past.get(new PastBatch(entry, at));
        });
    }

    public CompletionStage<BatchDescription> describe(BatchRegisterState.Entry entry) {
        BatchId batch = entry.batch();
        EndedBatch known = ended.get(batch);
        if (known != null && known.until() - System.nanoTime() > 0) {
            return CompletableFuture.completedFuture(known.batch());
        }
        if (entry.end().isPresent()) {
            return read.get(entry);
        }
        return requests.describe(batch)
                .thenApplyAsync(
                        seen -> cacheIfEnded(BatchDescriptions.of(entry, seen.status(), seen.waitsFor(), prices)),
                        blocking)
                // Its coordinator may be moving, or be reading a long ledger. What is in the ledger can be said all
                // the same.
                .exceptionallyCompose(problem -> ledger.problem() == null
                        ? read.get(entry)
                        : CompletableFuture.failedFuture(ProblemException.of(problem)));
    }

    /// How far a run is.
    ///
    /// @param batch the batch that decides: the open one or, if there is none, the one that was published
    ///     last
    /// @param description of that batch
    public record RunOutcome(BatchId batch, BatchDescription description) {

        /// Whether the run has a published batch and no open one.
        public boolean isPublished() {
            return description.state().equals("published");
        }
    }

    /// How far runs are. Runs without an open and a published batch are missing in the answer.
    public CompletionStage<Map<RunKey, RunOutcome>> outcomes(Collection<RunKey> runs) {
        return register()
                .thenComposeAsync(
                        state -> {
                            Map<RunKey, CompletableFuture<RunOutcome>> outcomes = new HashMap<>();
                            for (RunKey run : runs) {
                                state.open(run)
                                        .or(() -> all(state).lastPublished(run))
                                        .ifPresent(entry -> outcomes.put(
                                                run,
                                                (wakesRuns ? describe(entry) : read.get(entry))
                                                        .thenApply(batch -> new RunOutcome(entry.batch(), batch))
                                                        .toCompletableFuture()));
                            }
                            return CompletableFuture.allOf(outcomes.values().toArray(CompletableFuture<?>[]::new))
                                    .thenApply(all -> {
                                        Map<RunKey, RunOutcome> found = new HashMap<>();
                                        outcomes.forEach((run, outcome) -> found.put(run, outcome.join()));
                                        return found;
                                    });
                        },
                        blocking);
    }

    /// A batch's description as soon as it differs from a known one, or after ten seconds.
    ///
    /// @param seen the known description, or null for an answer at once
    CompletionStage<BatchDescription> awaitChange(String name, @Nullable BatchDescription seen) {
        return find(name)
                .thenCompose(entry -> describe(entry).thenCompose(now -> awaitChange(entry, seen, now, PATIENCE)));
    }

    private CompletionStage<BatchDescription> awaitChange(
            BatchRegisterState.Entry entry, @Nullable BatchDescription seen, BatchDescription now, int intervals) {
        BatchDescription shown = now.withoutValues();
        boolean hasChanged = seen == null || !shown.equals(seen.withoutValues());
        return hasChanged || now.isSettled() || intervals == 0
                ? CompletableFuture.completedFuture(shown)
                : CompletableFuture.supplyAsync(() -> cachedDescription(entry), AFTER_INTERVAL)
                        .thenCompose(next -> next)
                        .thenCompose(next -> awaitChange(entry, seen, next.batch(), intervals - 1));
    }

    /// The description of a batch by its ledger.
    private BatchDescription read(BatchRegisterState.Entry entry) {
        try {
            return cacheIfEnded(BatchDescriptions.of(
                    entry, ledgers.state(entry.batch()), Clock.systemUTC().instant(), prices));
        } catch (FailureException e) {
            throw ProblemException.of(e);
        } catch (IllegalStateException damage) {
            return BatchDescriptions.of(ledger, entry, prices);
        }
    }

    private BatchDescription cacheIfEnded(BatchDescription description) {
        boolean hasEnded =
                description.state().equals("published") || description.state().equals("cancelled");
        if (hasEnded) {
            if (ended.size() > MOST_ENDED) {
                ended.clear();
            }
            ended.put(new BatchId(description.batch()), new EndedBatch(System.nanoTime() + ENDED_NANOS, description));
        }
        return description;
    }

    /// @param cursor the last batch of the page before
    /// @param limit 1 to 100
    /// @throws ProblemException if the limit or the filter's state can't be
    public CompletionStage<BatchPage> page(Filter filter, Optional<String> cursor, int limit) {
        check("limit", limit, MOST_BATCHES);
        if (filter.state().isPresent() && !STATES.contains(filter.state().get())) {
            throw ProblemException.badRequest(
                    "The parameter state is invalid. Send one of %s.".formatted(String.join(", ", STATES)));
        }
        Phase end = filter.state().map(BatchQueries::end).orElse(null);
        return register()
                .thenComposeAsync(
                        state -> page(all(state), end, before(state, cursor), filter, limit, new ArrayList<>(), 0),
                        blocking);
    }

    /// How ended batches must have ended that match a state; null if the register can't say.
    private static @Nullable Phase end(String state) {
        return Arrays.stream(Phase.values())
                .filter(phase -> phase.toString().equals(state))
                .findFirst()
                .orElse(null);
    }

    private BatchRegisterState.@Nullable Entry before(BatchRegisterState state, Optional<String> cursor) {
        if (cursor.isEmpty()) {
            return null;
        }
        Optional<BatchRegisterState.Entry> last = BatchId.isValid(cursor.get())
                ? readable(() -> all(state).find(new BatchId(cursor.get())))
                : Optional.empty();
        return last.orElseThrow(() -> ProblemException.badRequest(
                "The parameter cursor is invalid. Send the value of next of the previous page."));
    }

    private <T> T readable(Supplier<T> reading) {
        try {
            return reading.get();
        } catch (FailureException e) {
            throw unreadable(e);
        }
    }

    /// @param looked how many batches were looked at
    private CompletionStage<BatchPage> page(
            RegisteredBatches all,
            @Nullable Phase end,
            BatchRegisterState.@Nullable Entry before,
            Filter filter,
            int limit,
            List<BatchDescription> found,
            int looked) {
        int missing = limit - found.size();
        // One more says whether there is another page.
        List<BatchRegisterState.Entry> next =
                readable(() -> all.page(filter.job().orElse(null), end, before, missing + 1));
        boolean isLast = next.size() <= missing;
        List<BatchRegisterState.Entry> candidates = isLast ? next : next.subList(0, missing);
        List<CompletableFuture<BatchDescription>> described = candidates.stream()
                .map(entry -> cachedDescription(entry)
                        .thenApply(seen -> seen.batch().withoutValues())
                        .toCompletableFuture())
                .toList();
        return CompletableFuture.allOf(described.toArray(CompletableFuture<?>[]::new))
                .thenComposeAsync(
                        done -> {
                            described.stream()
                                    .map(CompletableFuture::join)
                                    .filter(batch -> filter.state()
                                            .map(batch.state()::equals)
                                            .orElse(true))
                                    .forEach(found::add);
                            int seen = looked + candidates.size();
                            return isLast || found.size() == limit || seen >= MOST_LOOKED_AT
                                    ? CompletableFuture.completedFuture(new BatchPage(
                                            found,
                                            isLast
                                                    ? null
                                                    : candidates
                                                            .getLast()
                                                            .batch()
                                                            .value()))
                                    : page(all, end, candidates.getLast(), filter, limit, found, seen);
                        },
                        blocking);
    }

    /// A batch's state according to its ledger.
    public CompletionStage<BatchState> state(String name) {
        return find(name).thenApplyAsync(entry -> read(entry.batch(), ledgers::state), blocking);
    }

    /// A page of a batch's partitions, in the order of the plan.
    ///
    /// @param wanted `committed` or `waiting`; null for all
    /// @param cursor the position of the first partition, or null
    /// @param limit 1 to 1,000
    /// @throws ProblemException if one of these can't be
    public CompletionStage<PartitionPage> partitions(
            String name, @Nullable String wanted, @Nullable String cursor, int limit) {
        check("limit", limit, MOST_PARTITIONS);
        if (wanted != null && !PARTITION_STATES.contains(wanted)) {
            throw ProblemException.badRequest("The parameter state is invalid. Send committed or waiting.");
        }
        int first;
        try {
            first = cursor == null ? 0 : Integer.parseInt(cursor);
        } catch (NumberFormatException e) {
            first = -1;
        }
        if (first < 0) {
            throw ProblemException.badRequest(
                    "The parameter cursor is invalid. Send the value of next of the page before.");
        }
        int start = first;
        return state(name).thenApply(state -> partitions(state, wanted == null ? "" : wanted, start, limit));
    }

    private static PartitionPage partitions(BatchState state, String wanted, int first, int limit) {
        int all = state.plan() == null ? 0 : state.pinned().index().partitions();
        List<PartitionDescription> page = new ArrayList<>();
        int partition = first;
        for (; partition < all && page.size() < limit; partition++) {
            PartitionDescription description = partition(state, partition);
            if (wanted.isEmpty() || wanted.equals(description.state())) {
                page.add(description);
            }
        }
        return new PartitionPage(state.batch().value(), page, partition < all ? String.valueOf(partition) : null);
    }

    private static PartitionDescription partition(BatchState state, int partition) {
        PartitionPlan.Range range = state.pinned().index().range(partition);
        Cut cut = state.pinned().index().cut(partition);
        String value = cut == null ? null : cut.value();
        int attemptsFailed = state.attemptsFailed().getOrDefault(partition, 0);
        if (!state.committed().contains(partition)) {
            return new PartitionDescription(
                    partition,
                    range.firstRow(),
                    range.rows(),
                    value,
                    "waiting",
                    attemptsFailed,
                    null,
                    null,
                    null,
                    null,
                    null);
        }
        CommittedTotals totals = state.committed().totals(partition, range.rows());
        return new PartitionDescription(
                partition,
                range.firstRow(),
                range.rows(),
                value,
                "committed",
                attemptsFailed,
                state.committed().epoch(partition).map(Object::toString).orElse(null),
                totals.read(),
                totals.predictions(),
                totals.quarantined(),
                totals.bytes());
    }

    /// How much a batch differs from another.
    ///
    /// @param against the batch to compare with; null for the one that its checks have compared it with
    public CompletionStage<DriftReport> drift(String name, @Nullable String against) {
        CompletionStage<BatchState> other = against == null ? CompletableFuture.completedFuture(null) : state(against);
        return state(name).thenCombineAsync(other, (batch, given) -> drift(batch, given), blocking);
    }

    private DriftReport drift(BatchState batch, @Nullable BatchState given) {
        try {
            BatchState baseline = given != null
                    ? given
                    : DriftReports.baseline(batch)
                            .map(id -> read(id, ledgers::state))
                            .orElse(null);
            return DriftReports.of(batch, baseline);
        } catch (FailureException e) {
            throw e.failure().isPermanent()
                    ? ProblemException.conflict(e.failure().message())
                    : e;
        }
    }

    /// A page of a batch's ledger.
    ///
    /// @param after the number of the entry before it, or 0
    /// @param limit 1 to 1000
    /// @throws ProblemException if the limit can't be
    public CompletionStage<EventPage> events(String name, long after, int limit) {
        check("limit", limit, MOST_EVENTS);
        return find(name).thenApplyAsync(entry -> events(entry.batch(), after, limit), blocking);
    }

    /// Reads from the quarantine of a batch, on a thread that may wait.
    ///
    /// @param destinations of the batches
    public <T> CompletionStage<T> quarantine(
            String name, Destinations destinations, Function<BatchQuarantine, T> reading) {
        return find(name)
                .thenApplyAsync(
                        entry -> read(
                                entry.batch(), batch -> readQuarantine(ledgers.state(batch), destinations, reading)),
                        blocking);
    }

    private <T> T readQuarantine(BatchState state, Destinations destinations, Function<BatchQuarantine, T> reading) {
        try {
            return reading.apply(BatchQuarantine.of(ledger, state, destinations));
        } catch (FailureException e) {
            throw !e.failure().isPermanent()
                    ? e
                    : ProblemException.notFound("quarantine", e.failure().message());
        }
    }

    private EventPage events(BatchId batch, long after, int limit) {
        List<JsonNode> found = read(batch, of -> ledgers.entries(of, after, limit + 1));
        List<JsonNode> page = found.subList(0, Math.min(limit, found.size()));
        Long next = found.size() > limit ? page.getLast().get("number").asLong() : null;
        return new EventPage(batch.value(), page, next);
    }

    private static void check(String parameter, int value, int most) {
        if (value < 1 || value > most) {
            throw ProblemException.badRequest(
                    "The parameter %s is invalid. Send a number from 1 to %,d.".formatted(parameter, most));
        }
    }

    /// Entries of a batch's ledger that are known to exist, after the one with a number.
    public CompletionStage<List<JsonNode>> entries(BatchId batch, long after, int count) {
        return CompletableFuture.supplyAsync(() -> read(batch, of -> ledgers.entries(of, after, count)), blocking);
    }

    private static <T> T read(BatchId batch, Function<BatchId, T> reading) {
        try {
            return reading.apply(batch);
        } catch (FailureException e) {
            throw ProblemException.of(e);
        } catch (IllegalStateException | java.io.UncheckedIOException damage) {
            throw ProblemException.refused(
                    batch.value(), damage.getMessage() + "; `nightshift batch verify` reports the details");
        }
    }
}
