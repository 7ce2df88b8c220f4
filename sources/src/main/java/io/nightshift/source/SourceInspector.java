package io.nightshift.source;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.CutPlan;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import java.util.List;

/// Looks at a job's source without scoring it. Every call blocks, may be repeated, and changes no data. Safe
/// for several threads.
public interface SourceInspector {

    /// Reads how many rows there are, and checks that the job's expressions and the model's features fit the
    /// source's columns.
    ///
    /// @return the files in the order in which their rows are counted
    /// @throws FailureException naming what doesn't fit
    List<InspectedFile> inspect(Job job, ModelDescription model);

    /// As [#inspect], for a batch: what the files name is kept as it is now until [#release], where the
    /// source can do that. May be called again for the same batch.
    ///
    /// @throws FailureException naming what doesn't fit
    default List<InspectedFile> plan(BatchId batch, Job job, ModelDescription model) {
        return inspect(job, model);
    }

    /// Ends what [#plan] keeps for a batch, if there is something. Never fails.
    default void release(BatchId batch) {}

    /// Asks the stores of a planned batch's input to keep it until [#letGo], where a store can do that. This
    /// lasts when the process ends. May be called again for the same batch. Never fails.
    ///
    /// @param files as planned
    default void hold(BatchId batch, Job job, List<SourceFile> files) {}

    /// Ends what [#hold] has asked for, if there is something. Never fails.
    default void letGo(BatchId batch, Job job) {}

    /// Counts the rows of each cut by the job's partition key, and says where they are.
    ///
    /// @param job with a partition key
    /// @param files that were inspected or planned for the job
    /// @return its pieces are small enough to be put together to partitions of the wanted size
    /// @throws FailureException if the source can't be read, or has too many different values
    default CutPlan count(Job job, ModelDescription model, List<InspectedFile> files) {
        throw new UnsupportedOperationException();
    }

    /// Compares pinned pieces of a source with what is there.
    default PinComparison pins(Job job) {
        return PinComparison.FILES;
    }

    /// Describes what a batch will fetch of remote files, in a line for people; empty if it fetches nothing.
    /// Blocks.
    ///
    /// @param files that were inspected
    default String fetches(Job job, ModelDescription model, List<InspectedFile> files) {
        return "";
    }

    /// Describes what is read of a source, in lines for people.
    ///
    /// @param files as [#inspect] returned them
    default List<String> details(List<InspectedFile> files) {
        return List.of();
    }

    /// A file of the source, with its identity pinned.
    ///
    /// @param rowGroups the number of rows of each piece that is best read whole, in order
    /// @param rowBytes how many bytes a row has when it is decoded, on average; 0 if the file does not say it
    record InspectedFile(SourceFile file, List<Long> rowGroups, long rowBytes) {
        public InspectedFile {
            rowGroups = List.copyOf(rowGroups);
        }

        /// A file that does not say how large its rows are.
        public InspectedFile(SourceFile file, List<Long> rowGroups) {
            this(file, rowGroups, 0);
        }

        /// Whether a whole row group lies between two rows.
        ///
        /// @param from the position of the first row between them
        /// @param to the position after the last
        public boolean holdsRowGroup(long from, long to) {
            long start = 0;
            for (long group : rowGroups) {
                if (start >= to) {
                    return false;
                }
                if (start >= from && start + group <= to && group > 0) {
                    return true;
                }
                start += group;
            }
            return false;
        }
    }
}
