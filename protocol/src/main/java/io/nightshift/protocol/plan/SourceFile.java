package io.nightshift.protocol.plan;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The pinned identity of an input file. It does not name the node's device or inode, so that all nodes, and a
/// file that was restored with its modification time, have the same identity.
///
/// @param path absolute
/// @param bytes the length of the file
/// @param modified the modification time, as precise as the file system keeps it
/// @param rows the number of rows that the file holds
/// @param tag [#TAG_DIGITS] hexadecimal digits, a digest of the part of the file that describes its content: the
///     footer of a Parquet file
/// @param schema what the source's reader needs to read the file again as it was planned, such as detected types;
///     its form is the reader's own. Null if the file itself says all
/// @param lookup the position in the job, from 0, of the lookup whose rows the file holds; null for a file of the
///     source itself
public record SourceFile(
        String path,
        long bytes,
        Instant modified,
        long rows,
        String tag,
        @Nullable String schema,
        @Nullable Integer lookup) {

    /// The number of hexadecimal digits in a tag.
    public static final int TAG_DIGITS = 32;

    /// A file that says itself how it is read.
    ///
    /// @param path absolute
    /// @param bytes the length of the file
    /// @param modified the modification time
    /// @param rows the number of rows that the file holds
    /// @param tag [#TAG_DIGITS] hexadecimal digits
    public SourceFile(String path, long bytes, Instant modified, long rows, String tag) {
        this(path, bytes, modified, rows, tag, null, null);
    }

    /// A file of the source itself.
    ///
    /// @param path absolute
    /// @param bytes the length of the file
    /// @param modified the modification time
    /// @param rows the number of rows that the file holds
    /// @param tag [#TAG_DIGITS] hexadecimal digits
    /// @param schema what the source's reader needs to read the file again, or null
    public SourceFile(String path, long bytes, Instant modified, long rows, String tag, @Nullable String schema) {
        this(path, bytes, modified, rows, tag, schema, null);
    }

    /// Whether the file holds rows of a lookup. These are in no partition.
    public boolean isLookup() {
        return lookup != null;
    }

    /// The same file as one of a lookup.
    ///
    /// @param position of the lookup in the job, from 0
    public SourceFile ofLookup(int position) {
        return new SourceFile(path, bytes, modified, rows, tag, schema, position);
    }

    /// The differences between this, the pinned identity, and the present length and time of the file, in
    /// words; empty if there is none.
    ///
    /// @param bytesNow the present length of the file in bytes
    /// @param modifiedNow the present modification time of the file
    public List<String> differences(long bytesNow, Instant modifiedNow) {
        List<String> differences = new ArrayList<>();
        if (bytesNow != bytes) {
            differences.add(String.format(Locale.ROOT, "its length was %,d bytes and is %,d", bytes, bytesNow));
        }
        if (!modifiedNow.equals(modified)) {
            differences.add("it was last modified at %s and now at %s".formatted(modified, modifiedNow));
        }
        return differences;
    }
}
