package io.nightshift.coordinator.ledger;

import io.nightshift.coordinator.alert.AlertOutbox;
import io.nightshift.coordinator.alert.AlertState;
import io.nightshift.coordinator.batch.Batch;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.task.StepRuns;
import io.nightshift.coordinator.incremental.FileMarks;
import io.nightshift.coordinator.incremental.RowMarks;
import io.nightshift.coordinator.register.BatchRegister;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.protocol.alert.AlertEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.ledger.UnreadableEntry;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.protocol.register.BatchRegisterSnapshot;
import io.nightshift.source.changed.RowSet;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.h2.Driver;
import org.h2.api.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Reads ledgers from the journal's table, without an actor system. Publication, listings and the
/// verification use it; the verification does not trust the code that wrote the entries. Safe for several
/// threads. Its methods wait for the database.
///
/// @param url the JDBC URL of the journal's database, without credentials
/// @param user of the database
/// @param password of the user; may be empty
public record Ledger(String url, String user, String password) {

    /// Receives the entries of a batch.
    @FunctionalInterface
    public interface Visitor {
        /// @param number of the entry, from 1
        void entry(long number, LedgerEntry entry);
    }

    /// Receives the events of the batch register.
    @FunctionalInterface
    public interface RegisterEventVisitor {
        /// @param number of the event, from 1
        void event(long number, BatchRegisterEvent event);
    }

    /// JDBC's value for «no limit».
    private static final int ALL = 0;

    private static final int FETCHED = 1000;

    /// An event is written a moment after it was decided.
    private static final Duration NEAR = Duration.ofMinutes(10);

    @FunctionalInterface
    private interface RowVisitor {
        void row(long number, Object entry);
    }

    /// Visits every entry of a batch, in order; none if the batch does not exist.
    ///
    /// @throws FailureException transient if the journal can't be read, permanent if it holds
    ///     something that isn't an entry
    public void forEach(BatchId batch, Visitor visitor) {
        rows(
                PersistenceId.of(Batch.KEY.name(), batch.value()),
                0,
                ALL,
                (number, entry) -> visitor.entry(number, readable(batch, number, entry)));
    }

    private static LedgerEntry readable(BatchId batch, long number, Object entry) {
        if (entry instanceof LedgerEntry readable) {
            return readable;
        }
        throw FailureException.permanent("the ledger is damaged: entry %d of %s: %s"
                .formatted(
                        number,
                        batch,
                        entry instanceof UnreadableEntry(String problem) ? problem : "it is not an entry of a batch"));
    }

    /// Not a constant: the register's class has a logger, and a ledger is opened before the log is set up.
    static PersistenceId registerId() {
        return PersistenceId.of(BatchRegister.KEY.name(), BatchRegister.ID);
    }

    /// The batches that have a first entry and are not in the archive, in any order.
    ///
    /// @param after the position in the journal from which on to search; 0 for all of it
    /// @param hasArchive whether the archive has batches. If not, it need not exist
    /// @throws FailureException transient if the journal can't be read
    public List<BatchId> batches(long after, boolean hasArchive) {
        String prefix = Batch.KEY.name() + "|";
        // With both conditions, H2 would read all batches although there are few entries after the position.
        String range = after == 0 ? "\"persistence_id\" LIKE ?" : "\"ordering\" > ?";
        String sql = """
                SELECT "persistence_id" FROM "event_journal" WHERE %s AND "sequence_number" = 1 AND NOT "deleted"
                """.formatted(range)
                + (hasArchive
                        ? "AND NOT EXISTS (SELECT 1 FROM batch_archive WHERE batch = SUBSTRING(\"persistence_id\" FROM %d))"
                                .formatted(prefix.length() + 1)
                        : "");
        List<BatchId> batches = new ArrayList<>();
        try (Connection connection = connect();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            if (after == 0) {
                statement.setString(1, prefix + "%");
            } else {
                statement.setLong(1, after);
            }
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    String id = rows.getString(1);
                    if (id.startsWith(prefix)) {
                        batches.add(new BatchId(id.substring(prefix.length())));
                    }
                }
            }
        } catch (SQLException e) {
            throw unreadable(e);
        }
        return batches;
    }

    /// Visits some entries of a batch, in order.
    ///
    /// @param after the number of the last entry to skip, or 0 to skip none
    /// @param limit the most entries to visit, at least 1
    /// @throws FailureException as [#forEach(BatchId, Visitor)]
    public void forEach(BatchId batch, long after, int limit, Visitor visitor) {
        rows(
                PersistenceId.of(Batch.KEY.name(), batch.value()),
                after,
                limit,
                (number, entry) -> visitor.entry(number, readable(batch, number, entry)));
    }

    /// The number of a batch's entries.
    ///
    /// @throws FailureException transient if the journal can't be read
    public long entries(BatchId batch) {
        String sql = "SELECT MAX(\"sequence_number\") FROM \"event_journal\" WHERE \"persistence_id\" = ?";
        try (Connection connection = connect();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(
                    1, PersistenceId.of(Batch.KEY.name(), batch.value()).id());
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() ? rows.getLong(1) : 0;
            }
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    static FailureException unreadable(SQLException e) {
        return new FailureException(Failure.transientFailure("the ledger can't be read: " + e.getMessage()), e);
    }

    /// The state of a batch, folded from its entries; the initial state if it has none.
    ///
    /// @throws FailureException transient if the journal can't be read, permanent if the ledger is damaged or
    ///     a later version wrote it
    public BatchState state(BatchId batch) {
        return state(batch, entry -> true);
    }

    private BatchState state(BatchId batch, Predicate<LedgerEntry> isWanted) {
        AtomicReference<BatchState> state = new AtomicReference<>(BatchState.initial(batch));
        try {
            forEach(batch, (number, entry) -> {
                if (isWanted.test(entry)) {
                    state.set(state.get().apply(entry));
                }
            });
        } catch (IllegalStateException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw FailureException.permanent(BatchState.damage(e));
        }
        return state.get();
    }

    /// The state that a batch had at some time, folded from the entries until then; the initial state if there were
    /// none. Entries after the first later one are left out.
    ///
    /// @throws FailureException as [#state(BatchId)]
    public BatchState state(BatchId batch, Instant at) {
        AtomicBoolean isLater = new AtomicBoolean();
        return state(batch, entry -> {
            isLater.compareAndSet(false, entry.event().at().isAfter(at));
            return !isLater.get();
        });
    }

    /// The throughput of a published batch in rows per second, measured from its last start or resumption to
    /// its publication. Empty if the batch is not published, or nothing was committed in that time.
    ///
    /// @throws FailureException as [#forEach]
    public OptionalDouble rowsPerSecond(BatchId batch) {
        BatchThroughput pace = new BatchThroughput();
        forEach(batch, (number, entry) -> pace.add(entry.event()));
        return pace.rowsPerSecond();
    }

    /// The events of the batch register, in order.
    ///
    /// @throws FailureException transient if the journal can't be read, permanent if it holds
    ///     something that isn't such an event
    public List<BatchRegisterEvent> registerEvents() {
        List<BatchRegisterEvent> events = new ArrayList<>();
        forEachRegisterEvent(0, (number, event) -> events.add(event));
        return events;
    }

    /// The batch register after some of its events.
    ///
    /// @param number of the last of these events; 0 before the first
    public record RegisterVersion(BatchRegisterState state, long number) {

        /// The register before its first event.
        public static final RegisterVersion FIRST = new RegisterVersion(BatchRegisterState.EMPTY, 0);
    }

    /// The batch register as its last snapshot and the events after it describe it.
    ///
    /// @throws FailureException as [#registerEvents()]
    public BatchRegisterState register() {
        return register(RegisterVersion.FIRST).state();
    }

    /// The batch register as it is now.
    ///
    /// @param before as it was known before
    /// @throws FailureException as [#registerEvents()]
    public RegisterVersion register(RegisterVersion before) {
        RegisterVersion from = before.number() == 0 ? snapshot().orElse(before) : before;
        AtomicReference<RegisterVersion> version = new AtomicReference<>(from);
        forEachRegisterEvent(
                from.number(),
                (number, event) ->
                        version.set(new RegisterVersion(version.get().state().apply(event), number)));
        return version.get();
    }

    /// The register's last snapshot that this version can read.
    private Optional<RegisterVersion> snapshot() {
        String sql = """
                SELECT "sequence_number", "snapshot_ser_id", "snapshot_ser_manifest", "snapshot_payload"
                FROM "snapshot" WHERE "persistence_id" = ? ORDER BY "sequence_number" DESC
                """;
        LedgerSerializer serializer = new LedgerSerializer();
        try (Connection connection = connect();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, registerId().id());
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    Object stored = serializer.read(rows.getInt(2), rows.getString(3), rows.getBytes(4));
                    if (stored instanceof BatchRegisterSnapshot snapshot) {
                        return Optional.of(new RegisterVersion(BatchRegisterState.of(snapshot), rows.getLong(1)));
                    }
                }
            }
            return Optional.empty();
        } catch (SQLException e) {
            if (isTableMissing(e)) {
                return Optional.empty();
            }
            throw unreadable(e);
        }
    }

    /// An earlier version has made the tables, and no node of this version has started since.
    private static boolean isTableMissing(SQLException e) {
        return e.getErrorCode() == ErrorCode.TABLE_OR_VIEW_NOT_FOUND_1 || "42P01".equals(e.getSQLState());
    }

    /// The archive of the batch register.
    public ArchiveTable archive() {
        return new ArchiveTable(this);
    }

    /// The files that batches of incremental jobs read.
    public ReadFilesTable readFiles() {
        return new ReadFilesTable(this);
    }

    /// The rows that batches of jobs with changed rows score.
    public RowSetsTable rowSets() {
        return new RowSetsTable(this);
    }

    /// Decides which rows count as scored.
    public RowMarks rowMarks() {
        return new RowMarks(rowSets(), batch -> planned(batch, Ledger::rowSet));
    }

    /// The oldest batch of a job that has not ended, as far as the register knows.
    public Optional<BatchId> oldestOpen(String job) {
        return register().batches().values().stream()
                .filter(entry -> entry.end().isEmpty() && entry.run().job().equals(job))
                .map(BatchRegisterState.Entry::batch)
                .min(Comparator.comparing(BatchId::value));
    }

    /// The digest of the set of rows that a batch reads; empty if it reads none.
    private static String rowSet(BatchState state) {
        return state.pinned().files().stream()
                .map(RowSet::of)
                .filter(Objects::nonNull)
                .map(RowSet::digest)
                .findFirst()
                .orElse("");
    }

    /// The index of removed batches.
    public RemovedBatchesTable removedBatches() {
        return new RemovedBatchesTable(this);
    }

    /// The last event of each batch that the lineage receiver has acknowledged.
    public ToldLineageTable toldLineage() {
        return new ToldLineageTable(this);
    }

    /// Which runs of steps have begun and not ended.
    public StepRuns stepRuns() {
        return new StepRunsTable(this);
    }

    /// Decides which files are new.
    public FileMarks fileMarks() {
        return new FileMarks(readFiles(), batch -> planned(batch, BatchState::input));
    }

    /// The phase and the plan of a batch. A batch with a damaged ledger keeps what it reads, since it may be
    /// published.
    ///
    /// @param plan identifies the plan of a batch that has one
    private FileMarks.Planned planned(BatchId batch, Function<BatchState, @Nullable String> plan) {
        try {
            BatchState state = state(batch);
            return new FileMarks.Planned(state.phase(), state.plan() == null ? null : plan.apply(state));
        } catch (FailureException e) {
            if (e.failure().isPermanent()) {
                return new FileMarks.Planned(null, null);
            }
            throw e;
        }
    }

    /// The batch register and its archive, for queries.
    ///
    /// @throws FailureException as [#registerEvents()]
    public RegisteredBatches registered() {
        return new RegisteredBatches(register(), archive());
    }

    /// The submission that opened a batch, from the register's events; empty if the register has none.
    ///
    /// @param openedAt when the batch was opened, as the register has it. Only events of about that time are
    ///     read, if they have the submission
    /// @throws FailureException as [#registerEvents()]
    public Optional<Submission> submission(BatchId batch, Instant openedAt) {
        Optional<Submission> near = submission(
                batch, openedAt.minus(NEAR).toEpochMilli(), openedAt.plus(NEAR).toEpochMilli());
        return near.isPresent() ? near : submission(batch, 0, Long.MAX_VALUE);
    }

    /// @param from when the event was written at the earliest, in milliseconds since 1970
    /// @param to when it was written at the latest
    private Optional<Submission> submission(BatchId batch, long from, long to) {
        AtomicReference<@Nullable Submission> found = new AtomicReference<>();
        rows(registerId(), 0, ALL, from, to, (number, entry) -> {
            if (entry instanceof BatchRegisterEvent event && event.batch().equals(batch)) {
                switch (event) {
                    case BatchRegisterEvent.Opened opened -> found.set(opened.submission());
                    case BatchRegisterEvent.Reentered reentered -> found.set(reentered.submission());
                    case BatchRegisterEvent.Keyed keyed -> {}
                    case BatchRegisterEvent.Resubmitted again -> {}
                    case BatchRegisterEvent.Ended ended -> {}
                    case BatchRegisterEvent.Archived archived -> {}
                }
            }
        });
        return Optional.ofNullable(found.get());
    }

    /// Visits the events of the batch register, in order. Skips those that can't be read, as the register
    /// does.
    ///
    /// @param after the number of the last event to skip, or 0 to skip none
    /// @throws FailureException as [#registerEvents()]
    public void forEachRegisterEvent(long after, RegisterEventVisitor visitor) {
        rows(registerId(), after, ALL, (number, entry) -> {
            if (entry instanceof BatchRegisterEvent event) {
                visitor.event(number, event);
            }
        });
    }

    /// The alert outbox as its events describe it. Skips those that can't be read, as the outbox does.
    ///
    /// @throws FailureException transient if the journal can't be read
    public AlertState alerts() {
        AtomicReference<AlertState> state = new AtomicReference<>(AlertState.EMPTY);
        rows(PersistenceId.of(AlertOutbox.KEY.name(), AlertOutbox.ID), 0, ALL, (number, entry) -> {
            if (entry instanceof AlertEvent event) {
                state.set(state.get().apply(event));
            }
        });
        return state.get();
    }

    /// Visits every row of the journal, without keeping them in memory.
    ///
    /// @param id null for the rows of all IDs
    /// @throws FailureException transient if the journal can't be read
    void forEachRow(JournalRow.Order order, @Nullable String id, Consumer<JournalRow> visitor) {
        String sql = """
                SELECT "persistence_id", "sequence_number", "event_ser_id", "event_ser_manifest", "write_timestamp",
                    "event_payload"
                FROM "event_journal" WHERE NOT "deleted"%s ORDER BY %s
                """.formatted(id == null ? "" : " AND \"persistence_id\" = ?", order.sql);
        try (Connection connection = connect()) {
            // Otherwise, PostgreSQL's driver reads all rows at once.
            connection.setAutoCommit(false);
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setFetchSize(FETCHED);
                if (id != null) {
                    statement.setString(1, id);
                }
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        visitor.accept(new JournalRow(
                                rows.getString(1),
                                rows.getLong(2),
                                rows.getInt(3),
                                rows.getString(4),
                                rows.getLong(5),
                                rows.getBytes(6)));
                    }
                }
            }
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    /// A new connection to the journal's database. H2's driver is called directly, because [DriverManager]
    /// would load every driver on the class path, and DuckDB's native library with it.
    public Connection connect() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        if (isEmbedded()) {
            return Driver.load().connect(url, properties);
        }
        PostgresLedger.TIMEOUTS.forEach(properties::setProperty);
        return DriverManager.getConnection(url, properties);
    }

    /// Why the journal can't be used now, in one sentence; null if it can.
    public @Nullable String problem() {
        try (Connection connection = connect()) {
            return connection.isValid(2) ? null : "the journal's database does not answer";
        } catch (SQLException e) {
            return "the journal's database can't be reached: " + e.getMessage();
        }
    }

    /// The settings of a PostgreSQL server with which its crash can lose acknowledged commits, such as
    /// `synchronous_commit is off`. As they are for the journal's user and database, which may have settings
    /// of their own. Null if there are none.
    ///
    /// @throws FailureException transient if the journal can't be read
    public @Nullable String durabilityRisk() {
        if (isEmbedded()) {
            return null;
        }
        String sql = """
                SELECT string_agg(name || ' is off', ', ' ORDER BY name) FROM pg_settings
                WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'
                """;
        try (Connection connection = connect();
                PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet row = statement.executeQuery()) {
            return row.next() ? row.getString(1) : null;
        } catch (SQLException e) {
            throw unreadable(e);
        }
    }

    boolean isEmbedded() {
        return url.startsWith("jdbc:h2:");
    }

    /// Without the password.
    @Override
    public String toString() {
        return "ledger in " + url;
    }

    private void rows(PersistenceId id, long after, int limit, RowVisitor visitor) {
        rows(id, after, limit, 0, Long.MAX_VALUE, visitor);
    }

    private void rows(PersistenceId id, long after, int limit, long from, long to, RowVisitor visitor) {
        String sql = """
                SELECT "sequence_number", "event_ser_id", "event_ser_manifest", "event_payload" FROM "event_journal"
                WHERE "persistence_id" = ? AND "sequence_number" > ? AND NOT "deleted"
                    AND "write_timestamp" BETWEEN ? AND ? ORDER BY "sequence_number"
                """;
        LedgerSerializer serializer = new LedgerSerializer();
        long number = 0;
        try (Connection connection = connect()) {
            // Otherwise, PostgreSQL's driver reads all rows at once.
            connection.setAutoCommit(false);
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setFetchSize(FETCHED);
                statement.setString(1, id.id());
                statement.setLong(2, after);
                statement.setLong(3, from);
                statement.setLong(4, to);
                statement.setMaxRows(limit);
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        number = rows.getLong(1);
                        visitor.row(number, serializer.read(rows.getInt(2), rows.getString(3), rows.getBytes(4)));
                    }
                }
            }
        } catch (SQLException e) {
            throw unreadable(e);
        } catch (UncheckedIOException e) {
            throw FailureException.permanent(
                    "%sentry %d of %s: %s".formatted(BatchState.verdict(e), number, id.id(), e.getMessage()));
        }
    }
}
