package io.nightshift.api;

/// The result of a [BatchControl] that took effect. The change is durable.
///
/// @param batch the batch's full ID, even if the request named it by a prefix or as `latest`
/// @param state the batch's state after the change; see [BatchDescription#state()]
public record ControlResult(String batch, String state) {}
