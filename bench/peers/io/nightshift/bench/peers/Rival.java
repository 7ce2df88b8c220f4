package io.nightshift.bench.peers;

import java.nio.file.Path;
import java.util.List;

/// A library that trains a model and scores with it.
interface Rival {

    /// The comparisons it takes part in.
    List<Contest> contests();

    /// A model, and how fast we must be.
    ///
    /// @param rows what is scored
    /// @param target our rate over the rival's
    record Contest(String model, Rows rows, double target, Trainer trainer) {}

    interface Trainer {
        /// Trains on some of the rows, and saves the model where we can read it.
        Trained train(Rows rows, Path file) throws Exception;
    }

    interface Trained extends AutoCloseable {
        /// The positive class's probability of each row, by the library's own batch interface, on both threads.
        ///
        /// @return the seconds it took
        double score(float[] probabilities) throws Exception;

        @Override
        default void close() throws Exception {}
    }
}
