package io.nightshift.source.lake;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A data file as a plan pins it: a [SourceFile] with the file's live rows, whose tag changes with its deletes.
///
/// @param snapshot that has the file
/// @param rows of the file, deleted ones included; null if none is deleted
/// @param tag of the Parquet file itself; null if none is deleted
/// @param deletes [LakeDeletes#digest()]; null if nothing is deleted
/// @param reading how the Parquet file is read
record PinnedFile(
        PinnedSnapshot snapshot,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long rows,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String tag,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String deletes,
        String reading) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /// The beginning of the text of every such file, and of no other.
    private static final String BEGIN = "{\"snapshot\":{\"table\":";

    static PinnedFile of(SourceFile pinned) {
        try {
            return JSON.readValue(Objects.requireNonNull(pinned.schema()), PinnedFile.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not the pin of a data file: " + pinned.schema(), e);
        }
    }

    /// Null if a pinned file is not one of a table of a lake.
    static @Nullable PinnedFile ofAny(SourceFile pinned) {
        return pinned.schema() != null && pinned.schema().startsWith(BEGIN) ? of(pinned) : null;
    }

    /// A file of which nothing is deleted.
    ///
    /// @param parquet the Parquet file, as its own reader pins it
    static SourceFile whole(PinnedSnapshot snapshot, SourceFile parquet) {
        String text = new PinnedFile(snapshot, null, null, null, Objects.requireNonNull(parquet.schema())).text();
        return new SourceFile(parquet.path(), parquet.bytes(), parquet.modified(), parquet.rows(), parquet.tag(), text);
    }

    /// A file of which rows are deleted.
    ///
    /// @param parquet the Parquet file, as its own reader pins it
    /// @param live how many rows are left
    static SourceFile part(PinnedSnapshot snapshot, SourceFile parquet, long live, String deletes) {
        String text = new PinnedFile(
                        snapshot, parquet.rows(), parquet.tag(), deletes, Objects.requireNonNull(parquet.schema()))
                .text();
        String tag = digest(parquet.tag() + "\n" + deletes).substring(0, SourceFile.TAG_DIGITS);
        return new SourceFile(parquet.path(), parquet.bytes(), parquet.modified(), live, tag, text);
    }

    private String text() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /// The Parquet file, as its own reader pins it.
    SourceFile parquet(SourceFile pinned) {
        return new SourceFile(
                pinned.path(),
                pinned.bytes(),
                pinned.modified(),
                rows == null ? pinned.rows() : rows,
                tag == null ? pinned.tag() : tag,
                reading,
                pinned.lookup());
    }

    /// The positions of a slice in the Parquet file.
    ///
    /// @param live null if nothing is deleted
    Slice positions(Slice slice, @Nullable LiveRows live) {
        SourceFile parquet = parquet(slice.file());
        long first = slice.firstRow();
        long rowCount = slice.rows();
        if (live != null && live.count() != slice.file().rows()) {
            throw FailureException.permanent(
                    "source: %s has %,d rows that are not deleted, and had %,d when the batch was planned"
                            .formatted(
                                    slice.file().path(),
                                    live.count(),
                                    slice.file().rows()));
        }
        if (live != null && rowCount > 0) {
            first = live.position(slice.firstRow());
            rowCount = live.position(slice.endRow() - 1) + 1 - first;
        }
        return new Slice(parquet, first, rowCount, slice.cut() == null ? rowCount : slice.selected(), slice.cut());
    }

    /// All positions of the Parquet file of a slice that has all live rows.
    Slice allPositions(Slice slice) {
        SourceFile parquet = parquet(slice.file());
        return new Slice(
                parquet, 0, parquet.rows(), slice.cut() == null ? parquet.rows() : slice.selected(), slice.cut());
    }

    /// Whether the file stands for a table without rows.
    static boolean isWithoutRows(SourceFile pinned) {
        return pinned.bytes() == 0 && pinned.rows() == 0;
    }

    /// 64 hexadecimal digits.
    static String digest(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
