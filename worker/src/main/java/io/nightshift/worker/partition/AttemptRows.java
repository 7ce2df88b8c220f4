package io.nightshift.worker.partition;

import io.nightshift.destination.ScoredRows;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.source.BoundJob;
import io.nightshift.source.SourceReader.BoundSlices;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The rows that an attempt reads.
sealed interface AttemptRows {

    /// At least one group.
    List<BoundSlices> slices();

    /// How many rows are read, before the job's condition leaves out some.
    long count();

    /// How many further rows the attempt writes to the quarantine without reading them.
    long kept();

    /// The cut to which the rows belong; null if the output has no partition values.
    @Nullable
    Cut cut();

    /// The rows for a writer of quarantined rows.
    ScoredRows withKept(ScoredRows scored);

    /// @param read rows that the job's condition lets through
    /// @param predictions how many of them have a prediction
    /// @param reasons why the first of the others are quarantined
    /// @throws FailureException permanent, if these numbers are not what was asked for
    void check(long read, long predictions, List<String> reasons);

    /// The number of rows that slices select.
    static long planned(List<Slice> slices) {
        return slices.stream().mapToLong(Slice::selected).sum();
    }

    /// All rows of a partition.
    record Partition(List<BoundSlices> slices, List<Slice> planned) implements AttemptRows {

        @Override
        public long count() {
            return AttemptRows.planned(planned);
        }

        @Override
        public long kept() {
            return 0;
        }

        @Override
        public @Nullable Cut cut() {
            return Slice.cut(planned);
        }

        @Override
        public ScoredRows withKept(ScoredRows scored) {
            return scored;
        }

        @Override
        public void check(long read, long predictions, List<String> reasons) {
            // The job may leave out any rows, and any may be quarantined.
        }
    }

    /// Rows that were quarantined before, from a [QuarantineSelection].
    ///
    /// @param kept how many rows stay in the quarantine because they are not selected
    /// @param keptTable the table of these rows
    record Redriven(
            List<BoundSlices> slices,
            long count,
            long kept,
            String keptTable,
            @Nullable Cut cut) implements AttemptRows {

        /// With those that stay in the quarantine.
        @Override
        public ScoredRows withKept(ScoredRows scored) {
            BoundJob.Bound id = scored.job().id();
            return new ScoredRows(scored.job(), scored.model(), scored.scored(), () -> """
                    %s
                    UNION ALL
                    SELECT record_file, record_row, %sreason, "value", message, CAST("values" AS VARCHAR) FROM %s\
                    """.formatted(
                    scored.quarantined(), id == null ? "" : "CAST(record_id AS %s), ".formatted(id.type()), keptTable));
        }

        /// Refuses an attempt that has not read all selected rows, or scored none of them.
        @Override
        public void check(long read, long predictions, List<String> reasons) {
            if (read != count) {
                throw FailureException.permanent(
                        "%,d of the %,d selected rows are left out by source.where now. Select other rows with --where"
                                .formatted(count - read, count));
            }
            if (predictions == 0) {
                throw FailureException.permanent(
                        "none of the %,d selected rows can be scored: %s".formatted(count, String.join("; ", reasons)));
            }
        }
    }
}
