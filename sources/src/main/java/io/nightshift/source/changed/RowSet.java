package io.nightshift.source.changed;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.plan.SourceFile;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Names the rows that a batch scores: an entry for each record id, with the fingerprint of its row. The
/// batch's plan names it after the files of the source, as it names the files of lookups.
///
/// @param batch that scores the rows
/// @param digest [SourceFile#TAG_DIGITS] hexadecimal digits, of the entries and of the sets that the rows were
///     compared with
/// @param rows the number of entries
/// @param whole whether the set has every row that was scored: the batch reads all rows of its source, or the set
///     stands for those of several batches
public record RowSet(BatchId batch, String digest, long rows, boolean whole) {

    /// The bytes of an entry: the key and the fingerprint.
    public static final int ENTRY_BYTES = 2 * Long.BYTES;

    private static final String PATH = "fingerprints:";
    private static final String WHOLE = "whole";

    /// The set as a plan names it.
    ///
    /// @param position after those of the job's lookups
    public SourceFile pinned(int position) {
        return new SourceFile(
                PATH + batch.value(),
                rows * ENTRY_BYTES,
                Instant.EPOCH,
                rows,
                digest,
                whole ? WHOLE : "changed",
                position);
    }

    /// The set that a plan names; null if the file is none.
    public static @Nullable RowSet of(SourceFile file) {
        return file.isLookup() && file.path().startsWith(PATH)
                ? new RowSet(
                        new BatchId(file.path().substring(PATH.length())),
                        file.tag(),
                        file.rows(),
                        WHOLE.equals(file.schema()))
                : null;
    }
}
