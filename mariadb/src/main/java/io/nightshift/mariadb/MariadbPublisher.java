package io.nightshift.mariadb;

import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.Manifest;
import io.nightshift.destination.Publication;
import io.nightshift.destination.PublicationRefusal;
import io.nightshift.destination.server.ServerPublisher;
import io.nightshift.destination.table.OutputColumn;
import io.nightshift.destination.table.PartitionCounts;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.MariadbDestination;
import io.nightshift.storage.database.Database;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Publishes the rows of a batch by marking its row in `nightshift_batches`, over which the views join.
///
/// The rows of all batches are in one table, with their batch's number; [MariadbTables] says what the tables
/// are. Rows become visible, and stop being visible, by an update of one row of InnoDB, which every reader
/// sees as a whole, at every isolation level. No statement that commits by itself (`CREATE`, `ALTER`,
/// `RENAME`) is part of it.
final class MariadbPublisher extends ServerPublisher<MariadbColumns> {

    /// Rows that are deleted by one statement.
    private static final int DELETED = 10_000;

    private static final int IDS_SHOWN = 3;

    private final Database database;
    private final MariadbDestination mariadb;
    private final MariadbTables tables;

    MariadbPublisher(Database database, MariadbDestination mariadb, BatchId id) {
        super(mariadb, id);
        this.database = database;
        this.mariadb = mariadb;
        this.tables = MariadbTables.of(mariadb);
    }

    @Override
    protected void prepare(Job job, MariadbColumns wanted) {
        new MariadbTargets(database, tables).make(wanted, mariadb.indexes());
        database.update(
                "INSERT IGNORE INTO %s (\"batch_id\", \"job\", \"target\", \"columns\", \"quarantine_columns\", \"created_at\") VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(6))"
                        .formatted(tables.sql(tables.register())),
                id.value(),
                job.name(),
                tables.table(),
                names(wanted.predictions()),
                names(wanted.quarantine()));
    }

    private static String names(List<OutputColumn> columns) {
        return columns.stream().map(OutputColumn::name).collect(Collectors.joining("\n"));
    }

    /// A batch in the register.
    ///
    /// @param manifest null while it is not published
    record Registered(
            int number,
            List<String> columns,
            List<String> quarantineColumns,
            @Nullable String manifest,
            boolean isCancelled,
            boolean keepsQuarantine) {}

    /// Nothing if the batch was never prepared, or nothing is left of it.
    static Optional<Registered> registered(Database database, MariadbTables tables, BatchId batch) {
        if (!new MariadbTargets(database, tables).exists(tables.register())) {
            return Optional.empty();
        }
        return database.row(
                row -> new Registered(
                        row.getInt(1),
                        List.of(row.getString(2).split("\n", -1)),
                        List.of(row.getString(3).split("\n", -1)),
                        row.getString(4),
                        row.getBoolean(5),
                        row.getBoolean(6)),
                """
                SELECT "number", "columns", "quarantine_columns", IF("published_at" IS NULL, NULL, "manifest"),
                    "cancelled_at" IS NOT NULL, "quarantine_kept"
                FROM %s WHERE "batch_id" = ? AND "target" = ?""".formatted(tables.sql(tables.register())),
                batch.value(),
                tables.table());
    }

    private Optional<Registered> registered() {
        return registered(database, tables, id);
    }

    /// The batch, which this coordinator has claimed.
    private Registered claimed() {
        return registered().orElseThrow(() -> PublicationRefusal.removed(id));
    }

    // The steps of the publication.

    @Override
    public Optional<String> manifest() {
        return registered().flatMap(registered -> Optional.ofNullable(registered.manifest()));
    }

    /// The batch's row names the incarnation that may publish it. A coordinator in its last transaction locks
    /// that row. This one waits for it, and the server ends that transaction if its coordinator is frozen.
    @Override
    public boolean claim(int incarnation) {
        return registered().isPresent()
                && database.update(
                                "UPDATE %s SET \"publisher\" = ? WHERE \"batch_id\" = ? AND \"target\" = ? AND \"publisher\" <= ? AND \"published_at\" IS NULL AND \"cancelled_at\" IS NULL"
                                        .formatted(tables.sql(tables.register())),
                                incarnation,
                                id.value(),
                                tables.table(),
                                incarnation)
                        == 1;
    }

    @Override
    public void requireParts(CommittedBatch batch) {
        requireParts(batch.commits(), parts(claimed(), false));
    }

    @Override
    public void requireRows(CommittedBatch batch) {
        requireRows(batch.commits(), claimed().number());
    }

    /// Bad rows have ids too. Their table has no index of them, but few rows.
    @Override
    public void refuseRepeatedIds(CommittedBatch batch) {
        if (!batch.job().source().uniqueId()) {
            return;
        }
        String ofBatch = "SELECT \"record_id\" FROM %s WHERE \"" + MariadbTables.BATCH + "\" = "
                + claimed().number();
        String good = ofBatch.formatted(tables.sql(tables.batches()));
        List<String> ids = repeatedIds(database, good, IDS_SHOWN);
        if (ids.isEmpty() && batch.quarantined() > 0) {
            String bad = ofBatch.formatted(tables.sql(tables.quarantineBatches()));
            ids = repeatedIds(database, "%s UNION ALL %s AND \"record_id\" IN (%1$s)".formatted(bad, good), IDS_SHOWN);
        }
        if (!ids.isEmpty()) {
            throw PublicationRefusal.idsRepeated(batch.job(), ids);
        }
    }

    /// @param select ids
    static List<String> repeatedIds(Database database, String select, int limit) {
        return database.rows(row -> row.getString(1), """
                SELECT CONCAT("record_id", ' × ', COUNT(*)) FROM (%s) AS ids WHERE "record_id" IS NOT NULL
                GROUP BY "record_id" HAVING COUNT(*) > 1 ORDER BY COUNT(*) DESC, "record_id" LIMIT %d
                """.formatted(select, limit));
    }

    @Override
    protected void decide(CommittedBatch batch, String manifest) {
        Registered registered = claimed();
        lastTransaction(() -> {
            // From here on no attempt commits: each locks the same row first.
            int marked = database.update(
                    "UPDATE %s SET \"published_at\" = UTC_TIMESTAMP(6), \"manifest\" = ? WHERE \"number\" = ? AND \"published_at\" IS NULL AND \"cancelled_at\" IS NULL AND \"publisher\" = ?"
                            .formatted(tables.sql(tables.register())),
                    manifest,
                    registered.number(),
                    batch.incarnation());
            if (marked != 1) {
                throw PublicationRefusal.superseded(batch);
            }
            if (!parts(batch.commits()).equals(parts(registered, false))) {
                throw PublicationRefusal.writtenMeanwhile(batch, tables.sql(tables.batches()));
            }
        });
    }

    /// The server ends the transaction of a coordinator that is frozen.
    private void lastTransaction(Runnable work) {
        database.run("SET SESSION wait_timeout = " + MariadbAttempt.END);
        database.transaction(work::run);
    }

    // Supplements of a published batch.

    /// Opens the partition of the supplement to the attempts of this coordinator. The rows of an earlier
    /// coordinator's attempt are removed if they were committed; otherwise the server rolls them back.
    @Override
    public void prepareSupplement(CommittedBatch batch) {
        requireManifest(batch);
        int number = claimed().number();
        int partition = batch.commits().getLast().partition() + 1;
        long held = MariadbAttempt.number(new Epoch(batch.incarnation(), 0));
        lastTransaction(() -> {
            database.update(
                    "INSERT IGNORE INTO %s (\"batch\", \"partition\", \"held\", \"claims\", \"node\", \"staged\", \"attempt\") VALUES (?, ?, 0, 0, '', 1, 0)"
                            .formatted(tables.sql(tables.parts())),
                    number,
                    partition);
            int earlier = database.row(
                            row -> row.getInt(1),
                            "SELECT \"attempt\" FROM %s WHERE \"batch\" = ? AND \"partition\" = ? AND \"held\" <= ? AND \"staged\" = 1 FOR UPDATE"
                                    .formatted(tables.sql(tables.parts())),
                            number,
                            partition,
                            held)
                    .orElseThrow(() -> PublicationRefusal.supplementSuperseded(batch));
            String rows = MariadbAttempt.rowsOf(-number, partition, earlier);
            for (String table : List.of(tables.batches(), tables.quarantineBatches())) {
                database.update("DELETE FROM %s WHERE %s".formatted(tables.sql(table), rows));
            }
            database.update("""
                    UPDATE %s SET "held" = ?, "attempt" = NULL, "incarnation" = NULL, "lease" = NULL, "rows" = NULL,
                    "bytes" = NULL, "sha256" = NULL, "quarantined_rows" = NULL, "quarantined_bytes" = NULL,
                    "quarantined_sha256" = NULL WHERE "batch" = ? AND "partition" = ?
                    """.formatted(tables.sql(tables.parts())), held, number, partition);
        });
    }

    /// The batch's row holds the manifest, and is replaced only where it is the one that this supplement
    /// follows. So of two coordinators that publish a supplement, one does. One transaction gives the rows
    /// the number of their batch, so readers see all of them or none.
    @Override
    protected void addSupplement(CommittedBatch batch, String before, String manifest) {
        Registered registered = claimed();
        lastTransaction(() -> addSupplement(registered, batch, before, manifest));
    }

    private void addSupplement(Registered registered, CommittedBatch batch, String before, String manifest) {
        PartitionCommit commit = batch.supplements().getLast().commit();
        // From here on no attempt commits: each locks the same row first.
        int replaced = database.update(
                "UPDATE %s SET \"publisher\" = ?, \"manifest\" = ? WHERE \"number\" = ? AND \"published_at\" IS NOT NULL AND \"publisher\" <= ? AND \"manifest\" = ?"
                        .formatted(tables.sql(tables.register())),
                batch.incarnation(),
                manifest,
                registered.number(),
                batch.incarnation(),
                before);
        if (replaced != 1) {
            throw PublicationRefusal.supplementSuperseded(batch);
        }
        List<PartitionCommit> added = List.of(commit);
        requireParts(added, parts(registered, true));
        requireRows(added, -registered.number());
        // Attempts by their numbers: a statement over all rows of the batch waits for those of frozen ones.
        attempts(registered, "\"staged\" = 0 AND \"quarantined_rows\" > 0")
                .forEach(part -> delete(tables.quarantineBatches(), registered, part));
        for (Part part : attempts(registered, "\"staged\" = 1 AND \"partition\" = " + commit.partition())) {
            String rows = MariadbAttempt.rowsOf(-registered.number(), part.partition(), part.attempt());
            for (String table : List.of(tables.batches(), tables.quarantineBatches())) {
                database.update(
                        "UPDATE %s SET \"%s\" = ? WHERE %s".formatted(tables.sql(table), MariadbTables.BATCH, rows),
                        registered.number());
            }
        }
        database.update(
                "UPDATE %s SET \"quarantined_rows\" = NULL, \"quarantined_bytes\" = NULL, \"quarantined_sha256\" = NULL WHERE \"batch\" = ? AND \"partition\" <> ?"
                        .formatted(tables.sql(tables.parts())),
                registered.number(),
                commit.partition());
        database.update(
                "UPDATE %s SET \"staged\" = 0 WHERE \"batch\" = ? AND \"partition\" = ?"
                        .formatted(tables.sql(tables.parts())),
                registered.number(),
                commit.partition());
    }

    /// The right to publish is taken from earlier coordinators first. One of them that is in its last transaction
    /// has locked the batch's row, so this one waits for its end and then sees what it has done.
    @Override
    public Optional<Publication> withdrawSupplement(CommittedBatch batch) {
        if (registered().isEmpty()) {
            return Optional.empty();
        }
        int claimed = database.update(
                "UPDATE %s SET \"publisher\" = ? WHERE \"batch_id\" = ? AND \"target\" = ? AND \"publisher\" <= ?"
                        .formatted(tables.sql(tables.register())),
                batch.incarnation(),
                id.value(),
                tables.table(),
                batch.incarnation());
        Registered registered = registered().orElse(null);
        if (registered == null) {
            return Optional.empty();
        }
        String manifest = registered.manifest();
        if (claimed == 1 && manifest != null && Manifest.hasSupplements(manifest, batch)) {
            return Optional.of(Publication.of(destination, manifest));
        }
        if (claimed != 1 || isOfLater(registered, batch.incarnation())) {
            throw PublicationRefusal.supplementSuperseded(batch);
        }
        discardSupplement(batch.incarnation());
        return Optional.empty();
    }

    /// Removes what was staged of a supplement that failed. The partition's row stays, so that no attempt
    /// gets the number of an earlier one, whose rows may not be rolled back yet.
    @Override
    public void discardSupplement(int incarnation) {
        registered().ifPresent(registered -> lastTransaction(() -> discardStaged(registered, last(incarnation))));
    }

    private static long last(int incarnation) {
        return MariadbAttempt.number(new Epoch(incarnation, Integer.MAX_VALUE));
    }

    private boolean isOfLater(Registered registered, int incarnation) {
        return database.row(
                        row -> true,
                        "SELECT 1 FROM %s WHERE \"batch\" = ? AND \"staged\" = 1 AND \"held\" > ? LIMIT 1"
                                .formatted(tables.sql(tables.parts())),
                        registered.number(),
                        last(incarnation))
                .isPresent();
    }

    private void discardStaged(Registered registered, long held) {
        List<Part> staged = database.rows(
                row -> new Part(row.getInt(1), row.getInt(2), true),
                "SELECT \"partition\", \"attempt\" FROM %s WHERE \"batch\" = ? AND \"staged\" = 1 AND \"held\" <= ? FOR UPDATE"
                        .formatted(tables.sql(tables.parts())),
                registered.number(),
                held);
        for (Part part : staged) {
            database.update(
                    "UPDATE %s SET \"attempt\" = 0 WHERE \"batch\" = ? AND \"partition\" = ?"
                            .formatted(tables.sql(tables.parts())),
                    registered.number(),
                    part.partition());
            delete(tables.batches(), registered, part);
            delete(tables.quarantineBatches(), registered, part);
        }
    }

    @Override
    public void reuse(BatchId published, List<PartitionCommit> commits) {
        new MariadbPartCopier(mariadb, database, published, id).copy(commits);
    }

    // Comparison of the ledger with the database.

    static Map<Integer, String> parts(List<PartitionCommit> commits) {
        Map<Integer, String> parts = new TreeMap<>();
        for (PartitionCommit commit : commits) {
            parts.put(
                    commit.partition(),
                    commit.epoch() + " " + described(commit.part()) + " " + described(commit.quarantine()));
        }
        return parts;
    }

    private static String described(@Nullable OutputFile file) {
        return file == null ? "-" : "%d %d %s".formatted(file.rows(), file.bytes(), file.sha256());
    }

    private Map<Integer, String> parts(Registered registered, boolean isStaged) {
        return parts(database, tables, registered, "\"staged\" = " + (isStaged ? 1 : 0));
    }

    /// @param condition over the partitions' rows
    static Map<Integer, String> parts(
            Database database, MariadbTables tables, Registered registered, String condition) {
        Map<Integer, String> parts = new TreeMap<>();
        database.rows(
                        row -> Map.entry(row.getInt(1), row.getString(2)),
                        """
                SELECT "partition", CONCAT("incarnation", '-', "lease",
                    ' ', COALESCE(CONCAT_WS(' ', "rows", "bytes", "sha256"), '-'),
                    ' ', IF("quarantined_rows" IS NULL, '-', CONCAT_WS(' ', "quarantined_rows", "quarantined_bytes", "quarantined_sha256")))
                FROM %s WHERE "batch" = ? AND %s AND "attempt" > 0""".formatted(tables.sql(tables.parts()), condition),
                        registered.number())
                .forEach(part -> parts.put(part.getKey(), part.getValue()));
        return parts;
    }

    private void requireParts(List<PartitionCommit> commits, Map<Integer, String> found) {
        Map<Integer, String> expected = parts(commits);
        for (PartitionCommit commit : commits) {
            String said = expected.get(commit.partition());
            String is = found.getOrDefault(commit.partition(), "nothing");
            if (!is.equals(said)) {
                throw FailureException.permanent(
                        "the committed rows of %s are not those in the database (%s says %s, the ledger %s). Start over with --new"
                                .formatted(commit.attempt(id), tables.parts(), is, said));
            }
        }
    }

    /// @param number of the batch in the rows
    private void requireRows(List<PartitionCommit> commits, int number) {
        requireRows(tables.batches(), number, PartitionCounts.committed(commits, PartitionCommit::part));
        requireRows(
                tables.quarantineBatches(), number, PartitionCounts.committed(commits, PartitionCommit::quarantine));
    }

    private void requireRows(String table, int number, Map<Integer, Long> expected) {
        Map<Integer, Long> found = new HashMap<>();
        database.rows(
                        row -> Map.entry(row.getInt(1), row.getLong(2)),
                        "SELECT \"%1$s\", COUNT(*) FROM %2$s WHERE \"%3$s\" = ? GROUP BY \"%1$s\""
                                .formatted(MariadbTables.PARTITION, tables.sql(table), MariadbTables.BATCH),
                        number)
                .forEach(count -> found.put(count.getKey(), count.getValue()));
        PartitionCounts.requireSame(tables.sql(table), expected, found);
    }

    // The end of a batch that is not published.

    @Override
    public void keepQuarantine(CommittedBatch batch) {
        registered().filter(registered -> registered.manifest() == null).ifPresent(registered -> {
            cancel(registered, true);
            List<Integer> kept = batch.commits().stream()
                    .filter(commit -> commit.quarantined() > 0)
                    .map(PartitionCommit::partition)
                    .toList();
            parts(registered, part -> {
                if (!kept.contains(part.partition())) {
                    delete(tables.quarantineBatches(), registered, part);
                }
            });
        });
    }

    @Override
    public void discard() {
        registered().filter(registered -> registered.manifest() == null).ifPresent(registered -> {
            cancel(registered, registered.keepsQuarantine());
            remove(registered);
        });
    }

    /// Removes the rows of a batch that is over, and last the batch itself unless it keeps its quarantined rows.
    private void remove(Registered registered) {
        parts(registered, part -> {
            delete(tables.batches(), registered, part);
            if (!registered.keepsQuarantine()) {
                delete(tables.quarantineBatches(), registered, part);
            }
        });
        database.update(
                "DELETE FROM %s WHERE \"batch\" = ?".formatted(tables.sql(tables.parts())), registered.number());
        if (!registered.keepsQuarantine()) {
            database.update(
                    "DELETE FROM %s WHERE \"number\" = ? AND \"published_at\" IS NULL"
                            .formatted(tables.sql(tables.register())),
                    registered.number());
        }
    }

    /// The views show batches with a time of publication. A batch that is cancelled is not published again.
    @Override
    public void unpublish() {
        if (registered().isPresent()) {
            database.update(
                    "UPDATE %s SET \"published_at\" = NULL, \"cancelled_at\" = UTC_TIMESTAMP(6) WHERE \"batch_id\" = ? AND \"target\" = ? AND \"published_at\" IS NOT NULL"
                            .formatted(tables.sql(tables.register())),
                    id.value(),
                    tables.table());
        }
    }

    /// Leaves a batch alone that is open.
    @Override
    public void delete() {
        registered().filter(Registered::isCancelled).ifPresent(this::remove);
    }

    /// No attempt commits afterwards, so the partitions' rows say which rows there are. Those of attempts
    /// that still write are rolled back at their end.
    private void cancel(Registered registered, boolean keepsQuarantine) {
        int cancelled = database.update(
                "UPDATE %s SET \"cancelled_at\" = COALESCE(\"cancelled_at\", UTC_TIMESTAMP(6)), \"quarantine_kept\" = ? WHERE \"number\" = ? AND \"published_at\" IS NULL"
                        .formatted(tables.sql(tables.register())),
                keepsQuarantine,
                registered.number());
        if (cancelled != 1) {
            throw new FailureException(Failure.transientFailure("the batch was published meanwhile"));
        }
    }

    /// The rows of a committed attempt.
    private record Part(int partition, int attempt, boolean isStaged) {}

    private void parts(Registered registered, Consumer<Part> visitor) {
        attempts(registered, "\"attempt\" IS NOT NULL").forEach(visitor);
    }

    /// @param condition over the partitions' rows
    private List<Part> attempts(Registered registered, String condition) {
        return database.rows(
                row -> new Part(row.getInt(1), row.getInt(2), row.getBoolean(3)),
                "SELECT \"partition\", \"attempt\", \"staged\" FROM %s WHERE \"batch\" = ? AND %s"
                        .formatted(tables.sql(tables.parts()), condition),
                registered.number());
    }

    /// In pieces, so that no transaction is large. The rows of a table that was dropped are gone.
    private void delete(String table, Registered registered, Part part) {
        if (!new MariadbTargets(database, tables).exists(table)) {
            return;
        }
        String sql = "DELETE FROM %s WHERE %s LIMIT %d"
                .formatted(
                        tables.sql(table),
                        MariadbAttempt.rowsOf(
                                MariadbAttempt.rowsNumber(registered.number(), part.isStaged()),
                                part.partition(),
                                part.attempt()),
                        DELETED);
        int deleted = DELETED;
        while (deleted == DELETED) {
            deleted = database.update(sql);
        }
    }

    @Override
    public void close() {
        database.close();
    }
}
