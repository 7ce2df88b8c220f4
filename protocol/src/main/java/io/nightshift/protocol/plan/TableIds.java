package io.nightshift.protocol.plan;

import io.nightshift.protocol.job.Job;
import java.util.List;

/// Digests the ids of a job's input as a table of predictions has them. Blocking; called off the
/// actors' threads; safe for several threads.
public interface TableIds {

    /// The [io.nightshift.protocol.batch.RowsDigest] of the ids of some rows: of each the fields
    /// `record_id`, or `record_file` and `record_row`, as they are in the binary format of
    /// PostgreSQL's COPY, lengths included.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException if the source can't be read
    String sourceIds(Job.Source source, List<Slice> slices);
}
