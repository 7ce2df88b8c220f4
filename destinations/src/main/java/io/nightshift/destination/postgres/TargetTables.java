package io.nightshift.destination.postgres;

import static io.nightshift.destination.postgres.BatchTables.quoted;

import io.nightshift.destination.table.OutputColumn;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.database.Database;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Creates what all batches of a table share, if it isn't there, and adapts it to what a batch needs: columns
/// are added, none is changed or removed.
///
/// Readers query views, not the partitioned table. Attaching a partition is atomic for a statement, but not
/// for a transaction of a higher isolation level that began while the batch was written: such a transaction
/// would see the partition with the rows that were there when it began. The views show a batch only if its
/// row in `nightshift_batches` says that it is published, and transactions see that row like any other.
final class TargetTables {

    private static final String PUBLISHED =
            "WHERE batch_id IN (SELECT batch_id FROM %s WHERE published_at IS NOT NULL)";
    private static final String LATEST =
            "WHERE batch_id = (SELECT batch_id FROM %s WHERE published_at IS NOT NULL AND target = ";
    private static final String NEWEST = " ORDER BY published_at DESC, batch_id DESC LIMIT 1)";

    private static final String TABLE = "r";
    private static final String PARTITIONED = "p";

    private final Database database;
    private final BatchTables tables;

    TargetTables(Database database, BatchTables tables) {
        this.database = database;
        this.tables = tables;
    }

    /// Works within the caller's transaction. Other callers wait for that to end.
    void make(List<OutputColumn> predictions, List<OutputColumn> quarantine) {
        database.run("SET LOCAL lock_timeout = '30s'; SELECT pg_advisory_xact_lock(hashtextextended('nightshift', 0))");
        String schema = tables.schema();
        if (schema != null
                && database.row(row -> true, "SELECT FROM pg_namespace WHERE nspname = ?", schema)
                        .isEmpty()) {
            throw FailureException.permanent(
                    "there is no schema %s for the table %s; create it, and grant USAGE and CREATE on it"
                            .formatted(schema, tables.table()));
        }
        database.run("""
                CREATE TABLE IF NOT EXISTS %s (
                    batch_id text PRIMARY KEY, job text NOT NULL, target text NOT NULL,
                    columns text[] NOT NULL, quarantine_columns text[] NOT NULL,
                    publisher integer NOT NULL DEFAULT 0,
                    created_at timestamptz NOT NULL DEFAULT now(), published_at timestamptz, manifest text);
                CREATE TABLE IF NOT EXISTS %s (
                    batch_id text, partition integer, held_incarnation integer NOT NULL, held_lease integer NOT NULL,
                    node text NOT NULL, incarnation integer, lease integer, committed_at timestamptz,
                    rows bigint, bytes bigint, sha256 text,
                    quarantined_rows bigint, quarantined_bytes bigint, quarantined_sha256 text,
                    PRIMARY KEY (batch_id, partition))
                """.formatted(tables.sql(tables.register()), tables.sql(tables.parts())));
        boolean isNew = kind(tables.batches()).isEmpty();
        if (isNew) {
            for (String view : List.of(tables.table(), tables.latest(), tables.quarantine())) {
                refuseOther(view);
            }
        }
        boolean grown = table(tables.batches(), predictions);
        boolean quarantineGrown = table(tables.quarantineBatches(), quarantine);
        if (grown) {
            view(tables.table(), tables.batches(), PUBLISHED);
            view(tables.latest(), tables.batches(), LATEST + BatchTables.literal(tables.table()) + NEWEST);
        }
        if (quarantineGrown) {
            view(tables.quarantine(), tables.quarantineBatches(), PUBLISHED);
        }
    }

    private Optional<String> kind(String name) {
        return database.row(
                row -> row.getString(1), "SELECT relkind FROM pg_class WHERE oid = to_regclass(?)", tables.sql(name));
    }

    private void refuseOther(String name) {
        if (kind(name).isPresent()) {
            throw FailureException.permanent(other(name));
        }
    }

    private String other(String name) {
        return "%s exists, and Nightshift did not create it; name another table under destination.postgres, or rename that one"
                .formatted(tables.sql(name));
    }

    /// Why [#make] would fail for these columns, without changing anything.
    List<String> obstacles(List<OutputColumn> predictions, List<OutputColumn> quarantine) {
        List<String> obstacles = new ArrayList<>();
        if (kind(tables.batches()).isEmpty()) {
            for (String view : List.of(tables.table(), tables.latest(), tables.quarantine())) {
                if (kind(view).isPresent()) {
                    obstacles.add(other(view));
                }
            }
        }
        obstacles.addAll(differences(tables.batches(), predictions));
        obstacles.addAll(differences(tables.quarantineBatches(), quarantine));
        return obstacles;
    }

    private List<String> differences(String name, List<OutputColumn> wanted) {
        Map<String, String> present = columns(name);
        return wanted.stream()
                .filter(column -> present.containsKey(column.name()))
                .filter(column -> !column.type().equals(present.get(column.name())))
                .map(column -> difference(name, column, present.get(column.name())))
                .toList();
    }

    private String difference(String name, OutputColumn column, @Nullable String type) {
        return "the column %s of %s is %s, but the job's is %s; rename or cast it under source.select, or name another table"
                .formatted(column.name(), tables.sql(name), type, column.type());
    }

    /// @return whether columns were added
    private boolean table(String name, List<OutputColumn> wanted) {
        if (kind(name).isEmpty()) {
            String columns = wanted.stream()
                    .map(column -> quoted(column.name()) + " " + column.type()
                            + (column.name().equals(BatchTables.BATCH) ? " NOT NULL" : ""))
                    .collect(Collectors.joining(", "));
            database.run("CREATE TABLE %s (%s) PARTITION BY LIST (batch_id)".formatted(tables.sql(name), columns));
            return true;
        }
        if (!kind(name).orElse(TABLE).equals(PARTITIONED)) {
            throw FailureException.permanent("%s exists, and Nightshift did not create it".formatted(tables.sql(name)));
        }
        return grow(name, wanted);
    }

    /// Adds the columns that a table lacks.
    ///
    /// @return whether there were some
    /// @throws FailureException where one has another type
    boolean grow(String name, List<OutputColumn> wanted) {
        Map<String, String> present = columns(name);
        boolean grown = false;
        for (OutputColumn column : wanted) {
            String type = present.get(column.name());
            if (type == null) {
                database.run("ALTER TABLE %s ADD COLUMN %s %s"
                        .formatted(tables.sql(name), quoted(column.name()), column.type()));
                grown = true;
            } else if (!type.equals(column.type())) {
                throw FailureException.permanent(difference(name, column, type));
            }
        }
        return grown;
    }

    /// The columns of a table with their types, in order.
    Map<String, String> columns(String name) {
        Map<String, String> columns = new LinkedHashMap<>();
        List<OutputColumn> found =
                database.rows(row -> new OutputColumn(row.getString(1), row.getString(2)), """
                SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
                WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
                """, tables.sql(name));
        found.forEach(column -> columns.put(column.name(), column.type()));
        return columns;
    }

    /// @param where a condition with `%s` in place of the register
    private void view(String name, String over, String where) {
        String columns =
                columns(over).keySet().stream().map(BatchTables::quoted).collect(Collectors.joining(", "));
        database.run(
                "CREATE OR REPLACE VIEW %s AS SELECT %s FROM %s ".formatted(tables.sql(name), columns, tables.sql(over))
                        + where.replace("%s", tables.sql(tables.register())));
    }
}
