package io.nightshift.source.sql;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.protocol.plan.SourceFile;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A piece of a table or a query, as a plan pins it: a range of the key or of the pages, with its rows.
///
/// The bounds are texts in the database's own form, and are compared by nobody but the database: Java does not know
/// how a collation orders texts.
///
/// @param table the table in the database's SQL, quoted; null for a query
/// @param columns a digest of the columns' names and types
/// @param key the column that is ranged over; null if there is none
/// @param keyType the database's name of its type, for literals; null without a key
/// @param from the first value or page of the range; null: no limit
/// @param to the value or page after the range; null: no limit
/// @param nulls whether the piece is the rows whose key is NULL
/// @param pages whether the range is of pages of a PostgreSQL table
/// @param order what the rows are sorted by, so that each has one position
/// @param rows that the piece has
/// @param checksum of the rows, whatever their order
/// @param storage the file that PostgreSQL kept the table in, as a number, if the checksum is of positions; else 0
/// @param snapshot the snapshot that the plan was made in; null if there is none to share
@JsonInclude(JsonInclude.Include.NON_DEFAULT)
record SqlPiece(
        @Nullable String table,
        String columns,
        @Nullable String key,
        @Nullable String keyType,
        @Nullable String from,
        @Nullable String to,
        boolean nulls,
        boolean pages,
        String order,
        long rows,
        String checksum,
        long storage,
        @Nullable Snapshot snapshot) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /// A snapshot of a PostgreSQL database that one connection has exported.
    ///
    /// @param id by which another connection imports it
    /// @param view what it sees, in PostgreSQL's form: another snapshot of the same id has another
    /// @param started when the server was started: IDs may come again after that
    record Snapshot(String id, String view, String started) {}

    static SqlPiece of(SourceFile file) {
        try {
            return JSON.readValue(Objects.requireNonNull(file.schema(), file.path()), SqlPiece.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the plan of %s is damaged".formatted(file.path()), e);
        }
    }

    String json() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    SqlPiece in(@Nullable Snapshot shared) {
        return new SqlPiece(
                table, columns, key, keyType, from, to, nulls, pages, order, rows, checksum, storage, shared);
    }

    /// The identity of the rows: what is read, and a checksum of it.
    ///
    /// @param definition of the source
    String tag(String definition) {
        return digest(definition + "\n" + in(null).json(), SourceFile.TAG_DIGITS);
    }

    /// The range for people.
    String range() {
        if (nulls) {
            return key + " is null";
        }
        if (from == null && to == null) {
            return "all";
        }
        String name = pages ? "pages" : key;
        return to == null
                ? name + " from " + shown(from)
                : from == null
                        ? name + " before " + shown(to)
                        : "%s from %s before %s".formatted(name, shown(from), shown(to));
    }

    private static String shown(@Nullable String bound) {
        String text = Objects.requireNonNull(bound).replaceAll("[\\p{Cntrl}/]", "?");
        return text.length() <= 40 ? text : text.substring(0, text.offsetByCodePoints(0, 30)) + "…";
    }

    static String digest(String text, int digits) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest).substring(0, digits);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
