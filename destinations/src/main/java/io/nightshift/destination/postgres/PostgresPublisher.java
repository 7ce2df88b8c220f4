package io.nightshift.destination.postgres;

import static io.nightshift.destination.postgres.BatchTables.literal;
import static io.nightshift.destination.postgres.BatchTables.quoted;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.Manifest;
import io.nightshift.destination.Publication;
import io.nightshift.destination.PublicationRefusal;
import io.nightshift.destination.server.ServerPublisher;
import io.nightshift.destination.table.OutputColumn;
import io.nightshift.destination.table.PartitionCounts;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.storage.database.Database;
import io.nightshift.storage.database.DatabaseFailure;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Publishes tables of a database with one transaction. [BatchTables] and [TargetTables] say what the tables
/// are.
///
/// Workers copy into a batch's staging tables, each attempt in a transaction that ends with its row in
/// `nightshift_parts`. When every partition is committed, the publisher compares those rows with the ledger's
/// commits, and the tables with those rows. It builds indexes. Then one transaction gives the tables their
/// final names, attaches them, and marks the batch as published.
///
/// Every step can be repeated after a crash: an index that is there is left, and a batch that is marked is
/// published. The staging names no longer exist then, so a worker that wakes up late has nowhere to write.
final class PostgresPublisher extends ServerPublisher<PostgresColumns> {

    private static final Logger LOG = LoggerFactory.getLogger(PostgresPublisher.class);

    /// The time to wait for another coordinator that is in its last transaction.
    private static final Duration CLAIM = Duration.ofSeconds(20);

    /// The number of times that the sessions of late writers are ended before the table counts as in use.
    private static final int EVICTIONS = 20;

    /// How often the tables of a removed batch are tried to be dropped, while queries read the table.
    private static final int DELETIONS = 5;

    /// The epoch, counts and digest in the row of a partition, as an SQL expression. [#record] formats the
    /// same values of the ledger.
    static final String RECORD =
            "format('%s-%s %s %s %s', part.incarnation, part.lease, part.rows, part.bytes, part.sha256)";

    private static final String LOCKED = "55P03";
    private static final int IDS_SHOWN = 3;

    private final Database database;
    private final PostgresDestination postgres;
    private final BatchTables tables;
    private final TargetTables target;
    private final String register;
    private final String parts;
    private final String staging;
    private final String quarantineStaging;

    PostgresPublisher(Database database, PostgresDestination postgres, BatchId id) {
        super(postgres, id);
        this.database = database;
        this.postgres = postgres;
        this.tables = BatchTables.of(postgres, id);
        this.target = new TargetTables(database, tables);
        this.register = tables.sql(tables.register());
        this.parts = tables.sql(tables.parts());
        this.staging = tables.sql(tables.staging());
        this.quarantineStaging = tables.sql(tables.quarantineStaging());
    }

    @Override
    protected void prepare(Job job, PostgresColumns wanted) {
        database.transaction(() -> {
            target.make(wanted.predictions(), wanted.quarantine());
            makeStaging();
            database.update(
                    "INSERT INTO %s (batch_id, job, target, columns, quarantine_columns) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
                            .formatted(register),
                    id.value(),
                    job.name(),
                    tables.table(),
                    names(wanted.predictions()),
                    names(wanted.quarantine()));
        });
    }

    private static String[] names(List<OutputColumn> columns) {
        return columns.stream().map(OutputColumn::name).toArray(String[]::new);
    }

    private void makeStaging() {
        makeStaging(staging, tables.batches());
        makeStaging(quarantineStaging, tables.quarantineBatches());
    }

    /// The check lets the table be attached without being read again.
    private void makeStaging(String table, String like) {
        database.run("CREATE TABLE IF NOT EXISTS %s (LIKE %s, CHECK (batch_id = %s)); COMMENT ON TABLE %1$s IS %3$s"
                .formatted(table, tables.sql(like), literal(id.value())));
    }

    // The steps of the publication.

    private boolean isPrepared() {
        return exists(database, register);
    }

    static boolean exists(Database database, String table) {
        return database.rows(row -> row.getBoolean(1), "SELECT to_regclass(?) IS NOT NULL", table)
                .getFirst();
    }

    @Override
    public Optional<String> manifest() {
        return isPrepared() ? manifest(database, tables, id) : Optional.empty();
    }

    /// The manifest of a batch that is published.
    static Optional<String> manifest(Database database, BatchTables tables, BatchId batch) {
        return database.row(
                row -> row.getString(1),
                "SELECT manifest FROM %s WHERE batch_id = ? AND published_at IS NOT NULL"
                        .formatted(tables.sql(tables.register())),
                batch.value());
    }

    /// The batch's row names the incarnation that may publish it. A coordinator in the middle of the last
    /// transaction locks that row. This one waits for it, and the server ends that transaction if its
    /// coordinator is frozen.
    @Override
    public boolean claim(int incarnation) {
        if (!isPrepared()) {
            return false;
        }
        database.run("SET lock_timeout = " + CLAIM.toMillis());
        return database.update(
                        "UPDATE %s SET publisher = ? WHERE batch_id = ? AND publisher <= ? AND published_at IS NULL"
                                .formatted(register),
                        incarnation,
                        id.value(),
                        incarnation)
                == 1;
    }

    @Override
    public void requireParts(CommittedBatch batch) {
        Iterator<PartitionCommit> expected = batch.commits().iterator();
        database.each(
                row -> {
                    if (expected.hasNext()) {
                        requirePart(expected.next(), row.getInt(1), row.getString(2));
                    }
                },
                "SELECT partition, %s FROM %s AS part WHERE batch_id = ? ORDER BY partition".formatted(RECORD, parts),
                id.value());
        if (expected.hasNext()) {
            requirePart(expected.next(), -1, "");
        }
    }

    private void requirePart(PartitionCommit commit, int partition, String line) {
        String expected = record(commit);
        String found = partition == commit.partition() ? line : "nothing";
        if (!expected.equals(found)) {
            throw FailureException.permanent(
                    "the committed rows of %s are not those in the database (%s says %s, the ledger %s). Start over with --new"
                            .formatted(commit.attempt(id), tables.parts(), found, expected));
        }
    }

    /// The ledger's words for [#RECORD].
    static String record(PartitionCommit commit) {
        OutputFile part = commit.part();
        return "%s %d %d %s".formatted(commit.epoch(), part.rows(), part.bytes(), part.sha256());
    }

    @Override
    public void requireRows(CommittedBatch batch) {
        requireRows(batch.commits());
    }

    private void requireRows(List<PartitionCommit> commits) {
        requireRows(staging, PartitionCounts.committed(commits, PartitionCommit::part));
        requireRows(quarantineStaging, PartitionCounts.committed(commits, PartitionCommit::quarantine));
    }

    private void requireRows(String table, Map<Integer, Long> expected) {
        Map<Integer, Long> found = new HashMap<>();
        database.rows(
                        row -> Map.entry(row.getInt(1), row.getLong(2)),
                        "SELECT batch_partition, count(*) FROM %s GROUP BY 1".formatted(table))
                .forEach(count -> found.put(count.getKey(), count.getValue()));
        PartitionCounts.requireSame(table, expected, found);
    }

    /// A unique index compares the IDs of the predictions. Bad rows have IDs too, but no index.
    @Override
    public void refuseRepeatedIds(CommittedBatch batch) {
        index(batch.job());
        if (batch.quarantined() > 0 && batch.job().source().uniqueId()) {
            refuseIdsOfBadRows(batch.job());
        }
        database.run("ANALYZE " + staging);
    }

    private void index(Job job) {
        boolean named = job.source().id() != null;
        // The row before the file: numbers are compared faster than paths.
        List<String> columns = named ? List.of("record_id") : List.of("record_row", "record_file");
        try {
            build("CREATE UNIQUE INDEX IF NOT EXISTS %s ON %s (%s)", "id", columns);
        } catch (FailureException e) {
            if (e.getCause() instanceof SQLException cause
                    && DatabaseFailure.NOT_UNIQUE.equals(cause.getSQLState())
                    && !DatabaseFailure.isCreatedByAnother(cause)) {
                throw repeated(job, repeatedIds("SELECT %s FROM %s".formatted(list(columns), staging), columns));
            }
            throw e;
        }
        int number = 0;
        for (PostgresDestination.Index index : postgres.indexes()) {
            number++;
            build("CREATE INDEX IF NOT EXISTS %s ON %s (%s)", "i" + number, index.columns());
        }
    }

    private void build(String statement, String suffix, List<String> columns) {
        String name = (tables.staging() + suffix).replace("nightshift_staging", "nightshift");
        alone(() -> database.run("SET lock_timeout = '2s'; "
                + String.format(Locale.ROOT, statement, quoted(name), staging, list(columns))));
    }

    static String list(List<String> columns) {
        return columns.stream().map(BatchTables::quoted).collect(Collectors.joining(", "));
    }

    private List<String> repeatedIds(String select, List<String> columns) {
        return database.rows(
                row -> row.getString(1), """
                SELECT concat_ws(' ', %1$s) || ' × ' || count(*) FROM (%2$s) AS ids WHERE %3$s IS NOT NULL
                GROUP BY %1$s HAVING count(*) > 1 ORDER BY count(*) DESC, %1$s LIMIT %4$d
                """.formatted(list(columns), select, quoted(columns.getFirst()), IDS_SHOWN));
    }

    private static FailureException repeated(Job job, List<String> ids) {
        String column = job.source().id();
        return FailureException.permanent(
                "the column %s is not unique, and a table has a row for each id once: %s. Without source.id, file and row identify a record"
                        .formatted(column == null ? "record_row" : column, String.join(", ", ids)));
    }

    private void refuseIdsOfBadRows(Job job) {
        List<String> ids = repeatedIds(
                "%s UNION ALL SELECT record_id FROM %s WHERE record_id IN (%1$s)"
                        .formatted("SELECT record_id FROM " + quarantineStaging, staging),
                List.of("record_id"));
        if (!ids.isEmpty()) {
            throw repeated(job, ids);
        }
    }

    @Override
    protected void decide(CommittedBatch batch, String manifest) {
        alone(() -> database.transaction(() -> {
            lockStaging();
            refuseOtherParts(batch);
            attach(tables.staging(), tables.batches(), tables.published());
            if (batch.quarantined() > 0) {
                attach(tables.quarantineStaging(), tables.quarantineBatches(), tables.publishedQuarantine());
            } else {
                database.run("DROP TABLE " + quarantineStaging);
            }
            int marked = database.update(
                    "UPDATE %s SET published_at = clock_timestamp(), manifest = ? WHERE batch_id = ? AND published_at IS NULL AND publisher = ?"
                            .formatted(register),
                    manifest,
                    id.value(),
                    batch.incarnation());
            if (marked != 1) {
                throw PublicationRefusal.superseded(batch);
            }
        }));
    }

    private void lockStaging() {
        database.run("SET LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '10s'");
        database.run("LOCK TABLE %s, %s IN ACCESS EXCLUSIVE MODE".formatted(staging, quarantineStaging));
    }

    /// No attempt writes any more: the rows of `nightshift_parts` now say what is in the tables.
    private void refuseOtherParts(CommittedBatch batch) {
        String found = database.rows(row -> row.getString(1), """
                        SELECT concat_ws(' ', count(*), coalesce(sum(rows), 0), coalesce(sum(quarantined_rows), 0))
                        FROM %s WHERE batch_id = ? AND rows IS NOT NULL
                        """.formatted(parts), id.value())
                .getFirst();
        String expected = "%d %d %d".formatted(batch.commits().size(), batch.predictions(), batch.quarantined());
        if (!expected.equals(found)) {
            throw PublicationRefusal.writtenMeanwhile(batch, staging);
        }
    }

    /// Another batch may have added columns to the target since this one was prepared.
    private void attach(String staged, String batches, String published) {
        Map<String, String> present = target.columns(staged);
        target.columns(batches).forEach((name, type) -> {
            if (!present.containsKey(name)) {
                database.run("ALTER TABLE %s ADD COLUMN %s %s".formatted(tables.sql(staged), quoted(name), type));
            }
        });
        database.run("ALTER TABLE %s RENAME TO %s".formatted(tables.sql(staged), quoted(published)));
        database.run("ALTER TABLE %s ATTACH PARTITION %s FOR VALUES IN (%s)"
                .formatted(tables.sql(batches), tables.sql(published), literal(id.value())));
    }

    /// Does work that needs exclusive use of the staging tables. An attempt that still writes to them has
    /// lost its partition, since every partition is committed; its session is ended.
    private void alone(Runnable work) {
        for (int left = EVICTIONS; ; left--) {
            evict();
            try {
                work.run();
                return;
            } catch (FailureException e) {
                if (left == 0 || !(isLocked(e) || isCreatedByAnother(e))) {
                    throw e;
                }
            }
        }
    }

    private void evict() {
        try {
            database.tryRun("""
                    SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
                    WHERE relation IN (to_regclass(%s), to_regclass(%s)) AND mode = 'RowExclusiveLock'
                    AND application_name LIKE 'nightshift %%' AND pid <> pg_backend_pid()
                    """.formatted(literal(staging), literal(quarantineStaging)));
        } catch (SQLException e) {
            LOG.info("sessions of late attempts can't be ended, so publication waits for them: {}", e.getMessage());
        }
    }

    private static boolean isCreatedByAnother(FailureException e) {
        return e.getCause() instanceof SQLException cause && DatabaseFailure.isCreatedByAnother(cause);
    }

    private static boolean isLocked(FailureException e) {
        return e.getCause() instanceof SQLException cause && LOCKED.equals(cause.getSQLState());
    }

    @Override
    public void reuse(BatchId published, List<PartitionCommit> commits) {
        new PostgresPartCopier(postgres, database, published, id).copy(commits);
    }

    // Supplements of a published batch.

    /// Makes new staging tables, and a row for the partition of the supplement, by which attempts know it. An
    /// attempt of an earlier coordinator has lost what it has written.
    @Override
    public void prepareSupplement(CommittedBatch batch) {
        requireManifest(batch);
        alone(() -> database.transaction(() -> {
            database.run("SET LOCAL lock_timeout = '2s'");
            dropStaging();
            makeStaging();
            int claimed = database.update(
                    """
                    INSERT INTO %s AS part (batch_id, partition, held_incarnation, held_lease, node)
                    VALUES (?, ?, ?, 0, '') ON CONFLICT (batch_id, partition) DO UPDATE
                    SET held_incarnation = excluded.held_incarnation, held_lease = 0, rows = NULL
                    WHERE part.held_incarnation <= excluded.held_incarnation
                    """.formatted(parts), id.value(), batch.commits().getLast().partition() + 1, batch.incarnation());
            if (claimed != 1) {
                throw PublicationRefusal.supplementSuperseded(batch);
            }
        }));
    }

    private void dropStaging() {
        database.run("DROP TABLE IF EXISTS %s, %s".formatted(staging, quarantineStaging));
    }

    /// The batch's row holds the manifest, and is replaced only where it is the one that this supplement
    /// follows. So of two coordinators that publish a supplement, one does.
    @Override
    protected void addSupplement(CommittedBatch batch, String before, String manifest) {
        alone(() -> database.transaction(() -> {
            PartitionCommit commit = batch.supplements().getLast().commit();
            if (!exists(database, staging)) {
                throw FailureException.permanent("the committed rows of %s are gone".formatted(commit.attempt(id)));
            }
            lockStaging();
            requirePart(commit);
            requireRows(List.of(commit));
            move(tables.staging(), tables.batches());
            database.update(
                    "DELETE FROM %s WHERE batch_id = ?".formatted(tables.sql(tables.quarantineBatches())), id.value());
            move(tables.quarantineStaging(), tables.quarantineBatches());
            database.update("""
                    UPDATE %s SET quarantined_rows = NULL, quarantined_bytes = NULL, quarantined_sha256 = NULL
                    WHERE batch_id = ? AND partition <> ?
                    """.formatted(parts), id.value(), commit.partition());
            dropStaging();
            int replaced = database.update(
                    "UPDATE %s SET publisher = ?, manifest = ? WHERE batch_id = ? AND publisher <= ? AND manifest = ?"
                            .formatted(register),
                    batch.incarnation(),
                    manifest,
                    id.value(),
                    batch.incarnation(),
                    before);
            if (replaced != 1) {
                throw PublicationRefusal.supplementSuperseded(batch);
            }
        }));
    }

    private void requirePart(PartitionCommit commit) {
        Optional<String> line = database.row(
                row -> row.getString(1),
                "SELECT %s FROM %s AS part WHERE batch_id = ? AND partition = ? AND rows IS NOT NULL"
                        .formatted(RECORD, parts),
                id.value(),
                commit.partition());
        requirePart(commit, line.isPresent() ? commit.partition() : -1, line.orElse(""));
    }

    private void move(String staged, String batches) {
        String columns = list(List.copyOf(target.columns(staged).keySet()));
        database.run("INSERT INTO %1$s (%2$s) SELECT %2$s FROM %3$s"
                .formatted(tables.sql(batches), columns, tables.sql(staged)));
    }

    /// One transaction takes the right to publish from earlier coordinators, and removes what is staged. One of
    /// them that is in its last transaction has locked the staging tables or the batch's row, so this one waits
    /// for its end and then sees what it has done.
    @Override
    public Optional<Publication> withdrawSupplement(CommittedBatch batch) {
        if (!isPrepared()) {
            return Optional.empty();
        }
        alone(() -> database.transaction(() -> removeSupplement(batch)));
        return manifest()
                .filter(manifest -> Manifest.hasSupplements(manifest, batch))
                .map(manifest -> Publication.of(destination, manifest));
    }

    private void removeSupplement(CommittedBatch batch) {
        database.run("SET LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '10s'");
        // In the order in which a publication locks them.
        if (exists(database, staging)) {
            lockStaging();
        }
        int claimed = database.update(
                "UPDATE %s SET publisher = ? WHERE batch_id = ? AND publisher <= ?".formatted(register),
                batch.incarnation(),
                id.value(),
                batch.incarnation());
        Optional<String> manifest = manifest();
        boolean isLate = claimed != 1 && manifest.isPresent();
        if (isLate || isOfLater(batch.incarnation())) {
            throw PublicationRefusal.supplementSuperseded(batch);
        }
        if (manifest.isPresent() && Manifest.hasSupplements(manifest.get(), batch)) {
            return;
        }
        dropStaging();
        database.update(
                "DELETE FROM %s WHERE batch_id = ? AND partition = ? AND held_incarnation <= ?".formatted(parts),
                id.value(),
                batch.supplements().getLast().commit().partition(),
                batch.incarnation());
    }

    /// Tables that a later coordinator has made stay: the transaction that makes them writes its
    /// incarnation into the partition's row.
    @Override
    public void discardSupplement(int incarnation) {
        if (manifest().isPresent() && exists(database, staging) && !isOfLater(incarnation)) {
            alone(() -> database.transaction(() -> {
                lockStaging();
                if (!isOfLater(incarnation)) {
                    dropStaging();
                    database.update("DELETE FROM %s WHERE batch_id = ? AND rows IS NULL".formatted(parts), id.value());
                }
            }));
        }
    }

    private boolean isOfLater(int incarnation) {
        return database.row(
                        row -> true,
                        "SELECT 1 FROM %s WHERE batch_id = ? AND held_incarnation > ?".formatted(parts),
                        id.value(),
                        incarnation)
                .isPresent();
    }

    // The end of a batch.

    @Override
    public void keepQuarantine(CommittedBatch batch) {
        if (exists(database, quarantineStaging) && manifest().isEmpty()) {
            alone(() -> database.transaction(() -> database.run("""
                    SET LOCAL lock_timeout = '2s';
                    DELETE FROM %1$s WHERE batch_partition <> ALL (%2$s);
                    ALTER TABLE %1$s RENAME TO %3$s
                    """.formatted(
                    quarantineStaging, PostgresQuarantine.partitions(batch), quoted(tables.keptQuarantine())))));
        }
    }

    @Override
    public void discard() {
        if (isPrepared() && manifest().isEmpty()) {
            alone(() -> database.transaction(() -> {
                database.run("SET LOCAL lock_timeout = '2s'");
                dropStaging();
                database.update("DELETE FROM %s WHERE batch_id = ?".formatted(register), id.value());
                database.update("DELETE FROM %s WHERE batch_id = ?".formatted(parts), id.value());
            }));
        }
    }

    /// The views show a batch by its row in `nightshift_batches`. A transaction in progress still sees that
    /// row, so its queries are not disturbed.
    @Override
    public void unpublish() {
        if (isPrepared()) {
            database.transaction(() -> database.run("""
                    SET LOCAL lock_timeout = '2s';
                    DELETE FROM %2$s WHERE batch_id = %3$s
                        AND EXISTS (SELECT FROM %1$s WHERE batch_id = %3$s AND published_at IS NOT NULL);
                    DELETE FROM %1$s WHERE batch_id = %3$s AND published_at IS NOT NULL
                    """.formatted(register, parts, literal(id.value()))));
        }
    }

    /// Waits for queries that read the table, since a partition is detached. While it waits, later queries
    /// wait too, so it gives up after a moment, and tries again.
    @Override
    public void delete() {
        for (int left = DELETIONS; ; left--) {
            try {
                database.transaction(() -> database.run("""
                        SET LOCAL lock_timeout = '500ms';
                        DROP TABLE IF EXISTS %s, %s, %s, %s
                        """.formatted(
                                tables.sql(tables.published()),
                                tables.sql(tables.publishedQuarantine()),
                                staging,
                                quarantineStaging)));
                return;
            } catch (FailureException e) {
                if (!isLocked(e)) {
                    throw e;
                }
                if (left == 0) {
                    throw new FailureException(
                            Failure.transientFailure(
                                    "%s: its rows can't be deleted while queries read %s; they are deleted later"
                                            .formatted(id, destination)),
                            e);
                }
            }
        }
    }

    @Override
    public void close() {
        database.close();
    }
}
