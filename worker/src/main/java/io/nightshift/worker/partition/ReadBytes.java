package io.nightshift.worker.partition;

import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.plan.Slice;
import org.jspecify.annotations.Nullable;

/// Measures or estimates how many bytes one attempt has read from its source. For the scoring thread.
final class ReadBytes {

    private static final long UNKNOWN = -1;

    private final Lease lease;
    private final @Nullable ReadSamples samples;
    private long measured = UNKNOWN;
    private boolean isComplete;

    /// @param samples of other attempts; null if no attempt is profiled
    ReadBytes(Lease lease, @Nullable ReadSamples samples) {
        this.lease = lease;
        this.samples = samples;
    }

    /// Counts the attempt, and says whether to profile the query that reads.
    boolean isSampleDue() {
        return samples != null && samples.isDue(lease.attempt().batch());
    }

    /// The query that reads was profiled.
    ///
    /// @param profile DuckDB's, as JSON
    void profiled(String profile) {
        if (samples != null) {
            long sampled = samples.sampled(lease.attempt().batch(), profile, planned());
            measured = sampled == 0 ? UNKNOWN : sampled;
        }
    }

    /// All rows were read and scored.
    void completed() {
        isComplete = true;
    }

    /// The bytes read until now: measured, or estimated by those of other attempts, or by the size of the files.
    ///
    /// @param scored the rows scored until now
    long until(long scored) {
        if (measured != UNKNOWN) {
            return measured;
        }
        double whole = 0;
        for (Slice slice : lease.slices()) {
            whole += slice.rows() == 0
                    ? 0
                    : (double) slice.file().bytes()
                            * slice.rows()
                            / slice.file().rows();
        }
        long planned = planned();
        // The job may let fewer rows through than it reads.
        long done = isComplete ? planned : Math.min(scored, planned);
        long all = planned == 0 ? 0 : (long) (whole * done / planned);
        return samples == null ? all : samples.estimate(lease.attempt().batch(), done, all);
    }

    private long planned() {
        return AttemptRows.planned(lease.slices());
    }
}
