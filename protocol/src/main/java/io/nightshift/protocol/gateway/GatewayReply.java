package io.nightshift.protocol.gateway;

import io.nightshift.api.Problem;

/// The reply to a [GatewayCommand].
///
/// @param <T> the type of the result
public sealed interface GatewayReply<T extends Record> {

    /// The request succeeded.
    ///
    /// @param <T> the type of the result
    /// @param value the result
    record Succeeded<T extends Record>(T value) implements GatewayReply<T> {}

    /// The request failed, or its result isn't known.
    ///
    /// @param <T> the type of the result
    /// @param problem the same as over HTTP; with the status 503, sending the request again may help
    record Declined<T extends Record>(Problem problem) implements GatewayReply<T> {}
}
