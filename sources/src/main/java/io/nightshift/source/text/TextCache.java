package io.nightshift.source.text;

import io.nightshift.source.BoundJobs;

/// A node's cache of the text files that it has read: the results of their scans, jobs bound to their columns, and
/// copies. One for each process. Safe for several threads.
public final class TextCache {

    private final FileScans scans = new FileScans();
    private final PlainCopies copies = new PlainCopies();

    private final BoundJobs bound = new BoundJobs();

    BoundJobs bound() {
        return bound;
    }

    FileScans scans() {
        return scans;
    }

    PlainCopies copies() {
        return copies;
    }
}
