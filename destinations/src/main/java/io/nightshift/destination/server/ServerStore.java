package io.nightshift.destination.server;

import io.nightshift.destination.FirstRows;
import io.nightshift.destination.StagedStore;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.PartitionKey;
import io.nightshift.scoring.model.ModelDescription;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// A destination on a server: tables of a database, or keys.
///
/// @param <S> a connection to the server
/// @param <C> the columns that a job writes
public abstract class ServerStore<S, C> extends StagedStore {

    /// The time that a coordinator waits for a server that is down.
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /// The time that a person's command waits for a server that can't be reached.
    private static final Duration READING = Duration.ofSeconds(10);

    private final Destination destination;
    private final String kind;

    /// @param kind of the place, for messages, such as `a table`
    protected ServerStore(Destination destination, String kind) {
        this.destination = destination;
        this.kind = kind;
    }

    /// Connects for one use.
    ///
    /// @param what the connection is for
    /// @param patience the time to wait for a server that is down
    protected abstract <T> T connected(String what, Duration patience, Function<S, T> use);

    /// As [#open(BatchId, String)].
    ///
    /// @param patience the time to wait for a server that is down
    protected abstract ServerPublisher<C> open(BatchId batch, String what, Duration patience);

    /// Why nothing can be written to the server.
    protected abstract List<String> obstacles(S server);

    /// Why a job's columns can't be written to a server that can be written.
    protected abstract List<String> obstacles(S server, C columns);

    protected abstract C columns(Job job, ModelDescription model);

    /// The IDs of the published batches of a job, perhaps among those of other jobs.
    protected abstract List<String> published(S server, String job);

    /// As [#head].
    protected abstract FirstRows first(S server, BatchId batch, int limit);

    /// As [#open(BatchId, String, Connection, String)].
    protected abstract void copy(S server, BatchId batch, Connection duckDb, String name);

    @Override
    protected final ServerPublisher<C> open(BatchId batch, String doing) {
        return open(batch, "%s, %s %s".formatted(batch, doing, destination), PATIENCE);
    }

    private List<String> unwritable(S server) {
        return obstacles(server).stream()
                .map(reason -> "the destination %s can't be written: %s".formatted(destination, reason))
                .toList();
    }

    /// Without waiting for a server that is down.
    private <T> T now(Function<S, T> look) {
        return connected("the destination " + destination, Duration.ZERO, look);
    }

    /// A server that can't be reached now is no reason.
    private List<String> reasons(Function<S, List<String>> look) {
        try {
            return now(look);
        } catch (FailureException e) {
            return e.failure().isPermanent() ? List.of(e.failure().message()) : List.of();
        }
    }

    @Override
    public final List<String> checkPlace() {
        return reasons(this::unwritable);
    }

    @Override
    public final List<String> check(Job job, ModelDescription model) {
        PartitionKey key = job.partitions().key();
        if (key != null && key.folder() != null) {
            return List.of(
                    "partitions.folder: %s has no folders; write partitions.column: %s".formatted(kind, key.folder()));
        }
        C columns;
        try {
            columns = columns(job, model);
        } catch (FailureException e) {
            List<String> reasons = new ArrayList<>(checkPlace());
            reasons.add(e.failure().message());
            return reasons;
        }
        return reasons(server -> {
            List<String> reasons = new ArrayList<>(unwritable(server));
            reasons.addAll(obstacles(server, columns));
            return reasons;
        });
    }

    /// Nothing to do: the next attempt replaces the rows, or they are removed with the batch.
    @Override
    public final void remove(Lease lease) {}

    @Override
    public final void prepare(BatchId batch, Job job, ModelDescription model) {
        C columns = columns(job, model);
        try (ServerPublisher<C> publisher = open(batch, "preparing")) {
            publisher.prepare(job, columns);
        }
    }

    private <T> T reading(Function<S, T> use) {
        return connected("the predictions in " + destination, READING, use);
    }

    @Override
    public final FirstRows head(BatchId batch, String published, int limit) {
        return reading(server -> first(server, batch, limit));
    }

    @Override
    public final void open(BatchId batch, String published, Connection duckDb, String name) {
        reading(server -> {
            copy(server, batch, duckDb, name);
            return batch;
        });
    }

    @Override
    public final Optional<BatchId> newest(String job) {
        try {
            return now(server -> published(server, job)).stream()
                    .filter(BatchId::isValid)
                    .map(BatchId::new)
                    .filter(batch -> batch.isOfJob(job))
                    .max(Comparator.naturalOrder());
        } catch (FailureException e) {
            if (e.failure().isPermanent()) {
                throw e;
            }
            return Optional.empty();
        }
    }

    @Override
    public final Optional<String> manifest(BatchId published) {
        try (ServerPublisher<C> publisher = open(published, "the destination " + destination, Duration.ZERO)) {
            return publisher.manifest();
        }
    }
}
