package io.nightshift.worker.scoring;

/// What a model computes, free of the library that trained it: immutable, validated at birth, shared between
/// threads.
public sealed interface ModelForm permits Forest, GraphForm, LinearForm, RowForm {

    /// The number of input columns.
    int features();

    /// The number of columns a scorer fills, as in [io.nightshift.protocol.model.ModelDescription#outputs()].
    int outputs();

    /// The number of margins a scorer can give: one a sum, or 0 where the sums are no margin.
    int margins();

    /// Something that makes scorers, each for the use of one thread. What scorers can share is prepared here,
    /// once.
    ScorerFactory prepare();

    /// The arrays of this form in bytes.
    long heapBytes();

    /// Makes scorers over tables that are prepared once.
    interface ScorerFactory {

        Scorer scorer();

        /// Which code computes the scores, and why that: a phrase for people.
        String kernel();

        /// The heap that the shared tables hold, in bytes.
        long heapBytes();
    }
}
