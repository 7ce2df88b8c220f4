package io.nightshift.storage.source;

import io.nightshift.protocol.job.Job;

/// Finds the reader of a source's kind.
@FunctionalInterface
public interface SourceReaders {

    SourceReader of(Job.Source source);
}
