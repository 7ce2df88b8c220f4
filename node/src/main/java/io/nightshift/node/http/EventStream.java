package io.nightshift.node.http;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/// A source of server-sent events. Called on the event loop.
public interface EventStream {

    /// The next events. Called again only when the client has taken those before, so a client that doesn't
    /// read costs one piece of memory.
    ///
    /// @return complete events in UTF-8, possibly none; empty when the stream has ended
    CompletionStage<Optional<byte[]>> next();

    /// Called once, when the stream has ended or the client has left.
    void ended();
}
