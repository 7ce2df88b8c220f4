package io.nightshift.worker.partition;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.scoring.model.ModelDescription;

/// The memory that a node needs to score a job: overhead + model + threads × block × row width. The block, a
/// row group of the output, is made as large as fits.
///
/// @param overhead of the JVM, the cluster and DuckDB, in bytes
/// @param model the loaded model, in bytes
/// @param threads that score
/// @param blockRows rows of a block
/// @param rowBytes one row's features, outputs and passed-through columns, in bytes
public record MemoryEstimate(long overhead, long model, int threads, int blockRows, long rowBytes) {

    /// The largest block: DuckDB's own row group.
    public static final int MAX_BLOCK_ROWS = 122_880;

    /// The smallest: DuckDB's vector.
    private static final int MIN_BLOCK_ROWS = 2_048;

    /// Measured: resident memory of a node that scores a narrow job; see `docs/performance.md`.
    private static final long OVERHEAD = 260L << 20;

    /// Values are held as read, as computed, and encoded for writing.
    private static final int COPIES = 3;

    private static final int NUMBER_BYTES = 8;
    private static final int COLUMN_BYTES = 32;
    private static final int FIXED_COLUMNS = 3;

    /// @param modelBytes what the loaded model holds
    /// @param budget the memory the node may use, in bytes
    /// @throws FailureException with the figures, if not even the smallest block fits
    public static MemoryEstimate of(Job job, ModelDescription model, long modelBytes, int threads, long budget) {
        int columns = job.output().columns().size() + FIXED_COLUMNS;
        int margins = job.output().margin() ? model.margins() : 0;
        long rowBytes = (long) COPIES
                * (NUMBER_BYTES * (model.features().size() + model.outputs() + margins) + COLUMN_BYTES * columns);
        long blocks = (budget - OVERHEAD - modelBytes) / threads / rowBytes;
        int blockRows = (int) Math.min(MAX_BLOCK_ROWS, blocks / MIN_BLOCK_ROWS * MIN_BLOCK_ROWS);
        if (blockRows < MIN_BLOCK_ROWS) {
            MemoryEstimate least = new MemoryEstimate(OVERHEAD, modelBytes, threads, MIN_BLOCK_ROWS, rowBytes);
            throw FailureException.permanent(
                    "the job does not fit this machine: it needs %s, and %s may be used. Score with fewer --threads, or pass fewer columns through"
                            .formatted(least, megabytes(budget)));
        }
        return new MemoryEstimate(OVERHEAD, modelBytes, threads, blockRows, rowBytes);
    }

    public long bytes() {
        return overhead + model + (long) threads * blockRows * rowBytes;
    }

    @Override
    public String toString() {
        return "%s (%s overhead + %s model + %d threads × %,d rows × %,d bytes)"
                .formatted(megabytes(bytes()), megabytes(overhead), megabytes(model), threads, blockRows, rowBytes);
    }

    private static String megabytes(long bytes) {
        return "%,d MB".formatted((bytes + (1 << 20) - 1) >> 20);
    }
}
