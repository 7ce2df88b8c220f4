package io.nightshift.destination.postgres;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.PostgresDestination;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// The names of what a batch has in a database, and of what all batches of a table share.
///
/// ```
/// TABLE, TABLE_latest, TABLE_quarantine    views: what readers query
/// TABLE_batches, TABLE_quarantine_batches  what they are over: partitioned, a partition for each published batch
/// nightshift_staging_TOKEN, …_TOKENq       a batch's rows while it is not published, and its bad ones
/// TABLE_TOKEN, TABLE_TOKENq                the same, published
/// nightshift_quarantine_TOKEN              the bad rows of a cancelled batch
/// nightshift_batches, nightshift_parts     every batch, and the commit of each partition
/// ```
///
/// @param schema null for the first of the user's search path
/// @param token tells the batches of a database apart: 16 hexadecimal digits
public record BatchTables(@Nullable String schema, String table, String token) {

    /// The column of the ID of a row's batch, by which the tables are partitioned.
    static final String BATCH = "batch_id";

    private static final int TOKEN = 8;

    public static BatchTables of(PostgresDestination postgres, BatchId batch) {
        String named = postgres.table() + " " + batch;
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(named.getBytes(StandardCharsets.UTF_8));
            return new BatchTables(
                    postgres.schema(), postgres.table(), HexFormat.of().formatHex(hash, 0, TOKEN));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    public String latest() {
        return table + "_latest";
    }

    public String quarantine() {
        return table + "_quarantine";
    }

    public String batches() {
        return table + "_batches";
    }

    public String quarantineBatches() {
        return table + "_quarantine_batches";
    }

    public String staging() {
        return "nightshift_staging_" + token;
    }

    public String quarantineStaging() {
        return staging() + "q";
    }

    public String keptQuarantine() {
        return "nightshift_quarantine_" + token;
    }

    public String published() {
        return table + "_" + token;
    }

    public String publishedQuarantine() {
        return published() + "q";
    }

    /// The index by which a published table finds the rows of a partition that another batch reuses.
    ///
    /// @param table [#published()] or [#publishedQuarantine()]
    String indexOfPartitions(String table) {
        return "nightshift_" + token + (table.equals(published()) ? "p" : "qp");
    }

    /// The register of a schema's batches.
    public String register() {
        return "nightshift_batches";
    }

    /// The table of the commits of partitions.
    public String parts() {
        return "nightshift_parts";
    }

    /// A name as SQL takes it, with its schema.
    public String sql(String name) {
        return schema == null ? quoted(name) : quoted(schema) + "." + quoted(name);
    }

    /// A name as an identifier.
    public static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /// A text as a literal, whatever the server's settings.
    public static String literal(String text) {
        String quoted = "'" + text.replace("'", "''") + "'";
        return text.contains("\\") ? " E" + quoted.replace("\\", "\\\\") : quoted;
    }
}
