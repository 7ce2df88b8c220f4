package io.nightshift.storage.objectstore;

/// The meaning of an error of a store.
public sealed interface StoreError {

    /// There is no such object.
    record Missing() implements StoreError {}

    /// The object is not the one that the request wants, or exists although it should not.
    record ConditionNotMet() implements StoreError {}

    /// Another try may succeed.
    ///
    /// @param reason follows the name of the store
    record Passing(String reason) implements StoreError {}

    /// Every try fails alike.
    ///
    /// @param message what happened, and what to do
    record Lasting(String message) implements StoreError {}
}
