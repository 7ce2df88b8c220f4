package io.nightshift.node.http;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/// Server-sent events, as fast as the other side takes them.
interface EventStream {

    /// What comes next, once there is something. It is asked for when the piece before was sent.
    ///
    /// @return complete events in UTF-8, maybe none for now, or empty: that was all
    CompletionStage<Optional<byte[]>> next();

    /// Once, whether it came to its end or the other side has left.
    void ended();
}
