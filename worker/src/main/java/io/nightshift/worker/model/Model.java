package io.nightshift.worker.model;

import io.nightshift.protocol.model.ModelDescription;
import io.nightshift.worker.scoring.Scorer;

/// A loaded model: immutable, safe to share between threads.
public interface Model {

    ModelDescription description();

    /// A new scorer for the use of one thread.
    Scorer scorer();

    /// Which code computes this model's scores, and why that: a phrase for people.
    String kernel();

    /// An estimate of the heap this model holds, in bytes.
    long heapBytes();
}
