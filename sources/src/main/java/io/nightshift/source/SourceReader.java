package io.nightshift.source;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.protocol.plan.CutPlan;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.storage.objectstore.FetchControl;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One kind of source: inspects and pins it for the coordinator, and gives workers the SQL that reads slices
/// of it.
///
/// Every call blocks, may be repeated, and changes nothing, so a crash leaves nothing behind. Safe for
/// several threads; a [Connection] is used by one thread at a time. What a slice is pinned to is compared by
/// [SourcePins].
public interface SourceReader extends SourceInspector {

    /// Binds a job to the first of the source's files. The types of what the job puts out are the same in
    /// all.
    ///
    /// @throws FailureException naming what doesn't fit
    BoundJob bind(Job job, ModelDescription model);

    /// Looks at how much the source holds, cheaply: a file that was looked at before is not opened again.
    ///
    /// @param counts the files that were looked at before
    /// @return an empty state if there is no file yet
    /// @throws FailureException if the source can't be listed, or may not be read
    SourceState state(Job.Source source, RowCounts counts);

    /// Checks that this node's jobs may read the slices. Called each time before they are read.
    ///
    /// @throws FailureException if a job may not read one of them
    void requireReadable(List<Slice> slices);

    /// Compares pinned pieces of the source with what is there.
    default PinComparison pins() {
        return PinComparison.FILES;
    }

    @Override
    default PinComparison pins(Job job) {
        return pins();
    }

    /// Makes slices readable on this node until the result is closed: [#bind] and [#relations] are called,
    /// and their queries run, in between. May wait for the network.
    ///
    /// @throws FailureException if they can't be fetched
    default HeldSlices hold(List<Slice> slices) {
        return HeldSlices.LOCAL;
    }

    /// As [#hold(List)], for a caller that may be cancelled.
    default HeldSlices hold(List<Slice> slices, FetchControl control) {
        return hold(slices);
    }

    /// Whether reading slices waits for the network, so that [#fetchAhead] is worth a thread.
    default boolean isElsewhere(List<Slice> slices) {
        return false;
    }

    /// Fetches slices that this node will read soon, if they are elsewhere and there is room for them. Waits
    /// for the network.
    ///
    /// @throws FailureException if they can't be fetched; who reads them later tries again
    default void fetchAhead(List<Slice> slices, Job job, ModelDescription model) {}

    /// Slices that one query can read together, with the job bound to their columns.
    record BoundSlices(BoundJob job, SourceRelation relation) {

        /// Slices of a cut, or of none.
        ///
        /// @param cut of all of them, or null
        public BoundSlices of(@Nullable Cut cut) {
            return new BoundSlices(job.in(cut), relation.of(cut));
        }
    }

    /// Binds a job that was checked when its batch was planned to slices of that batch.
    ///
    /// @param slices of one cut, or of none
    /// @return groups of slices that together are all of them
    /// @throws FailureException naming what doesn't fit
    /// @throws SQLException DuckDB's
    List<BoundSlices> bind(Connection connection, List<Slice> slices, Job job, ModelDescription model)
            throws SQLException;

    /// The statistics of a column that the source knows without reading it: a relation with the columns
    /// `nightshift_first` and `nightshift_rows` of consecutive rows in which the column is never NULL, and
    /// `nightshift_min` and `nightshift_max`, the bounds of its values there as texts.
    ///
    /// @param file a whole file, which is held
    /// @param column the name of a column of the source
    /// @return what stands after FROM; null if the source knows nothing
    default @Nullable String statistics(Slice file, String column) {
        return null;
    }

    /// Counts the rows of each cut by a partition key.
    ///
    /// @param files that this reader has inspected, or the reader of the same source
    /// @param job with a partition key
    /// @throws FailureException if there are too many different values, or the source can't be read
    /// @throws SQLException DuckDB's
    default CutPlan count(Connection connection, List<InspectedFile> files, KeyDivision division, Job job)
            throws SQLException {
        return new PartitionScan(this, files, division, job).count(connection);
    }

    /// The rows of slices, to be read again without a model.
    ///
    /// @param slices of one cut, or of none
    /// @return one relation for each group of slices of equal columns
    /// @throws SQLException DuckDB's
    List<SourceRelation> relations(Connection connection, List<Slice> slices) throws SQLException;
}
