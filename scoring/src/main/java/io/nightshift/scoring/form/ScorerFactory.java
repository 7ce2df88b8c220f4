package io.nightshift.scoring.form;

import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.model.TextTable;

/// Makes the scorers of one model. A factory holds the tables that its scorers share; threads may share it.
public interface ScorerFactory {

    /// A new scorer for the use of one thread.
    Scorer scorer();

    /// A new scorer for columns of texts.
    ///
    /// @param texts the texts of each block, by their numbers
    default Scorer scorer(TextTable texts) {
        return scorer();
    }

    /// The code that computes the scores, and the reason for that choice: a phrase for people.
    String kernel();

    /// An estimate of the shared tables in bytes, including what a native library holds outside the heap.
    long heapBytes();
}
