package io.nightshift.mariadb;

import static io.nightshift.mariadb.MariadbTables.list;
import static io.nightshift.mariadb.MariadbTables.literal;
import static io.nightshift.mariadb.MariadbTables.quoted;

import io.nightshift.destination.table.OutputColumn;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.MariadbDestination.Index;
import io.nightshift.storage.database.Database;
import io.nightshift.storage.filesystem.Digests;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Creates what all batches of a table share, if it isn't there, and adapts it to what a batch needs: columns and
/// indexes are added, none is changed or removed.
///
/// Every statement of this kind commits by itself in MariaDB. So each one is repeated until it is done, and none of
/// them shows or hides a row: the views show the batches that `nightshift_batches` marks as published.
final class MariadbTargets {

    private static final int LOCK_SECONDS = 30;
    private static final String REGISTER_COLUMNS = """
            "number" int NOT NULL AUTO_INCREMENT PRIMARY KEY, "batch_id" varchar(128) NOT NULL, "job" varchar(63) NOT NULL,
            "target" varchar(64) NOT NULL, "columns" mediumtext NOT NULL, "quarantine_columns" mediumtext NOT NULL,
            "publisher" int NOT NULL DEFAULT 0, "created_at" datetime(6) NOT NULL, "published_at" datetime(6),
            "cancelled_at" datetime(6), "quarantine_kept" tinyint NOT NULL DEFAULT 0, "manifest" longtext,
            UNIQUE KEY "batch" ("batch_id", "target")""";
    private static final String PARTS_COLUMNS = """
            "batch" int NOT NULL, "partition" int NOT NULL, "held" bigint NOT NULL, "claims" int NOT NULL,
            "node" varchar(255) NOT NULL, "staged" tinyint NOT NULL DEFAULT 0, "incarnation" int, "lease" int,
            "attempt" int, "committed_at" datetime(6),
            "rows" bigint, "bytes" bigint, "sha256" char(64), "quarantined_rows" bigint, "quarantined_bytes" bigint,
            "quarantined_sha256" char(64), PRIMARY KEY ("batch", "partition")""";
    private static final String KEY =
            list(List.of(MariadbTables.BATCH, MariadbTables.PARTITION, MariadbTables.ATTEMPT, MariadbTables.ROW));
    private static final Set<String> HIDDEN = Set.of(MariadbTables.BATCH, MariadbTables.ATTEMPT, MariadbTables.ROW);

    /// The most bytes of an index, and of a number in it. A character of a text has at most 4.
    private static final int INDEX_BYTES = 3072;

    private static final int NUMBER_BYTES = 20;
    private static final int CHARACTER_BYTES = 4;
    private static final int MOST_CHARACTERS = 255;

    private final Database database;
    private final MariadbTables tables;

    MariadbTargets(Database database, MariadbTables tables) {
        this.database = database;
        this.tables = tables;
    }

    /// Where tables of no named schema are.
    private String schema() {
        return Optional.ofNullable(tables.schema())
                .or(() -> database.rows(row -> Optional.ofNullable(row.getString(1)), "SELECT DATABASE()")
                        .getFirst())
                .orElseThrow(() -> FailureException.permanent(
                        "the URL of the data source names no schema; write destination.mariadb.table as schema.table"));
    }

    /// Works alone. Other callers wait for it.
    ///
    /// @param indexes that the job wants
    void make(MariadbColumns wanted, List<Index> indexes) {
        String schema = schema();
        if (database.row(row -> true, "SELECT 1 FROM information_schema.schemata WHERE schema_name = ?", schema)
                .isEmpty()) {
            throw FailureException.permanent("there is no schema %s for the table %s; create it, and grant rights on it"
                    .formatted(schema, tables.table()));
        }
        String lock = "nightshift "
                + Digests.sha256(schema.getBytes(StandardCharsets.UTF_8)).substring(0, 16);
        boolean locked = database.rows(row -> row.getInt(1) == 1, "SELECT GET_LOCK(?, ?)", lock, LOCK_SECONDS)
                .getFirst();
        if (!locked) {
            throw new FailureException(
                    Failure.transientFailure("another coordinator has been preparing a batch in the schema %s for %d s"
                            .formatted(schema, LOCK_SECONDS)));
        }
        try {
            makeAlone(wanted, indexes);
        } finally {
            database.rows(row -> true, "SELECT RELEASE_LOCK(?)", lock);
        }
    }

    private void makeAlone(MariadbColumns wanted, List<Index> indexes) {
        create(tables.register(), REGISTER_COLUMNS);
        create(tables.parts(), PARTS_COLUMNS);
        List<String> others = others();
        if (!others.isEmpty()) {
            throw FailureException.permanent(String.join("\n", others));
        }
        table(tables.batches(), wanted.predictions());
        table(tables.quarantineBatches(), wanted.quarantine());
        boolean named =
                wanted.predictions().stream().anyMatch(column -> column.name().equals("record_id"));
        String id = named ? "record_id" : "record_row";
        index(id, List.of(id));
        indexes.forEach(index -> index(nameOf(index), index.columns()));
        String published = "r.\"target\" = %s AND r.\"published_at\" IS NOT NULL".formatted(literal(tables.table()));
        view(tables.table(), tables.batches(), published);
        view(tables.latest(), tables.batches(), "r.\"number\" = (%s)".formatted(newest()));
        view(tables.quarantine(), tables.quarantineBatches(), published);
    }

    /// The number of the newest batch, by when it began: an older one that is published later doesn't replace it.
    private String newest() {
        return "SELECT n.\"number\" FROM %s AS n WHERE n.\"target\" = %s AND n.\"published_at\" IS NOT NULL ORDER BY n.\"created_at\" DESC, n.\"number\" DESC LIMIT 1"
                .formatted(tables.sql(tables.register()), literal(tables.table()));
    }

    private void create(String name, String columns) {
        if (!exists(name)) {
            database.run(
                    "CREATE TABLE IF NOT EXISTS %s (%s) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE %s"
                            .formatted(tables.sql(name), columns, collation()));
        }
    }

    /// Compares byte by byte, spaces at the end included.
    private String collation() {
        boolean isMariadb = database.rows(row -> row.getString(1), "SELECT VERSION()")
                .getFirst()
                .contains("MariaDB");
        return isMariadb ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
    }

    /// Whether there is a table or view of this name.
    boolean exists(String name) {
        return database.row(
                        row -> true,
                        "SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ?",
                        schema(),
                        name)
                .isPresent();
    }

    private List<String> others() {
        List<String> others = new ArrayList<>();
        if (!exists(tables.batches())) {
            for (String view : List.of(tables.table(), tables.latest(), tables.quarantine())) {
                if (exists(view)) {
                    others.add(other(view));
                }
            }
        }
        for (String table : List.of(tables.batches(), tables.quarantineBatches())) {
            if (exists(table) && !columns(table).containsKey(MariadbTables.BATCH)) {
                others.add(other(table));
            }
        }
        return others;
    }

    private String other(String name) {
        return "%s exists, and Nightshift did not create it; name another table under destination.mariadb, or rename that one"
                .formatted(tables.sql(name));
    }

    /// Why [#make] would fail for these columns, without changing anything.
    List<String> obstacles(MariadbColumns wanted) {
        List<String> obstacles = others();
        if (obstacles.isEmpty()) {
            obstacles.addAll(differences(tables.batches(), wanted.predictions()));
            obstacles.addAll(differences(tables.quarantineBatches(), wanted.quarantine()));
        }
        return obstacles;
    }

    private List<String> differences(String name, List<OutputColumn> wanted) {
        Map<String, String> present = columns(name);
        return wanted.stream()
                .filter(column -> present.containsKey(column.name()))
                .filter(column -> !column.type().equals(present.get(column.name())))
                .map(column ->
                        "the column %s of %s is %s, but the job's is %s; rename or cast it under source.select, or name another table"
                                .formatted(column.name(), tables.sql(name), present.get(column.name()), column.type()))
                .toList();
    }

    private void table(String name, List<OutputColumn> wanted) {
        if (!exists(name)) {
            String columns = wanted.stream()
                    .map(column -> quoted(column.name()) + " " + column.type()
                            + (column.name().equals(MariadbTables.PARTITION) ? " NOT NULL" : ""))
                    .collect(Collectors.joining(", "));
            create(
                    name,
                    "\"%s\" int NOT NULL, \"%s\" int NOT NULL, \"%s\" int NOT NULL, %s, PRIMARY KEY (%s)"
                            .formatted(MariadbTables.BATCH, MariadbTables.ATTEMPT, MariadbTables.ROW, columns, KEY));
            return;
        }
        List<String> differences = differences(name, wanted);
        if (!differences.isEmpty()) {
            throw FailureException.permanent(String.join("\n", differences));
        }
        Map<String, String> present = columns(name);
        for (OutputColumn column : wanted) {
            if (!present.containsKey(column.name())) {
                database.run("ALTER TABLE %s ADD COLUMN %s %s"
                        .formatted(tables.sql(name), quoted(column.name()), column.type()));
            }
        }
    }

    /// The columns of a table with their types, in order.
    Map<String, String> columns(String name) {
        Map<String, String> columns = new LinkedHashMap<>();
        database.rows(row -> new OutputColumn(row.getString(1), row.getString(2)), """
                SELECT column_name, column_type FROM information_schema.columns
                WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position""", schema(), name)
                .forEach(column -> columns.put(
                        column.name(),
                        column.type().replaceAll("\\b(tinyint|smallint|mediumint|int|bigint)\\(\\d+\\)", "$1")));
        return columns;
    }

    // Indexes. Each begins with the batch, by which all views select.

    /// The name of an index that a job wants.
    static String nameOf(Index index) {
        return "nightshift_"
                + Digests.sha256(String.join("\n", index.columns()).getBytes(StandardCharsets.UTF_8))
                        .substring(0, 16);
    }

    private void index(String name, List<String> columns) {
        if (hasIndex(name)) {
            return;
        }
        Map<String, String> types = columns(tables.batches());
        long texts = columns.stream().filter(column -> isText(types, column)).count();
        long rest = INDEX_BYTES - NUMBER_BYTES * (columns.size() - texts + 1);
        long characters = texts == 0 ? 0 : Math.clamp(rest / texts / CHARACTER_BYTES, 1, MOST_CHARACTERS);
        String indexed = columns.stream()
                .map(column -> quoted(column) + (isText(types, column) ? "(" + characters + ")" : ""))
                .collect(Collectors.joining(", "));
        database.run("CREATE INDEX %s ON %s (%s, %s)"
                .formatted(quoted(name), tables.sql(tables.batches()), quoted(MariadbTables.BATCH), indexed));
    }

    private static boolean isText(Map<String, String> types, String column) {
        String type = types.getOrDefault(column, "");
        return type.contains("text") || type.contains("blob") || type.startsWith("varchar");
    }

    boolean hasIndex(String name) {
        return database.row(row -> true, """
                        SELECT 1 FROM information_schema.statistics
                        WHERE table_schema = ? AND table_name = ? AND index_name = ?""", schema(), tables.batches(), name).isPresent();
    }

    // Views.

    /// The columns that readers see of a table's rows `b` and their batch's row `r`: all except those that only
    /// Nightshift needs, and the batch's ID before the time, or before the partition where there is none.
    List<String> shown(String table) {
        List<String> names = new ArrayList<>(columns(table).keySet());
        names.removeAll(HIDDEN);
        int time = names.indexOf("predicted_at");
        names.add(time < 0 ? names.indexOf(MariadbTables.PARTITION) : time, "batch_id");
        return names;
    }

    /// A query of what readers see.
    ///
    /// @param condition over the rows `b` and their batch's row `r`
    String select(String table, String condition) {
        String columns = shown(table).stream()
                .map(name -> (name.equals("batch_id") ? "r." : "b.") + quoted(name))
                .collect(Collectors.joining(", "));
        return "SELECT %s FROM %s AS b JOIN %s AS r ON r.\"number\" = b.\"%s\" WHERE %s"
                .formatted(columns, tables.sql(table), tables.sql(tables.register()), MariadbTables.BATCH, condition);
    }

    /// A view that is as it should be is left alone: replacing it waits for transactions that read it.
    private void view(String name, String table, String condition) {
        if (!List.copyOf(columns(name).keySet()).equals(shown(table))) {
            database.run("CREATE OR REPLACE VIEW %s AS %s".formatted(tables.sql(name), select(table, condition)));
        }
    }

    // Rights and settings, which `check` reports.

    private static final List<String> RIGHTS =
            List.of("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "CREATE VIEW");

    /// Why no batch can have rows in the schema, whatever the job.
    List<String> reasons() {
        List<String> reasons = new ArrayList<>();
        if (isOff("@@GLOBAL.local_infile")) {
            reasons.add(
                    "the server refuses LOAD DATA LOCAL; set local_infile = ON in its configuration, and run: SET GLOBAL local_infile = ON");
        }
        if (!isOff("@@GLOBAL.read_only")) {
            reasons.add("the server is read-only (read_only), as replicas are");
        }
        if (!isOff("@@GLOBAL.log_bin")
                && database.row(row -> true, "SELECT 1 FROM DUAL WHERE @@GLOBAL.binlog_format = 'STATEMENT'")
                        .isPresent()) {
            reasons.add("the server's binary log has the format STATEMENT; set binlog_format = MIXED or ROW");
        }
        String schema;
        try {
            schema = schema();
        } catch (FailureException e) {
            reasons.add(e.failure().message());
            return reasons;
        }
        if (database.row(row -> true, "SELECT 1 FROM information_schema.schemata WHERE schema_name = ?", schema)
                .isEmpty()) {
            reasons.add("there is no schema %s, or the user has no rights on it".formatted(schema));
        } else {
            missingRights(schema).ifPresent(reasons::add);
        }
        return reasons;
    }

    private boolean isOff(String variable) {
        return Set.of("0", "OFF")
                .contains(String.valueOf(database.rows(row -> row.getString(1), "SELECT " + variable)
                        .getFirst()));
    }

    /// The catalog lists the rights of a user, but not those of its roles. So a user with an active role is
    /// not judged.
    private Optional<String> missingRights(String schema) {
        String user =
                database.rows(row -> row.getString(1), "SELECT CURRENT_USER()").getFirst();
        boolean hasRole = database.rows(row -> Optional.ofNullable(row.getString(1)), "SELECT CURRENT_ROLE()")
                .getFirst()
                .filter(role -> !role.equalsIgnoreCase("NONE"))
                .isPresent();
        List<String> found = database.rows(row -> row.getString(1), """
                SELECT privilege_type FROM information_schema.user_privileges
                UNION SELECT privilege_type FROM information_schema.schema_privileges WHERE ? LIKE table_schema""", schema);
        List<String> missing =
                RIGHTS.stream().filter(right -> !found.contains(right)).toList();
        if (hasRole || missing.isEmpty()) {
            return Optional.empty();
        }
        int at = user.lastIndexOf('@');
        return Optional.of("the user %s lacks rights on the schema %s; run: GRANT %s ON `%s`.* TO '%s'@'%s'"
                .formatted(
                        user,
                        schema,
                        String.join(", ", missing),
                        schema.replace("`", "``"),
                        user.substring(0, at),
                        user.substring(at + 1)));
    }
}
