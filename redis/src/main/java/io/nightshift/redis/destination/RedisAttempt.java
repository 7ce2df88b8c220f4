package io.nightshift.redis.destination;

import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.ScoredRows;
import io.nightshift.destination.table.SentRows;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.RedisDestination;
import io.nightshift.redis.RedisConnection;
import io.nightshift.storage.database.DataSourceSettings;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Protocol.Command;

/// The work of one attempt in Redis.
///
/// First it *claims* its partition: it becomes the partition's holder, unless an attempt with a higher
/// epoch is. Then it stages its rows in pieces, in a list of its own. Until it is kept it touches nothing
/// of another attempt.
///
/// To be kept, it removes the records of an earlier attempt that was kept, and has the server turn each
/// piece into records. The server makes each of these steps as a whole ([Script]), and only while the
/// attempt holds the partition and the batch is open. A crash in between leaves records that the next
/// attempt of the partition removes, since each is written together with its ID in the list of the
/// partition's IDs.
///
/// The rows of a supplement stay staged: readers see the batch already, so they become records when the
/// supplement is published, by one step of the server.
final class RedisAttempt implements PartitionWriter {

    /// Steps that are sent before the answer to the first of them is read.
    private static final int AHEAD = 16;

    /// A server that is down for a moment delays an attempt. A longer outage is the batch's matter.
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /// The most records of a supplement, which one step of the server stores.
    static final int MOST_ADDED = 100_000;

    private final DataSourceSettings settings;
    private final RedisDestination destination;
    private final Lease lease;
    private final String epoch;
    private final RedisKeys keys;
    private final Instant began = Instant.now();
    private final List<byte[]> bad = new ArrayList<>();
    private volatile @Nullable RedisConnection connection;
    private volatile boolean cancelled;
    private volatile boolean connecting;
    private long number;
    private boolean isSupplement;
    private long badBytes;
    private long taking;
    private @Nullable RecordRows predictions;
    private @Nullable RecordRows quarantine;
    private @Nullable FailureException problem;

    RedisAttempt(DataSourceSettings settings, RedisDestination destination, Lease lease) {
        this.settings = settings;
        this.destination = destination;
        this.lease = lease;
        this.epoch = CommittedPart.epoch(lease.attempt().epoch());
        this.keys = new RedisKeys(destination.name());
    }

    private RedisConnection connected() {
        RedisConnection open = connection;
        if (open != null) {
            return open;
        }
        connecting = true;
        try {
            open = RedisConnection.open(
                    settings, "%s, writing to %s".formatted(lease.attempt(), destination), PATIENCE, () -> cancelled);
            connection = open;
        } finally {
            connecting = false;
        }
        if (cancelled) {
            throw cancelled(null);
        }
        return open;
    }

    private FailureException cancelled(@Nullable Throwable cause) {
        return new FailureException(Failure.transientFailure(lease.attempt() + " was cancelled"), cause);
    }

    /// Makes steps on the connection.
    @FunctionalInterface
    private interface Step<T> {
        T on(RedisConnection connection);
    }

    private <T> T asking(Step<T> step) {
        long begin = System.nanoTime();
        try {
            return step.on(connected());
        } catch (FailureException e) {
            throw cancelled ? cancelled(e) : e;
        } finally {
            taking += System.nanoTime() - begin;
        }
    }

    private long step(RedisConnection used, Script script, Object... arguments) {
        return RedisConnection.asNumber(script.run(used, arguments(arguments)));
    }

    private Object[] arguments(Object... more) {
        List<Object> all = new ArrayList<>(
                List.of(destination.name(), number, lease.attempt().partition(), epoch));
        all.addAll(List.of(more));
        return all.toArray();
    }

    private FailureException refused(String what) {
        return new FailureException(
                Failure.transientFailure("%s may not %s %s: a later attempt holds the partition, or the batch is over"
                        .formatted(lease.attempt(), what, destination)));
    }

    private void claim() {
        boolean holds = asking(used -> {
            String found = used.text(
                    Command.HGET, keys.batches(), lease.attempt().batch().value());
            if (found == null) {
                return false;
            }
            number = Long.parseLong(found);
            long claimed = step(used, Script.CLAIM);
            isSupplement = claimed == 2;
            return claimed > 0;
        });
        if (!holds) {
            throw refused("write to");
        }
    }

    /// A second call removes what the first one has staged.
    @Override
    public long predictions(ScoredRows rows, Execution scoring) throws SQLException {
        quarantine = null;
        bad.clear();
        badBytes = 0;
        claim();
        RecordRows sent = RecordRows.predictions(RecordColumn.predictions(rows.columns()), destination.format());
        predictions = sent;
        return send(
                sent,
                piece -> append("staged", List.of(piece)),
                () -> scoring.run(sent.query(rows.scored().sql())));
    }

    @Override
    public void quarantine(ScoredRows rows, Execution execution) throws SQLException {
        RecordRows sent = RecordRows.quarantine(RecordColumn.quarantine(rows.job()));
        quarantine = sent;
        send(sent, this::appendBad, () -> execution.run(sent.query(rows.quarantined())));
        appendBad();
    }

    /// An exception can't pass DuckDB as it is.
    private <T> T send(RecordRows rows, RecordRows.Sink sink, SentRows.Query<T> query) throws SQLException {
        problem = null;
        try {
            return rows.into(
                    piece -> {
                        try {
                            sink.send(piece);
                        } catch (FailureException e) {
                            problem = e;
                            throw e;
                        }
                    },
                    query);
        } catch (SQLException e) {
            if (problem != null) {
                throw problem;
            }
            throw e;
        }
    }

    private void append(String list, List<byte[]> values) {
        boolean holds = asking(used -> {
            List<Object> more = new ArrayList<>(List.of(list));
            more.addAll(values);
            return step(used, Script.APPEND, more.toArray()) == 1;
        });
        if (!holds) {
            throw refused("write to");
        }
    }

    private void appendBad(byte[] row) {
        bad.add(row);
        badBytes += row.length;
        if (bad.size() == Script.REMOVED || badBytes >= RedisConnection.SENT) {
            appendBad();
        }
    }

    private void appendBad() {
        if (!bad.isEmpty()) {
            append("bad", bad);
            bad.clear();
            badBytes = 0;
        }
    }

    @Override
    public long sending() {
        return predictions == null ? 0 : predictions.nanos();
    }

    @Override
    public long taking() {
        return taking;
    }

    @Override
    public OutputFile part(long rows) {
        return file(rows, predictions);
    }

    @Override
    public OutputFile quarantined(long rows) {
        return file(rows, quarantine);
    }

    private static OutputFile file(long rows, @Nullable RecordRows written) {
        if (written == null || written.digest().rows() != rows) {
            throw new IllegalStateException("%d rows, but %s were written"
                    .formatted(rows, written == null ? "none" : written.digest().rows()));
        }
        return new OutputFile(rows, written.bytes(), written.digest().text());
    }

    @Override
    public void keep() {
        RecordRows kept = Objects.requireNonNull(predictions, "nothing was written");
        OutputFile part = file(kept.digest().rows(), kept);
        OutputFile bad = quarantine == null ? null : file(quarantine.digest().rows(), quarantine);
        if (isSupplement && part.rows() > MOST_ADDED) {
            throw FailureException.permanent(String.format(
                    Locale.ROOT,
                    "%,d rows can be added to the batch, but Redis adds at most %,d in one step. Select fewer rows with --where, and redrive the others afterwards",
                    part.rows(),
                    MOST_ADDED));
        }
        asking(used -> {
            if (!isSupplement) {
                replace(used);
                store(used);
            }
            CommittedPart record = new CommittedPart(
                    epoch,
                    CommittedPart.output(part, bad),
                    began.truncatedTo(ChronoUnit.MICROS).toString(),
                    lease.model().name() + " " + lease.model().version());
            Object answer = (isSupplement ? Script.KEEP_SUPPLEMENT : Script.KEEP)
                    .run(used, arguments(part.rows(), bad == null ? 0 : bad.rows(), record.text()));
            if (!(answer instanceof Long done)) {
                throw notUnique(answer);
            }
            if (done == 0) {
                throw refused("commit to");
            }
            if (done < 0) {
                throw new FailureException(Failure.transientFailure(
                        "%s: rows that were written to %s are gone".formatted(lease.attempt(), destination)));
            }
            return done;
        });
    }

    /// Removes the records of an earlier attempt.
    private void replace(RedisConnection used) {
        long removed = Script.REMOVED;
        while (removed == Script.REMOVED) {
            removed = step(used, Script.REPLACE);
            if (removed < 0) {
                throw refused("commit to");
            }
        }
    }

    private void store(RedisConnection used) {
        String format = destination.format().name().toLowerCase(Locale.ROOT);
        boolean isMore = stored(Script.STORE.run(used, arguments(format)));
        while (isMore) {
            for (int i = 0; i < AHEAD; i++) {
                Script.STORE.send(used, arguments(format));
            }
            for (int i = 0; i < AHEAD; i++) {
                isMore = stored(used.read());
            }
        }
    }

    /// @return whether there may be more
    private boolean stored(@Nullable Object answer) {
        if (answer instanceof Long records) {
            if (records < 0) {
                throw refused("commit to");
            }
            return records > 0;
        }
        throw notUnique(answer);
    }

    private FailureException notUnique(@Nullable Object id) {
        return FailureException.permanent(
                "the column %s is not unique: there are several rows with %s; a key of Redis holds one record. Remove the others with source.where, or name another column under source.id"
                        .formatted(lease.job().source().id(), RedisConnection.asText(id)));
    }

    @Override
    public boolean hasTimeLimit() {
        RedisConnection used = connection;
        return connecting || (used != null && used.isWaiting());
    }

    @Override
    public void cancel() {
        cancelled = true;
        RedisConnection used = connection;
        if (used != null) {
            used.abort();
        }
    }

    /// Ends the connection. The next attempt removes staged output that was not kept, or it is removed with that of
    /// the batch.
    @Override
    public void close() {
        RedisConnection used = connection;
        connection = null;
        if (used != null) {
            used.close();
        }
    }
}
