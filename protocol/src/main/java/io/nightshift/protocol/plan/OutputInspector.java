package io.nightshift.protocol.plan;

import io.nightshift.protocol.job.Job;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Looks at written output, with other eyes than those that wrote it. Blocking; called off the
/// actors' threads; safe for several threads.
public interface OutputInspector {

    /// The number of rows that Parquet files really hold, all pages decoded.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException naming a file that can't be read
    long rows(List<Path> files);

    /// Record ids that occur more than once.
    ///
    /// @param files parts and quarantine files
    /// @param limit how many to return at most
    /// @return `id × times`
    List<String> repeatedIds(List<Path> files, int limit);

    /// An order-independent digest of the record ids in some output files: equal to [#sourceIds] of
    /// the rows they came from if no row is missing or doubled.
    String outputIds(List<Path> files);

    /// The same digest over the input rows.
    ///
    /// @param id the job's id column, or null for file and row position
    String sourceIds(Job.Source source, @Nullable String id, List<Slice> slices);
}
