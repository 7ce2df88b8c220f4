package io.nightshift.cli.doctor;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.Database;
import io.nightshift.storage.endpoint.Diagnosis;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Examines a database: whether it can be reached. Of PostgreSQL, also its version and settings, and what the user
/// may do. Changes nothing.
final class DatabaseExamination {

    private static final int LEAST_VERSION = 13;
    private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(2);

    private final DataSourceSettings settings;
    private final String what;
    private final InstantSource clock;

    /// @param what the database is in the report
    DatabaseExamination(DataSourceSettings settings, String what, InstantSource clock) {
        this.settings = settings;
        this.what = what;
        this.clock = clock;
    }

    /// The settings that the server reports.
    ///
    /// @param time the server's, in milliseconds since 1970
    private record Server(
            int versionNumber,
            String version,
            boolean isReadOnly,
            String synchronousCommit,
            String fsync,
            String fullPageWrites,
            long time) {}

    /// Examines a data source, to which jobs write.
    List<Diagnosis> dataSource() {
        return examine(false);
    }

    /// Looks whether a MariaDB or MySQL database can be reached.
    Diagnosis mariadb() {
        try (Database database = Database.open(settings, what, Duration.ZERO)) {
            return Diagnosis.fine(
                    what,
                    "MariaDB or MySQL "
                            + database.row(row -> row.getString(1), "SELECT version()")
                                    .orElse(""));
        } catch (FailureException e) {
            return unreachable(e);
        }
    }

    private Diagnosis unreachable(FailureException e) {
        return Diagnosis.problem(
                what,
                String.valueOf(e.getMessage()),
                "Check the URL, the user and the password in the configuration, and that the database runs.");
    }

    /// Examines the database of a cluster's journal, and compares its clock with this machine's.
    List<Diagnosis> journal() {
        return examine(true);
    }

    private List<Diagnosis> examine(boolean isJournal) {
        List<Diagnosis> found = new ArrayList<>();
        try (Database database = Database.open(settings, what, Duration.ZERO)) {
            Instant before = clock.instant();
            Server server = server(database, isJournal);
            Instant after = clock.instant();
            found.add(reachable(server));
            found.add(durability(server));
            found.add(isJournal ? journalPermissions(database) : dataSourcePermissions(database));
            if (isJournal) {
                found.add(clock(before, after, Instant.ofEpochMilli(server.time())));
            }
        } catch (FailureException e) {
            found.add(unreachable(e));
        }
        return found;
    }

    private static Server server(Database database, boolean isJournal) {
        // This session has settings of its own, as those to destinations do. The sessions of the journal have none.
        String setting = isJournal ? "reset_val" : "setting";
        return database.row(
                        row -> new Server(
                                row.getInt(1),
                                row.getString(2),
                                row.getBoolean(3),
                                row.getString(4),
                                row.getString(5),
                                row.getString(6),
                                row.getLong(7)),
                        """
                        SELECT current_setting('server_version_num')::int, current_setting('server_version'),
                               pg_is_in_recovery()
                               OR (SELECT %1$s FROM pg_settings WHERE name = 'default_transaction_read_only')::boolean,
                               (SELECT %1$s FROM pg_settings WHERE name = 'synchronous_commit'),
                               current_setting('fsync'), current_setting('full_page_writes'),
                               (extract(epoch FROM clock_timestamp()) * 1000)::bigint
                        """.formatted(setting))
                .orElseThrow();
    }

    private Diagnosis reachable(Server server) {
        String found = "PostgreSQL %s".formatted(server.version());
        if (server.versionNumber() < LEAST_VERSION * 10_000) {
            return Diagnosis.problem(what, found, "Use PostgreSQL %d or newer.".formatted(LEAST_VERSION));
        }
        return server.isReadOnly()
                ? Diagnosis.problem(
                        what,
                        found + ", which accepts no writes: it is a standby server, or read-only",
                        "Let the URL name the primary server, for example with ?targetServerType=primary.")
                : Diagnosis.fine(what, found);
    }

    private Diagnosis durability(Server server) {
        String found = "synchronous_commit is %s, fsync is %s, full_page_writes is %s"
                .formatted(server.synchronousCommit(), server.fsync(), server.fullPageWrites());
        boolean loses = List.of(server.synchronousCommit(), server.fsync(), server.fullPageWrites())
                .contains("off");
        return loses
                ? Diagnosis.problem(
                        what + " durability",
                        found + "; a crash of the server can lose commits that it has acknowledged",
                        "Set all three to on, for this user and this database too.")
                : Diagnosis.fine(what + " durability", found);
    }

    private Diagnosis journalPermissions(Database database) {
        String missing = database.row(row -> row.getString(1), """
                        SELECT concat_ws(', ',
                          CASE WHEN to_regnamespace('nightshift') IS NULL
                                    AND NOT has_database_privilege(current_database(), 'CREATE')
                               THEN 'CREATE on the database' END,
                          CASE WHEN NOT has_schema_privilege(to_regnamespace('nightshift'), 'USAGE')
                               THEN 'USAGE on the schema nightshift' END,
                          CASE WHEN NOT has_schema_privilege(to_regnamespace('nightshift'), 'CREATE')
                               THEN 'CREATE on the schema nightshift' END)
                        """).orElse("");
        // Without USAGE the table's name can't be looked up.
        if (missing.isEmpty()) {
            missing = database.row(row -> row.getString(1), """
                            SELECT concat_ws(', ',
                              CASE WHEN NOT has_table_privilege(to_regclass('nightshift.event_journal'), 'SELECT')
                                   THEN 'SELECT on nightshift.event_journal' END,
                              CASE WHEN NOT has_table_privilege(to_regclass('nightshift.event_journal'), 'INSERT')
                                   THEN 'INSERT on nightshift.event_journal' END)
                            """).orElse("");
        }
        return permissions(missing);
    }

    private Diagnosis dataSourcePermissions(Database database) {
        @Nullable
        String schema = database.rows(row -> row.getString(1), "SELECT current_schema()")
                .getFirst();
        if (schema == null) {
            return Diagnosis.warning(
                    what + " permissions",
                    "the user's search path names no schema",
                    "Jobs must name the schema of their table: destination.postgres.table: SCHEMA.TABLE.");
        }
        boolean creates = database.row(
                        row -> row.getBoolean(1), "SELECT has_schema_privilege(current_schema(), 'CREATE')")
                .orElse(false);
        return creates
                ? Diagnosis.fine(what + " permissions", "the user can create tables in the schema " + schema)
                : Diagnosis.warning(
                        what + " permissions",
                        "the user can't create tables in the schema " + schema,
                        "Jobs must name a schema in which the user has the permission CREATE.");
    }

    private Diagnosis permissions(String missing) {
        return missing.isEmpty()
                ? Diagnosis.fine(what + " permissions", "the user can create, read and write the tables of the journal")
                : Diagnosis.problem(
                        what + " permissions",
                        "missing: " + missing,
                        "Grant them to the user, as the owner of the database.");
    }

    /// @param before when the server was asked
    /// @param after when it had answered
    static Diagnosis clock(Instant before, Instant after, Instant server) {
        Duration ahead = server.isBefore(before)
                ? Duration.between(server, before)
                : server.isAfter(after) ? Duration.between(after, server).negated() : Duration.ZERO;
        Duration distance = ahead.abs();
        String found = distance.compareTo(Duration.ofMillis(100)) < 0
                ? "agrees with the database's clock"
                : "%.1f s %s the database's clock"
                        .formatted(distance.toMillis() / 1e3, ahead.isNegative() ? "behind" : "ahead of");
        return distance.compareTo(CLOCK_TOLERANCE) > 0
                ? Diagnosis.problem("clock", found, "Synchronize both clocks, for example with NTP.")
                : Diagnosis.fine("clock", found);
    }
}
