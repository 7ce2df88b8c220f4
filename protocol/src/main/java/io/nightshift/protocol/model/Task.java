package io.nightshift.protocol.model;

/// What a model predicts.
public enum Task {
    /// One of two classes; the model gives the probability of the second, positive one.
    BINARY,
    /// One of three or more classes; the model gives a probability for each.
    MULTICLASS,
    /// A number.
    REGRESSION
}
