package io.nightshift.source;

import io.nightshift.protocol.failure.FailureException;
import org.jspecify.annotations.Nullable;

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

    /// Announces that the next queries need only the rows at some positions. Until the next call, a reader may
    /// leave out other rows if reading them is expensive.
    ///
    /// @param least the first position in each file
    /// @param most the last position in each file
    default void restrict(long least, long most) {}

    /// Why the slices could not be read, where DuckDB's error is only its consequence; null if nothing failed.
    default @Nullable FailureException failure() {
        return null;
    }

    /// Whether a query waits for the slices just now, within a time limit that their reader has set.
    default boolean hasTimeLimit() {
        return false;
    }

    /// Makes what waits for the slices end soon, with a failure. By any thread; does not block for long.
    default void cancel() {}

    /// Gives the bytes up. No query may read them afterwards.
    @Override
    void close();
}
