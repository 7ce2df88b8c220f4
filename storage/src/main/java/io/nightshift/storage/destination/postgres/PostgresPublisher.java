package io.nightshift.storage.destination.postgres;

import static io.nightshift.storage.destination.postgres.BatchTables.literal;
import static io.nightshift.storage.destination.postgres.BatchTables.quoted;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.database.Database;
import io.nightshift.storage.database.DatabaseFailure;
import io.nightshift.storage.destination.CommittedBatch;
import io.nightshift.storage.destination.Manifest;
import io.nightshift.storage.destination.Publication;
import io.nightshift.storage.destination.PublicationRefusal;
import io.nightshift.storage.destination.table.OutputColumn;
import io.nightshift.storage.destination.table.PartitionCounts;
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
final class PostgresPublisher {

    private static final Logger LOG = LoggerFactory.getLogger(PostgresPublisher.class);

    /// The time to wait for a database that is down.
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /// The time to wait for another coordinator that is in its last transaction.
    private static final Duration CLAIM = Duration.ofSeconds(20);

    private static final Duration DISCARD_PATIENCE = Duration.ofSeconds(5);

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

    private final PostgresDestination destination;
    private final DataSources dataSources;

    PostgresPublisher(PostgresDestination destination, DataSources dataSources) {
        this.destination = destination;
        this.dataSources = dataSources;
    }

    private BatchTables tables(BatchId batch) {
        return BatchTables.of(destination, batch);
    }

    private Database open(BatchId batch, String doing, Duration patience) {
        return Database.open(
                dataSources.postgresql(destination.dataSource()),
                "%s, %s %s".formatted(batch, doing, destination),
                patience);
    }

    void prepare(BatchId batch, Job job, PostgresColumns wanted) {
        BatchTables tables = tables(batch);
        try (Database database = open(batch, "preparing", PATIENCE)) {
            database.transaction(() -> {
                new TargetTables(database, tables).make(wanted.predictions(), wanted.quarantine());
                staging(database, tables, batch, tables.staging(), tables.batches());
                staging(database, tables, batch, tables.quarantineStaging(), tables.quarantineBatches());
                database.update(
                        "INSERT INTO %s (batch_id, job, target, columns, quarantine_columns) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
                                .formatted(tables.sql(tables.register())),
                        batch.value(),
                        job.name(),
                        tables.table(),
                        names(wanted.predictions()),
                        names(wanted.quarantine()));
            });
        }
    }

    private static String[] names(List<OutputColumn> columns) {
        return columns.stream().map(OutputColumn::name).toArray(String[]::new);
    }

    /// The check lets the table be attached without being read again.
    private static void staging(Database database, BatchTables tables, BatchId batch, String name, String like) {
        database.run("CREATE TABLE IF NOT EXISTS %s (LIKE %s, CHECK (batch_id = %s)); COMMENT ON TABLE %1$s IS %3$s"
                .formatted(tables.sql(name), tables.sql(like), literal(batch.value())));
    }

    /// Makes new staging tables, and a row for the partition of the supplement, by which attempts know it. An
    /// attempt of an earlier coordinator has lost what it has written.
    void prepareSupplement(CommittedBatch batch) {
        BatchTables tables = tables(batch.id());
        int partition = batch.commits().getLast().partition() + 1;
        try (Database database = open(batch.id(), "preparing", PATIENCE)) {
            publishedManifest(database, tables, batch);
            alone(
                    database,
                    tables,
                    () -> database.transaction(() -> {
                        database.run("SET LOCAL lock_timeout = '2s'; DROP TABLE IF EXISTS %s, %s"
                                .formatted(tables.sql(tables.staging()), tables.sql(tables.quarantineStaging())));
                        staging(database, tables, batch.id(), tables.staging(), tables.batches());
                        staging(database, tables, batch.id(), tables.quarantineStaging(), tables.quarantineBatches());
                        int claimed = database.update(
                                """
                                INSERT INTO %s AS part (batch_id, partition, held_incarnation, held_lease, node)
                                VALUES (?, ?, ?, 0, '') ON CONFLICT (batch_id, partition) DO UPDATE
                                SET held_incarnation = excluded.held_incarnation, held_lease = 0, rows = NULL
                                WHERE part.held_incarnation <= excluded.held_incarnation
                                """.formatted(tables.sql(tables.parts())),
                                batch.id().value(),
                                partition,
                                batch.incarnation());
                        if (claimed != 1) {
                            throw PublicationRefusal.supplementSuperseded(batch);
                        }
                    }));
        }
    }

    private String publishedManifest(Database database, BatchTables tables, CommittedBatch batch) {
        Optional<String> published =
                isPrepared(database, tables) ? manifest(database, tables, batch.id()) : Optional.empty();
        return published.orElseThrow(() -> PublicationRefusal.gone(batch, destination));
    }

    /// The batch's row holds the manifest, and is replaced only where it is the one that this supplement
    /// follows. So of two coordinators that publish a supplement, one does.
    Publication publishSupplement(CommittedBatch batch) {
        BatchTables tables = tables(batch.id());
        try (Database database = open(batch.id(), "adding rows to", PATIENCE)) {
            String before = publishedManifest(database, tables, batch);
            if (Manifest.hasSupplements(before, batch)) {
                return publication(before);
            }
            String manifest = Manifest.text(batch);
            alone(
                    database,
                    tables,
                    () -> database.transaction(() -> addSupplement(database, tables, batch, before, manifest)));
            return publication(manifest);
        }
    }

    private static void addSupplement(
            Database database, BatchTables tables, CommittedBatch batch, String before, String manifest) {
        PartitionCommit commit = batch.supplements().getLast().commit();
        database.run("SET LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '10s'");
        if (!exists(database, tables.sql(tables.staging()))) {
            throw FailureException.permanent("the committed rows of %s are gone".formatted(commit.attempt(batch.id())));
        }
        database.run("LOCK TABLE %s, %s IN ACCESS EXCLUSIVE MODE"
                .formatted(tables.sql(tables.staging()), tables.sql(tables.quarantineStaging())));
        database
                .rows(
                        row -> row.getString(1),
                        """
                        SELECT %s FROM %s AS part WHERE batch_id = ? AND partition = ? AND rows IS NOT NULL
                        """.formatted(RECORD, tables.sql(tables.parts())),
                        batch.id().value(),
                        commit.partition())
                .stream()
                .findFirst()
                .ifPresentOrElse(
                        line -> checkPart(tables, batch.id(), commit, commit.partition(), line),
                        () -> checkPart(tables, batch.id(), commit, -1, ""));
        checkRows(
                database,
                tables.sql(tables.staging()),
                PartitionCounts.committed(List.of(commit), PartitionCommit::part));
        checkRows(
                database,
                tables.sql(tables.quarantineStaging()),
                PartitionCounts.committed(List.of(commit), PartitionCommit::quarantine));
        TargetTables target = new TargetTables(database, tables);
        move(database, tables, target, tables.staging(), tables.batches());
        database.update(
                "DELETE FROM %s WHERE batch_id = ?".formatted(tables.sql(tables.quarantineBatches())),
                batch.id().value());
        move(database, tables, target, tables.quarantineStaging(), tables.quarantineBatches());
        database.update("""
                UPDATE %s SET quarantined_rows = NULL, quarantined_bytes = NULL, quarantined_sha256 = NULL
                WHERE batch_id = ? AND partition <> ?
                """.formatted(tables.sql(tables.parts())), batch.id().value(), commit.partition());
        database.run(
                "DROP TABLE %s, %s".formatted(tables.sql(tables.staging()), tables.sql(tables.quarantineStaging())));
        int replaced = database.update(
                "UPDATE %s SET publisher = ?, manifest = ? WHERE batch_id = ? AND publisher <= ? AND manifest = ?"
                        .formatted(tables.sql(tables.register())),
                batch.incarnation(),
                manifest,
                batch.id().value(),
                batch.incarnation(),
                before);
        if (replaced != 1) {
            throw PublicationRefusal.supplementSuperseded(batch);
        }
    }

    /// One transaction takes the right to publish from earlier coordinators, and removes what is staged. One of
    /// them that is in its last transaction has locked the staging tables or the batch's row, so this one waits
    /// for its end and then sees what it has done.
    Optional<Publication> withdrawSupplement(CommittedBatch batch) {
        BatchTables tables = tables(batch.id());
        try (Database database = open(batch.id(), "taking back rows of", PATIENCE)) {
            if (!isPrepared(database, tables)) {
                return Optional.empty();
            }
            alone(database, tables, () -> database.transaction(() -> withdrawSupplement(database, tables, batch)));
            return manifest(database, tables, batch.id())
                    .filter(manifest -> Manifest.hasSupplements(manifest, batch))
                    .map(this::publication);
        }
    }

    private static void withdrawSupplement(Database database, BatchTables tables, CommittedBatch batch) {
        database.run("SET LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '10s'");
        // In the order in which a publication locks them.
        if (exists(database, tables.sql(tables.staging()))) {
            database.run("LOCK TABLE %s, %s IN ACCESS EXCLUSIVE MODE"
                    .formatted(tables.sql(tables.staging()), tables.sql(tables.quarantineStaging())));
        }
        int claimed = database.update(
                "UPDATE %s SET publisher = ? WHERE batch_id = ? AND publisher <= ?"
                        .formatted(tables.sql(tables.register())),
                batch.incarnation(),
                batch.id().value(),
                batch.incarnation());
        Optional<String> manifest = manifest(database, tables, batch.id());
        boolean isLate = claimed != 1 && manifest.isPresent();
        if (isLate || isOfLater(database, tables, batch.id(), batch.incarnation())) {
            throw PublicationRefusal.supplementSuperseded(batch);
        }
        if (manifest.isPresent() && Manifest.hasSupplements(manifest.get(), batch)) {
            return;
        }
        database.run("DROP TABLE IF EXISTS %s, %s"
                .formatted(tables.sql(tables.staging()), tables.sql(tables.quarantineStaging())));
        database.update(
                "DELETE FROM %s WHERE batch_id = ? AND partition = ? AND held_incarnation <= ?"
                        .formatted(tables.sql(tables.parts())),
                batch.id().value(),
                batch.supplements().getLast().commit().partition(),
                batch.incarnation());
    }

    private static void move(
            Database database, BatchTables tables, TargetTables target, String staging, String batches) {
        String columns = list(List.copyOf(target.columns(staging).keySet()));
        database.run("INSERT INTO %1$s (%2$s) SELECT %2$s FROM %3$s"
                .formatted(tables.sql(batches), columns, tables.sql(staging)));
    }

    void reuse(BatchId published, BatchId batch, List<PartitionCommit> parts) {
        try (Database database = open(batch, "reusing parts in", PATIENCE)) {
            new PostgresPartCopier(destination, database, published, batch).copy(parts);
        }
    }

    String staging(BatchId batch) {
        BatchTables tables = tables(batch);
        return tables.sql(tables.staging());
    }

    Publication publish(CommittedBatch batch, Runnable before) {
        BatchTables tables = tables(batch.id());
        try (Database database = open(batch.id(), "publishing", PATIENCE)) {
            Optional<String> published = manifest(database, tables, batch.id());
            if (published.isPresent()) {
                before.run();
                return publication(published.get());
            }
            return publication(publish(database, tables, batch, before));
        }
    }

    private Publication publication(String manifest) {
        return Publication.of(destination, manifest);
    }

    /// The batch's row names the incarnation that may publish it. A coordinator in the middle of the last
    /// transaction locks that row. This one waits for it, and the server ends that transaction if its
    /// coordinator is frozen.
    Optional<Publication> fence(BatchId batch, int incarnation) {
        BatchTables tables = tables(batch);
        try (Database database = open(batch, "looking whether readers see it already in", PATIENCE)) {
            if (!isPrepared(database, tables)) {
                return Optional.empty();
            }
            claim(database, tables, batch, incarnation);
            return manifest(database, tables, batch).map(this::publication);
        }
    }

    private static boolean isPrepared(Database database, BatchTables tables) {
        return exists(database, tables.sql(tables.register()));
    }

    static boolean exists(Database database, String table) {
        return database.rows(row -> row.getBoolean(1), "SELECT to_regclass(?) IS NOT NULL", table)
                .getFirst();
    }

    /// Takes the right to publish from earlier incarnations.
    ///
    /// @return whether the batch is there, isn't published, and no later incarnation has that right
    private static boolean claim(Database database, BatchTables tables, BatchId batch, int incarnation) {
        database.run("SET lock_timeout = " + CLAIM.toMillis());
        return database.update(
                        "UPDATE %s SET publisher = ? WHERE batch_id = ? AND publisher <= ? AND published_at IS NULL"
                                .formatted(tables.sql(tables.register())),
                        incarnation,
                        batch.value(),
                        incarnation)
                == 1;
    }

    /// The manifest of a batch that is published.
    static Optional<String> manifest(Database database, BatchTables tables, BatchId batch) {
        return database.row(
                row -> row.getString(1),
                "SELECT manifest FROM %s WHERE batch_id = ? AND published_at IS NOT NULL"
                        .formatted(tables.sql(tables.register())),
                batch.value());
    }

    private String publish(Database database, BatchTables tables, CommittedBatch batch, Runnable before) {
        Job job = batch.job();
        if (!claim(database, tables, batch.id(), batch.incarnation())) {
            throw PublicationRefusal.superseded(batch, "or it is gone from " + destination);
        }
        List<PartitionCommit> commits = batch.commits();
        boolean hasQuarantine = batch.quarantined() > 0;
        checkParts(database, tables, batch.id(), commits);
        index(database, tables, job);
        checkRows(database, tables.sql(tables.staging()), PartitionCounts.committed(commits, PartitionCommit::part));
        checkRows(
                database,
                tables.sql(tables.quarantineStaging()),
                PartitionCounts.committed(commits, PartitionCommit::quarantine));
        if (hasQuarantine && job.source().uniqueId()) {
            refuseIdsOfBadRows(database, tables, job);
        }
        database.run("ANALYZE " + tables.sql(tables.staging()));
        String manifest = Manifest.text(batch);
        before.run();
        alone(
                database,
                tables,
                () -> database.transaction(() -> {
                    TargetTables target = new TargetTables(database, tables);
                    database.run(
                            "SET LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '10s'");
                    database.run("LOCK TABLE %s, %s IN ACCESS EXCLUSIVE MODE"
                            .formatted(tables.sql(tables.staging()), tables.sql(tables.quarantineStaging())));
                    refuseOtherParts(database, tables, batch);
                    attach(
                            database,
                            tables,
                            target,
                            batch.id(),
                            tables.staging(),
                            tables.batches(),
                            tables.published());
                    if (hasQuarantine) {
                        attach(
                                database,
                                tables,
                                target,
                                batch.id(),
                                tables.quarantineStaging(),
                                tables.quarantineBatches(),
                                tables.publishedQuarantine());
                    } else {
                        database.run("DROP TABLE " + tables.sql(tables.quarantineStaging()));
                    }
                    int marked = database.update(
                            "UPDATE %s SET published_at = clock_timestamp(), manifest = ? WHERE batch_id = ? AND published_at IS NULL AND publisher = ?"
                                    .formatted(tables.sql(tables.register())),
                            manifest,
                            batch.id().value(),
                            batch.incarnation());
                    if (marked != 1) {
                        throw PublicationRefusal.superseded(batch, "or it was cancelled");
                    }
                }));
        return manifest;
    }

    /// No attempt writes any more: the rows of `nightshift_parts` now say what is in the tables.
    private static void refuseOtherParts(Database database, BatchTables tables, CommittedBatch batch) {
        String found = database.rows(
                        row -> row.getString(1),
                        """
                        SELECT concat_ws(' ', count(*), coalesce(sum(rows), 0), coalesce(sum(quarantined_rows), 0))
                        FROM %s WHERE batch_id = ? AND rows IS NOT NULL
                        """.formatted(tables.sql(tables.parts())),
                        batch.id().value())
                .getFirst();
        String expected = "%d %d %d".formatted(batch.commits().size(), batch.predictions(), batch.quarantined());
        if (!expected.equals(found)) {
            throw PublicationRefusal.writtenMeanwhile(batch, tables.sql(tables.staging()));
        }
    }

    // Comparison of the ledger with the partitions in the database.

    private static void checkParts(
            Database database, BatchTables tables, BatchId batch, List<PartitionCommit> commits) {
        Iterator<PartitionCommit> expected = commits.iterator();
        database.each(
                row -> {
                    if (expected.hasNext()) {
                        checkPart(tables, batch, expected.next(), row.getInt(1), row.getString(2));
                    }
                },
                """
                SELECT partition, %s FROM %s AS part WHERE batch_id = ? ORDER BY partition
                """.formatted(RECORD, tables.sql(tables.parts())),
                batch.value());
        if (expected.hasNext()) {
            checkPart(tables, batch, expected.next(), -1, "");
        }
    }

    private static void checkPart(
            BatchTables tables, BatchId batch, PartitionCommit commit, int partition, String line) {
        String expected = record(commit);
        String found = partition == commit.partition() ? line : "nothing";
        if (!expected.equals(found)) {
            throw FailureException.permanent(
                    "the committed rows of %s are not those in the database (%s says %s, the ledger %s). Start over with --new"
                            .formatted(commit.attempt(batch), tables.parts(), found, expected));
        }
    }

    /// The ledger's words for [#RECORD].
    static String record(PartitionCommit commit) {
        OutputFile part = commit.part();
        return "%s %d %d %s".formatted(commit.epoch(), part.rows(), part.bytes(), part.sha256());
    }

    private static void checkRows(Database database, String table, Map<Integer, Long> expected) {
        Map<Integer, Long> found = new HashMap<>();
        database.rows(
                        row -> Map.entry(row.getInt(1), row.getLong(2)),
                        "SELECT batch_partition, count(*) FROM %s GROUP BY 1".formatted(table))
                .forEach(count -> found.put(count.getKey(), count.getValue()));
        PartitionCounts.requireSame(table, expected, found);
    }

    // Indexes.

    private void index(Database database, BatchTables tables, Job job) {
        String staging = tables.sql(tables.staging());
        boolean named = job.source().id() != null;
        // The row before the file: numbers are compared faster than paths.
        List<String> id = named ? List.of("record_id") : List.of("record_row", "record_file");
        try {
            build(database, tables, "CREATE UNIQUE INDEX IF NOT EXISTS %s ON %s (%s)", "id", id);
        } catch (FailureException e) {
            if (e.getCause() instanceof SQLException cause
                    && DatabaseFailure.NOT_UNIQUE.equals(cause.getSQLState())
                    && !DatabaseFailure.isCreatedByAnother(cause)) {
                throw repeated(job, repeatedIds(database, "SELECT %s FROM %s".formatted(list(id), staging), id));
            }
            throw e;
        }
        int number = 0;
        for (PostgresDestination.Index index : destination.indexes()) {
            number++;
            build(database, tables, "CREATE INDEX IF NOT EXISTS %s ON %s (%s)", "i" + number, index.columns());
        }
    }

    private static void build(
            Database database, BatchTables tables, String statement, String suffix, List<String> columns) {
        String name = tables.staging() + suffix;
        alone(
                database,
                tables,
                () -> database.run("SET lock_timeout = '2s'; "
                        + String.format(
                                Locale.ROOT,
                                statement,
                                quoted(name.replace("nightshift_staging", "nightshift")),
                                tables.sql(tables.staging()),
                                list(columns))));
    }

    static String list(List<String> columns) {
        return columns.stream().map(BatchTables::quoted).collect(Collectors.joining(", "));
    }

    private static List<String> repeatedIds(Database database, String select, List<String> id) {
        return database.rows(
                row -> row.getString(1), """
                SELECT concat_ws(' ', %1$s) || ' × ' || count(*) FROM (%2$s) AS ids WHERE %3$s IS NOT NULL
                GROUP BY %1$s HAVING count(*) > 1 ORDER BY count(*) DESC, %1$s LIMIT %4$d
                """.formatted(list(id), select, quoted(id.getFirst()), IDS_SHOWN));
    }

    private static FailureException repeated(Job job, List<String> ids) {
        String column = job.source().id();
        return FailureException.permanent(
                "the column %s is not unique, and a table has a row for each id once: %s. Without source.id, file and row identify a record"
                        .formatted(column == null ? "record_row" : column, String.join(", ", ids)));
    }

    /// Bad rows have ids too, but no index.
    private static void refuseIdsOfBadRows(Database database, BatchTables tables, Job job) {
        String bad = "SELECT record_id FROM " + tables.sql(tables.quarantineStaging());
        List<String> ids = repeatedIds(
                database,
                "%s UNION ALL SELECT record_id FROM %s WHERE record_id IN (%1$s)"
                        .formatted(bad, tables.sql(tables.staging())),
                List.of("record_id"));
        if (!ids.isEmpty()) {
            throw repeated(job, ids);
        }
    }

    // The last transaction.

    /// Another batch may have added columns to the target since this one was prepared.
    private static void attach(
            Database database,
            BatchTables tables,
            TargetTables target,
            BatchId batch,
            String staging,
            String batches,
            String published) {
        Map<String, String> present = target.columns(staging);
        target.columns(batches).forEach((name, type) -> {
            if (!present.containsKey(name)) {
                database.run("ALTER TABLE %s ADD COLUMN %s %s".formatted(tables.sql(staging), quoted(name), type));
            }
        });
        database.run("ALTER TABLE %s RENAME TO %s".formatted(tables.sql(staging), quoted(published)));
        database.run("ALTER TABLE %s ATTACH PARTITION %s FOR VALUES IN (%s)"
                .formatted(tables.sql(batches), tables.sql(published), literal(batch.value())));
    }

    /// Does work that needs exclusive use of the staging tables. An attempt that still writes to them has
    /// lost its partition, since every partition is committed; its session is ended.
    private static void alone(Database database, BatchTables tables, Runnable work) {
        for (int left = EVICTIONS; ; left--) {
            evict(database, tables);
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

    private static void evict(Database database, BatchTables tables) {
        try {
            database.tryRun("""
                    SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
                    WHERE relation IN (to_regclass(%s), to_regclass(%s)) AND mode = 'RowExclusiveLock'
                    AND application_name LIKE 'nightshift %%' AND pid <> pg_backend_pid()
                    """.formatted(
                            literal(tables.sql(tables.staging())), literal(tables.sql(tables.quarantineStaging()))));
        } catch (SQLException e) {
            LOG.info("sessions of late attempts can't be ended, so publication waits for them: {}", e.getMessage());
        }
    }

    void keepQuarantine(CommittedBatch batch) {
        if (batch.quarantined() == 0) {
            return;
        }
        BatchTables tables = tables(batch.id());
        try (Database database = open(batch.id(), "keeping the quarantined rows of", DISCARD_PATIENCE)) {
            if (!exists(database, tables.sql(tables.quarantineStaging()))
                    || manifest(database, tables, batch.id()).isPresent()) {
                return;
            }
            alone(
                    database,
                    tables,
                    () -> database.transaction(() -> database.run("""
                    SET LOCAL lock_timeout = '2s';
                    DELETE FROM %1$s WHERE batch_partition <> ALL (%2$s);
                    ALTER TABLE %1$s RENAME TO %3$s
                    """.formatted(
                                    tables.sql(tables.quarantineStaging()),
                                    PostgresQuarantine.partitions(batch),
                                    quoted(tables.keptQuarantine())))));
        }
    }

    void discard(BatchId batch) {
        BatchTables tables = tables(batch);
        try (Database database = open(batch, "removing what was staged in", DISCARD_PATIENCE)) {
            if (!isPrepared(database, tables)) {
                return;
            }
            if (manifest(database, tables, batch).isPresent()) {
                return;
            }
            alone(
                    database,
                    tables,
                    () -> database.transaction(() -> database.run("""
                    SET LOCAL lock_timeout = '2s';
                    DROP TABLE IF EXISTS %s, %s;
                    DELETE FROM %s WHERE batch_id = %5$s;
                    DELETE FROM %4$s WHERE batch_id = %5$s
                    """.formatted(
                                    tables.sql(tables.staging()),
                                    tables.sql(tables.quarantineStaging()),
                                    tables.sql(tables.register()),
                                    tables.sql(tables.parts()),
                                    literal(batch.value())))));
        } catch (FailureException e) {
            LOG.warn("{}: what was staged could not be removed: {}", batch, e.getMessage());
        }
    }

    /// Tables that a later coordinator has made stay: the transaction that makes them writes its
    /// incarnation into the partition's row.
    void discardSupplement(BatchId batch, int incarnation) {
        BatchTables tables = tables(batch);
        try (Database database = open(batch, "removing what was staged in", DISCARD_PATIENCE)) {
            if (isPrepared(database, tables)
                    && manifest(database, tables, batch).isPresent()
                    && exists(database, tables.sql(tables.staging()))) {
                discardSupplement(database, tables, batch, incarnation);
            }
        }
    }

    private static void discardSupplement(Database database, BatchTables tables, BatchId batch, int incarnation) {
        if (isOfLater(database, tables, batch, incarnation)) {
            return;
        }
        alone(
                database,
                tables,
                () -> database.transaction(() -> {
                    database.run("SET LOCAL lock_timeout = '2s'; LOCK TABLE %s, %s IN ACCESS EXCLUSIVE MODE"
                            .formatted(tables.sql(tables.staging()), tables.sql(tables.quarantineStaging())));
                    if (!isOfLater(database, tables, batch, incarnation)) {
                        database.run("DROP TABLE %s, %s; DELETE FROM %s WHERE batch_id = %s AND rows IS NULL"
                                .formatted(
                                        tables.sql(tables.staging()),
                                        tables.sql(tables.quarantineStaging()),
                                        tables.sql(tables.parts()),
                                        literal(batch.value())));
                    }
                }));
    }

    private static boolean isOfLater(Database database, BatchTables tables, BatchId batch, int incarnation) {
        return database.row(
                        row -> true,
                        "SELECT 1 FROM %s WHERE batch_id = ? AND held_incarnation > ?"
                                .formatted(tables.sql(tables.parts())),
                        batch.value(),
                        incarnation)
                .isPresent();
    }

    // The removal of a published batch.

    /// The views show a batch by its row in `nightshift_batches`. A transaction in progress still sees that
    /// row, so its queries are not disturbed.
    void unpublish(BatchId batch) {
        BatchTables tables = tables(batch);
        try (Database database = open(batch, "removing it from", PATIENCE)) {
            if (isPrepared(database, tables)) {
                database.transaction(() -> database.run("""
                        SET LOCAL lock_timeout = '2s';
                        DELETE FROM %2$s WHERE batch_id = %3$s
                            AND EXISTS (SELECT FROM %1$s WHERE batch_id = %3$s AND published_at IS NOT NULL);
                        DELETE FROM %1$s WHERE batch_id = %3$s AND published_at IS NOT NULL
                        """.formatted(
                                tables.sql(tables.register()), tables.sql(tables.parts()), literal(batch.value()))));
            }
        }
    }

    /// Waits for queries that read the table, since a partition is detached. While it waits, later queries
    /// wait too, so it gives up after a moment, and tries again.
    void delete(BatchId batch) {
        unpublish(batch);
        BatchTables tables = tables(batch);
        try (Database database = open(batch, "deleting the rows from", PATIENCE)) {
            for (int left = DELETIONS; ; left--) {
                try {
                    database.transaction(() -> database.run("""
                            SET LOCAL lock_timeout = '500ms';
                            DROP TABLE IF EXISTS %s, %s, %s, %s
                            """.formatted(
                                    tables.sql(tables.published()),
                                    tables.sql(tables.publishedQuarantine()),
                                    tables.sql(tables.staging()),
                                    tables.sql(tables.quarantineStaging()))));
                    return;
                } catch (FailureException e) {
                    if (!isLocked(e)) {
                        throw e;
                    }
                    if (left == 0) {
                        throw new FailureException(
                                Failure.transientFailure(
                                        "%s: its rows can't be deleted while queries read %s; they are deleted later"
                                                .formatted(batch, destination)),
                                e);
                    }
                }
            }
        }
    }

    private static boolean isCreatedByAnother(FailureException e) {
        return e.getCause() instanceof SQLException cause && DatabaseFailure.isCreatedByAnother(cause);
    }

    private static boolean isLocked(FailureException e) {
        return e.getCause() instanceof SQLException cause && LOCKED.equals(cause.getSQLState());
    }
}
