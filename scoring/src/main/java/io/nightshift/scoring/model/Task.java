package io.nightshift.scoring.model;

/// The kind of prediction that a model makes.
public enum Task {
    /// One of two classes. The model gives the probability of the second class, the positive one.
    BINARY,
    /// One of three or more classes. The model gives a probability for each class.
    MULTICLASS,
    /// A number.
    REGRESSION
}
