package io.nightshift.node.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.ApiJson;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchPage;
import io.nightshift.api.EventPage;
import io.nightshift.api.JobList;
import io.nightshift.api.JobList.JobDescription;
import io.nightshift.coordinator.batch.BatchState;
import io.nightshift.coordinator.ledger.BatchDescriptions;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.register.BatchNameResolver;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// BatchQueries as a node knows them: open ones as their coordinators tell, those that have ended as the
/// ledger does. Safe for several threads, none of which waits but those of the pool.
public final class BatchQueries {

    /// What a batch's state may be.
    private static final List<String> STATES = Stream.concat(
                    Arrays.stream(Phase.values()).map(Phase::toString), Stream.of("opened", "damaged"))
            .toList();

    /// How long what was seen of a batch that goes on is told to others who ask.
    private static final long FRESH = Duration.ofMillis(250).toNanos();

    /// Glances that are kept while they may still count.
    private static final int GLANCES = 500;

    /// Descriptions of ended batches that are kept.
    private static final int KEPT = 10_000;

    private static final int MOST_BATCHES = 100;
    private static final int MOST_EVENTS = 1_000;

    /// How often a batch that is watched is looked at, however many watch it.
    private static final Duration INTERVAL = Duration.ofMillis(500);

    /// After how many intervals who waits for news is told that there are none.
    private static final int PATIENCE = 20;

    /// @param job its name
    /// @param state one of [#STATES]
    public record Filter(Optional<String> job, Optional<String> state) {}

    /// A batch at a glance.
    ///
    /// @param json the same, written
    public record Seen(BatchDescription batch, String json) {}

    /// @param until when it counts, in nanoseconds
    private record Glance(long until, CompletableFuture<Seen> seen) {

        /// What waits for somebody is looked at anew: who has just gone on with it, by another node, mustn't
        /// be told that it still waits.
        boolean counts(long now) {
            return until - now > 0
                    && !seen.isCompletedExceptionally()
                    && (!seen.isDone() || !seen.join().batch().isSettled());
        }
    }

    private static final Executor AFTER_INTERVAL =
            CompletableFuture.delayedExecutor(INTERVAL.toMillis(), TimeUnit.MILLISECONDS);

    private final RequestForwarder requests;
    private final Ledger ledger;
    private final BatchRegisterCache register;
    private final LedgerStateCache histories;
    private final Executor blocking;

    private final Map<BatchId, Glance> glances = new ConcurrentHashMap<>();

    /// They never change.
    private final Map<BatchId, BatchDescription> ended = new ConcurrentHashMap<>();

    /// @param blocking a pool of a few threads, which wait for the database
    public BatchQueries(RequestForwarder requests, Ledger ledger, Executor blocking) {
        this.requests = requests;
        this.ledger = ledger;
        this.register = new BatchRegisterCache(ledger, blocking);
        this.histories = new LedgerStateCache(ledger);
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
        String trouble = requests.trouble();
        return trouble == null ? ProblemException.of(problem) : ProblemException.unavailable(trouble);
    }

    /// All jobs that were ever submitted.
    public CompletionStage<JobList> jobs() {
        return register().thenApply(BatchQueries::jobs);
    }

    private static JobList jobs(BatchRegisterState register) {
        TreeMap<String, JobDescription> jobs = new TreeMap<>();
        for (BatchRegisterState.Entry entry : register.all()) {
            String name = entry.opened().submission().job().name();
            JobDescription before = jobs.get(name);
            jobs.put(
                    name,
                    new JobDescription(
                            name,
                            before == null ? 1 : before.batches() + 1,
                            entry.opened().batch().value(),
                            entry.opened().at()));
        }
        return new JobList(List.copyOf(jobs.values()));
    }

    /// The batch that a name means. Where the journal can't be read, what was read before is still known.
    ///
    /// @param name an id, the beginning of one, or `latest`
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

    private static BatchRegisterState.Entry entry(BatchRegisterState state, String name) {
        try {
            BatchRegisterState.Entry entry = state.batches().get(BatchNameResolver.resolve(state, name));
            if (entry != null) {
                return entry;
            }
        } catch (FailureException e) {
            throw ProblemException.unknown("batch", e.failure().message());
        }
        throw ProblemException.unknown("batch", "there is no batch " + name);
    }

    /// How a batch is, or was a quarter of a second ago: however many ask, its coordinator is asked once in a
    /// while.
    ///
    /// @return fails with a [ProblemException] if there is no such batch, or nothing can be said
    public CompletionStage<Seen> glance(String name) {
        return find(name).thenCompose(this::glance);
    }

    public CompletionStage<Seen> glance(BatchRegisterState.Entry entry) {
        long now = System.nanoTime();
        BatchId batch = entry.opened().batch();
        Glance known = glances.get(batch);
        if (known != null && known.counts(now)) {
            return known.seen();
        }
        if (glances.size() > GLANCES) {
            glances.values().removeIf(old -> !old.counts(now));
        }
        return glances.compute(
                        batch,
                        (id, before) ->
                                before != null && before.counts(now) ? before : new Glance(now + FRESH, look(entry)))
                .seen();
    }

    private CompletableFuture<Seen> look(BatchRegisterState.Entry entry) {
        return describe(entry)
                .thenApply(description -> new Seen(description, ApiJson.write(description)))
                .toCompletableFuture();
    }

    /// What was seen of a batch before doesn't count any more: it was told to do something else.
    void changed(BatchId batch) {
        glances.remove(batch);
    }

    /// How a batch is now.
    public CompletionStage<BatchDescription> describe(String name) {
        return find(name).thenCompose(this::describe);
    }

    public CompletionStage<BatchDescription> describe(BatchRegisterState.Entry entry) {
        BatchId batch = entry.opened().batch();
        BatchDescription known = ended.get(batch);
        if (known != null) {
            return CompletableFuture.completedFuture(known);
        }
        if (entry.end().isPresent()) {
            return CompletableFuture.supplyAsync(() -> ended(entry), blocking);
        }
        return requests.describe(batch)
                .handleAsync(
                        (seen, problem) -> problem == null
                                ? kept(BatchDescriptions.of(entry, seen.status(), seen.waitsFor()))
                                // Its coordinator may be moving; what is in the ledger can be said all the
                                // same.
                                : fromLedger(entry, problem),
                        blocking);
    }

    private BatchDescription fromLedger(BatchRegisterState.Entry entry, Throwable problem) {
        if (ledger.problem() != null) {
            throw ProblemException.of(problem);
        }
        return BatchDescriptions.of(ledger, entry);
    }

    /// A batch as soon as it isn't any more as it was seen, and after ten seconds in any case.
    ///
    /// @param seen null: at once
    CompletionStage<BatchDescription> news(String name, @Nullable BatchDescription seen) {
        return find(name).thenCompose(entry -> describe(entry).thenCompose(now -> news(entry, seen, now, PATIENCE)));
    }

    private CompletionStage<BatchDescription> news(
            BatchRegisterState.Entry entry, @Nullable BatchDescription seen, BatchDescription now, int intervals) {
        return !now.equals(seen) || now.isSettled() || intervals == 0
                ? CompletableFuture.completedFuture(now)
                : CompletableFuture.supplyAsync(() -> glance(entry), AFTER_INTERVAL)
                        .thenCompose(next -> next)
                        .thenCompose(next -> news(entry, seen, next.batch(), intervals - 1));
    }

    private BatchDescription ended(BatchRegisterState.Entry entry) {
        try {
            return kept(
                    BatchDescriptions.of(entry, histories.state(entry.opened().batch())));
        } catch (FailureException e) {
            throw ProblemException.of(e);
        } catch (IllegalStateException damage) {
            return BatchDescriptions.of(ledger, entry);
        }
    }

    private BatchDescription kept(BatchDescription description) {
        boolean hasEnded =
                description.state().equals("published") || description.state().equals("cancelled");
        if (hasEnded) {
            if (ended.size() > KEPT) {
                ended.clear();
            }
            ended.put(new BatchId(description.batch()), description);
        }
        return description;
    }

    /// @param cursor the last batch of the page before
    /// @param limit 1 to 100
    /// @throws ProblemException if the limit or the filter's state can't be
    public CompletionStage<BatchPage> page(Filter filter, Optional<String> cursor, int limit) {
        check("limit", limit, MOST_BATCHES);
        if (filter.state().isPresent() && !STATES.contains(filter.state().get())) {
            throw ProblemException.badRequest("The parameter state is one of %s.".formatted(String.join(", ", STATES)));
        }
        return register().thenCompose(state -> {
            List<BatchRegisterState.Entry> entries = new ArrayList<>(state.all()).reversed();
            List<BatchRegisterState.Entry> rest = entries;
            if (cursor.isPresent()) {
                String last = cursor.get();
                int at = entries.stream()
                        .map(entry -> entry.opened().batch().value())
                        .toList()
                        .indexOf(last);
                if (at < 0) {
                    throw ProblemException.badRequest("The parameter cursor is the next of the page before.");
                }
                rest = entries.subList(at + 1, entries.size());
            }
            List<BatchRegisterState.Entry> candidates = rest.stream()
                    .filter(entry -> filter.job()
                            .map(job -> entry.opened().submission().job().name().equals(job))
                            .orElse(true))
                    .filter(entry -> mayBe(entry, filter.state()))
                    .toList();
            return page(candidates, 0, filter, limit, new ArrayList<>());
        });
    }

    /// What the register says of it, so that not every batch has to be looked at.
    private static boolean mayBe(BatchRegisterState.Entry entry, Optional<String> state) {
        return state.isEmpty()
                || entry.end().isEmpty()
                || state.get().equals("damaged")
                || entry.end().get().toString().equals(state.get());
    }

    private CompletionStage<BatchPage> page(
            List<BatchRegisterState.Entry> candidates,
            int from,
            Filter filter,
            int limit,
            List<BatchDescription> found) {
        if (found.size() == limit || from == candidates.size()) {
            boolean more = from < candidates.size() && !found.isEmpty();
            return CompletableFuture.completedFuture(new BatchPage(
                    found, more ? candidates.get(from - 1).opened().batch().value() : null));
        }
        int to = Math.min(candidates.size(), from + limit - found.size());
        List<CompletableFuture<BatchDescription>> described = candidates.subList(from, to).stream()
                .map(entry -> glance(entry).thenApply(Seen::batch).toCompletableFuture())
                .toList();
        return CompletableFuture.allOf(described.toArray(CompletableFuture<?>[]::new))
                .thenComposeAsync(
                        all -> {
                            described.stream()
                                    .map(CompletableFuture::join)
                                    .filter(batch -> filter.state()
                                            .map(batch.state()::equals)
                                            .orElse(true))
                                    .forEach(found::add);
                            return page(candidates, to, filter, limit, found);
                        },
                        blocking);
    }

    /// The batch as the ledger tells it.
    public CompletionStage<BatchState> state(String name) {
        return find(name).thenApplyAsync(entry -> read(entry.opened().batch(), histories::state), blocking);
    }

    /// A part of a batch's history.
    ///
    /// @param after the number of the entry before it, or 0
    /// @param limit 1 to 1000
    /// @throws ProblemException if the limit can't be
    public CompletionStage<EventPage> events(String name, long after, int limit) {
        check("limit", limit, MOST_EVENTS);
        return find(name).thenApplyAsync(entry -> events(entry.opened().batch(), after, limit), blocking);
    }

    private EventPage events(BatchId batch, long after, int limit) {
        List<JsonNode> found = read(batch, of -> histories.entries(of, after, limit + 1));
        List<JsonNode> page = found.subList(0, Math.min(limit, found.size()));
        Long next = found.size() > limit ? page.getLast().get("number").asLong() : null;
        return new EventPage(batch.value(), page, next);
    }

    private static void check(String parameter, int value, int most) {
        if (value < 1 || value > most) {
            throw ProblemException.badRequest("The parameter %s is a number from 1 to %,d.".formatted(parameter, most));
        }
    }

    /// Entries of the ledger that are known to be, from the one after a number.
    public CompletionStage<List<JsonNode>> entries(BatchId batch, long after, int count) {
        return CompletableFuture.supplyAsync(() -> read(batch, of -> histories.entries(of, after, count)), blocking);
    }

    private static <T> T read(BatchId batch, Function<BatchId, T> reading) {
        try {
            return reading.apply(batch);
        } catch (FailureException e) {
            throw ProblemException.of(e);
        } catch (IllegalStateException | java.io.UncheckedIOException damage) {
            throw ProblemException.refused(
                    batch.value(), damage.getMessage() + "; `nightshift batch verify` says more");
        }
    }
}
