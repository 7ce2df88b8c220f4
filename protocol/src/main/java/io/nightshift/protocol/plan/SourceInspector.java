package io.nightshift.protocol.plan;

import io.nightshift.protocol.job.Job;
import io.nightshift.scoring.model.ModelDescription;
import java.util.List;

/// Looks at a job's source without scoring it. Blocking; called off the actors' threads; safe for
/// several threads.
public interface SourceInspector {

    /// A digest of the paths, lengths and modification times of the files that the source names
    /// now. Reads no file.
    ///
    /// @return 64 hexadecimal digits
    /// @throws io.nightshift.protocol.failure.FailureException if a path names nothing or can't
    ///     be listed
    String identity(Job.Source source);

    /// Reads every file's footer and checks that the job's expressions and the model's features fit
    /// its columns.
    ///
    /// @return the files in the order in which their rows are counted
    /// @throws io.nightshift.protocol.failure.FailureException naming what doesn't fit
    List<InspectedFile> inspect(Job job, ModelDescription model);

    /// @param rowGroups the number of rows of each row group, in order
    record InspectedFile(SourceFile file, List<Long> rowGroups) {
        public InspectedFile {
            rowGroups = List.copyOf(rowGroups);
        }
    }
}
