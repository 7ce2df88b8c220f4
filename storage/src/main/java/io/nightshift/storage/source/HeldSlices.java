package io.nightshift.storage.source;

/// Keeps the bytes of slices on this node while queries read them. For one thread.
public interface HeldSlices extends AutoCloseable {

    /// Slices that this node can read as they are.
    HeldSlices LOCAL = new HeldSlices() {
        @Override
        public void requireAllColumns() {
            // They are there.
        }

        @Override
        public void close() {
            // Nothing was copied.
        }
    };

    /// Makes all columns of the slices readable, not only those that the job reads: a quarantined row is
    /// written whole. Waits for the network.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException if they can't be fetched
    void requireAllColumns();

    /// Gives the bytes up. No query may read them afterwards.
    @Override
    void close();
}
