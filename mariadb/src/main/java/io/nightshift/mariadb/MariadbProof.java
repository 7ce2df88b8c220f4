package io.nightshift.mariadb;

import static io.nightshift.mariadb.MariadbTables.quoted;

import io.nightshift.destination.Check;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.PredictionColumns;
import io.nightshift.destination.Publication;
import io.nightshift.destination.table.SourceIds;
import io.nightshift.destination.table.TableProof;
import io.nightshift.mariadb.MariadbPublisher.Registered;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.MariadbDestination;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.Database;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A batch's rows in the tables of all batches.
final class MariadbProof extends TableProof {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final MariadbDestination destination;
    private final MariadbTables tables;
    private final MariadbTargets targets;
    private final LoadBuffer row = new LoadBuffer();

    /// Connects to the database.
    ///
    /// @throws FailureException if that can't be done
    MariadbProof(
            CommittedBatch batch,
            Phase phase,
            @Nullable Publication publication,
            MariadbDestination destination,
            DataSourceSettings settings,
            SourceIds sourceIds) {
        super(batch, phase, publication, Database.open(settings, destination.toString(), PATIENCE), sourceIds);
        this.destination = destination;
        this.tables = MariadbTables.of(destination);
        this.targets = new MariadbTargets(database, tables);
    }

    private Optional<Registered> found() {
        return MariadbPublisher.registered(database, tables, batch.id());
    }

    private Registered registered() {
        return found().orElseThrow(() ->
                FailureException.permanent("%s doesn't know %s".formatted(tables.sql(tables.register()), batch.id())));
    }

    @Override
    public InputStream manifest() throws IOException {
        String manifest = found().map(Registered::manifest)
                .orElseThrow(
                        () -> new IOException("%s has no published batch %s".formatted(tables.register(), batch.id())));
        return new ByteArrayInputStream(manifest.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void checkPlace(Check table) {
        checkRecordedPlace(table);
        for (String view : List.of(tables.table(), tables.latest(), tables.quarantine())) {
            if (!targets.exists(view)) {
                table.problem("%s is missing", tables.sql(view));
            }
        }
        if (found().map(Registered::manifest).isEmpty()) {
            table.problem("%s says nothing of a publication of %s", tables.sql(tables.register()), batch.id());
        }
        List<String> indexes = new ArrayList<>(List.of(ids().getLast()));
        destination.indexes().forEach(index -> indexes.add(MariadbTargets.nameOf(index)));
        List<String> missing =
                indexes.stream().filter(index -> !targets.hasIndex(index)).toList();
        if (!missing.isEmpty()) {
            table.problem("%s lacks indexes: %s", tables.sql(tables.batches()), String.join(", ", missing));
        }
        table.proved("%s shows %s, with %d indexes", tables.sql(tables.table()), batch.id(), indexes.size());
    }

    @Override
    protected void read() {
        Registered registered = registered();
        read(registered, tables.batches(), registered.columns(), true);
        if (batch.quarantined() > 0) {
            read(registered, tables.quarantineBatches(), registered.quarantineColumns(), false);
        }
    }

    /// Streams a table's rows and digests each as the worker that wrote it did: all of its columns in their
    /// order, but for the values of quarantined rows.
    private void read(Registered registered, String table, List<String> written, boolean predictions) {
        Map<String, String> types = targets.columns(table);
        List<String> columns = new ArrayList<>(written);
        columns.remove(MariadbColumns.VALUES);
        int partition = columns.indexOf(MariadbTables.PARTITION);
        int firstId = columns.indexOf(ids().getFirst());
        int lastId = columns.indexOf(ids().getLast());
        if (partition < 0 || firstId < 0 || lastId < 0) {
            throw FailureException.permanent("%s lists other columns than a batch has".formatted(tables.register()));
        }
        LoadType[] readBack = columns.stream()
                .map(column -> LoadType.ofColumn(types.getOrDefault(column, "")))
                .toArray(LoadType[]::new);
        String select = IntStream.range(0, readBack.length)
                .mapToObj(i -> readBack[i].readBack(quoted(columns.get(i))))
                .collect(Collectors.joining(", "));
        database.each(
                result -> {
                    row.clear();
                    int idsFrom = 0;
                    int idsTo = 0;
                    for (int i = 0; i < readBack.length; i++) {
                        idsFrom = i == firstId ? row.length() : idsFrom;
                        put(result, i + 1, readBack[i]);
                        idsTo = i == lastId ? row.length() : idsTo;
                    }
                    Found of = found(result.getInt(readBack.length + 1));
                    (predictions ? of.predictions : of.quarantine).add(row.bytes(), 0, row.length());
                    of.ids.add(row.bytes(), idsFrom, idsTo - idsFrom);
                },
                "SELECT %s, \"%s\" FROM %s WHERE \"%s\" = ?"
                        .formatted(select, MariadbTables.PARTITION, tables.sql(table), MariadbTables.BATCH),
                registered.number());
    }

    private void put(ResultSet result, int position, LoadType type) throws SQLException {
        if (type == LoadType.FRACTION) {
            double fraction = result.getDouble(position);
            if (result.wasNull()) {
                row.putNull();
            } else {
                row.putField(fraction);
            }
            return;
        }
        byte[] text = result.getBytes(position);
        if (text == null) {
            row.putNull();
        } else {
            row.putField(text);
        }
    }

    @Override
    public boolean predictions(List<PartitionCommit> commits, PredictionVisitor visitor) {
        Registered registered = registered();
        String column =
                PredictionColumns.checked(registered.columns(), batch.job().output());
        if (column == null) {
            return false;
        }
        database.each(
                result -> {
                    double value = result.getDouble(1);
                    visitor.prediction(result.wasNull() ? Double.NaN : value);
                },
                "SELECT %s FROM %s WHERE \"%s\" = ?"
                        .formatted(quoted(column), tables.sql(tables.batches()), MariadbTables.BATCH),
                registered.number());
        return true;
    }

    @Override
    public List<String> repeated(List<PartitionCommit> commits, int limit) {
        int number = registered().number();
        boolean named = ids().size() == 1;
        String id = named ? "\"record_id\"" : "CONCAT_WS(' ', \"record_row\", \"record_file\") AS \"record_id\"";
        String rows = List.of(tables.batches(), tables.quarantineBatches()).stream()
                .map(table -> "SELECT %s FROM %s WHERE \"%s\" = %d"
                        .formatted(id, tables.sql(table), MariadbTables.BATCH, number))
                .collect(Collectors.joining(" UNION ALL "));
        return MariadbPublisher.repeatedIds(database, rows, limit);
    }

    @Override
    public void checkStaging(Check staging) {
        Registered registered = found().orElse(null);
        if (phase == Phase.CANCELLED && registered != null) {
            if (registered.manifest() != null) {
                staging.problem("%s shows the batch, though it was cancelled", tables.sql(tables.table()));
            }
            leftBehind(staging, tables.batches(), registered.number());
            if (!registered.keepsQuarantine()) {
                leftBehind(staging, tables.quarantineBatches(), registered.number());
            }
        }
        if (registered != null) {
            leftBehind(staging, tables.batches(), -registered.number());
            leftBehind(staging, tables.quarantineBatches(), -registered.number());
        }
        staging.proved("nothing is left behind in the database");
    }

    /// @param number of the batch in the rows
    private void leftBehind(Check staging, String table, int number) {
        if (database.row(
                        result -> true,
                        "SELECT 1 FROM %s WHERE \"%s\" = ? LIMIT 1".formatted(tables.sql(table), MariadbTables.BATCH),
                        number)
                .isPresent()) {
            staging.problem("%s still has rows of the batch", tables.sql(table));
        }
    }
}
