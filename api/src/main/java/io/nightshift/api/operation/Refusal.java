package io.nightshift.api.operation;

/// A problem with which some operations answer.
public enum Refusal {
    /// Nothing has the name that the request gives, or several things do. Every operation with a name in its path
    /// has this one.
    NOT_FOUND,
    /// The state does not permit the change. Or the node does not know whether the change has taken effect.
    REFUSED,
    /// The request can't be carried out as it is, such as a job file with mistakes.
    REJECTED
}
