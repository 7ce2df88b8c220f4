package io.nightshift.source;

import io.nightshift.protocol.job.Job;

/// Finds the reader of a source's kind.
@FunctionalInterface
public interface SourceReaders {

    SourceReader of(Job.Source source);

    /// The reader for the rows of a batch: of a job with changed rows, it reads those alone.
    default SourceReader of(Job job) {
        return of(job.source());
    }
}
