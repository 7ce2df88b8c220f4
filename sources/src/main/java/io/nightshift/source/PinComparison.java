package io.nightshift.source;

import io.nightshift.protocol.plan.SourceFile;
import java.io.IOException;
import java.util.List;

/// Compares pinned pieces of a source with what is there now. Both methods block, and are safe for several
/// threads.
public interface PinComparison {

    /// The comparison of local files.
    PinComparison FILES = new PinComparison() {
        @Override
        public List<String> differences(SourceFile pinned) throws IOException {
            return SourcePins.differences(pinned);
        }

        @Override
        public List<String> quickDifferences(SourceFile pinned) throws IOException {
            return SourcePins.attributeDifferences(pinned);
        }
    };

    /// The differences between a pinned identity and what is there now, in words; empty if there is none;
    /// [SourcePins#GONE] if nothing is there.
    ///
    /// @throws IOException if it can't be found out
    List<String> differences(SourceFile pinned) throws IOException;

    /// As [#differences], but as cheap as possible: it may miss some. An attempt calls it before it reads a
    /// piece.
    ///
    /// @throws IOException if it can't be found out
    List<String> quickDifferences(SourceFile pinned) throws IOException;

    /// As [#differences], for an attempt that has read a piece and must know that it has read the pinned one.
    /// Where reading itself makes sure of that, there is nothing to compare.
    ///
    /// @throws IOException if it can't be found out
    default List<String> differencesAfterReading(SourceFile pinned) throws IOException {
        return differences(pinned);
    }

    /// Whether [#differences] waits for an answer from elsewhere, so that several pieces are best compared at
    /// a time.
    default boolean waitsForNetwork(SourceFile pinned) {
        return false;
    }

    /// Whether [SourceReader#hold] compares what is read with its pins, in the transaction that reads it.
    /// Then a later change of the source does not matter to a batch, and nobody else compares while it runs.
    default boolean isDoneByReaders() {
        return false;
    }
}
