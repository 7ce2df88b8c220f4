package io.nightshift.source;

import io.nightshift.protocol.plan.SourceFile;

/// A pinned file and the bytes at its ends, which were read at once. The arrays are the caller's own.
public final class PinnedTail {

    private final SourceFile file;
    private final byte[] head;
    private final byte[] tail;

    /// @param file with 0 rows
    /// @param head the first bytes of the file: as many as the magic of a Parquet file has, at most
    /// @param tail the last bytes of the file: the whole footer of a Parquet file, at least 64 KiB of any file
    ///     that is so long
    public PinnedTail(SourceFile file, byte[] head, byte[] tail) {
        this.file = file;
        this.head = head;
        this.tail = tail;
    }

    /// The pin, with 0 rows.
    public SourceFile file() {
        return file;
    }

    /// The first bytes.
    public byte[] head() {
        return head;
    }

    /// The last bytes.
    public byte[] tail() {
        return tail;
    }
}
