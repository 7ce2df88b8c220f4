package io.nightshift.mariadb;

import io.nightshift.protocol.job.MariadbDestination;
import java.util.Collection;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The names of what the batches of a table have in a database.
///
/// ```
/// TABLE, TABLE_latest, TABLE_quarantine    views: what readers query
/// TABLE_batches, TABLE_quarantine_batches  what they are over: the rows of all batches, open ones included
/// nightshift_batches, nightshift_parts     every batch with its number, and the commit of each partition
/// ```
///
/// The rows of a supplement that is not published have the negative number of their batch, and its row in
/// `nightshift_parts` is marked as staged: without an attempt while it is open, with attempt 0 if it was
/// discarded.
///
/// @param schema null for that of the data source's URL
public record MariadbTables(@Nullable String schema, String table) {

    /// Columns of the rows, which readers don't see. With `batch_partition` they are the primary key.
    static final String BATCH = "nightshift_batch";

    static final String ATTEMPT = "nightshift_attempt";
    static final String ROW = "nightshift_row";

    static final String PARTITION = "batch_partition";

    public static MariadbTables of(MariadbDestination destination) {
        return new MariadbTables(destination.schema(), destination.table());
    }

    String latest() {
        return table + "_latest";
    }

    String quarantine() {
        return table + "_quarantine";
    }

    public String batches() {
        return table + "_batches";
    }

    public String quarantineBatches() {
        return table + "_quarantine_batches";
    }

    /// The register of a schema's batches.
    String register() {
        return "nightshift_batches";
    }

    /// The table of the commits of partitions.
    String parts() {
        return "nightshift_parts";
    }

    /// A name as SQL takes it, with its schema.
    String sql(String name) {
        return schema == null ? quoted(name) : quoted(schema) + "." + quoted(name);
    }

    /// A name as an identifier, in the sessions that write.
    static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    static String list(Collection<String> names) {
        return names.stream().map(MariadbTables::quoted).collect(Collectors.joining(", "));
    }

    /// A text as a literal, in the sessions that write.
    static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }
}
