package io.nightshift.protocol.gateway;

import io.nightshift.protocol.api.Problem;

/// What a [GatewayCommand] is answered with.
///
/// @param <T> what was asked for
public sealed interface GatewayReply<T extends Record> {

    record Answer<T extends Record>(T value) implements GatewayReply<T> {}

    /// It wasn't done, or can't be said.
    ///
    /// @param problem the same as by HTTP; with the status 503, asking again helps
    record Declined<T extends Record>(Problem problem) implements GatewayReply<T> {}
}
