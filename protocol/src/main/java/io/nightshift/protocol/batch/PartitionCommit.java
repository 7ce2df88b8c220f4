package io.nightshift.protocol.batch;

import org.jspecify.annotations.Nullable;

/// The ledger's line about one committed partition: what was read, and what came of every row.
///
/// @param partition position in the plan, from 0
/// @param epoch of the winning attempt
/// @param node that scored it, `host:port`
/// @param firstRow position of its first row in the batch's input, all files taken one after
///     another in the pinned order
/// @param rows the length of its range in rows
/// @param read rows of the range that the job's `where` lets through
/// @param part the file of predictions
/// @param quarantine the file of bad rows, or null where there are none
/// @param model SHA-256 of the model file that scored it
public record PartitionCommit(
        int partition,
        Epoch epoch,
        String node,
        long firstRow,
        long rows,
        long read,
        OutputFile part,
        @Nullable OutputFile quarantine,
        String model) {

    /// One written file.
    ///
    /// @param rows it holds, 0 or more
    /// @param bytes its length
    /// @param sha256 its digest, 64 hexadecimal digits
    public record OutputFile(long rows, long bytes, String sha256) {}

    public PartitionCommit {
        if (partition < 0 || firstRow < 0) {
            throw new IllegalArgumentException("partition %d at row %d".formatted(partition, firstRow));
        }
        long quarantinedRows = quarantine == null ? 0 : quarantine.rows();
        if (read != part.rows() + quarantinedRows) {
            throw new IllegalArgumentException("partition %d: %d rows read, but %d predicted and %d quarantined"
                    .formatted(partition, read, part.rows(), quarantinedRows));
        }
        if (read > rows) {
            throw new IllegalArgumentException(
                    "partition %d: %d rows read of a range of %d".formatted(partition, read, rows));
        }
    }

    public long predictions() {
        return part.rows();
    }

    public long quarantined() {
        return quarantine == null ? 0 : quarantine.rows();
    }

    public long bytes() {
        return part.bytes() + (quarantine == null ? 0 : quarantine.bytes());
    }

    public Attempt attempt(BatchId batch) {
        return new Attempt(batch, partition, epoch);
    }
}
