package io.nightshift.node.http;

/// The limits of HTTP requests and connections.
///
/// @param body the largest body of a request, in bytes
/// @param requestsPerSecond requests of one token, or of one address for routes that need none; as many may
///     come in a burst
/// @param watches event streams that may be open at a time
/// @param watchesPerCaller event streams of one token that may be open at a time
/// @param connections connections that may be open at a time
/// @param connectionsPerAddress connections of one address that may be open at a time
/// @param timeouts how long a client may take
public record HttpLimits(
        int body,
        int requestsPerSecond,
        int watches,
        int watchesPerCaller,
        int connections,
        int connectionsPerAddress,
        Timeouts timeouts) {

    /// The times after which the node closes the connection of a slow client, in seconds.
    ///
    /// @param head from the connection's start until the first request's headers are complete, TLS handshake
    ///     included
    /// @param body from the headers until the body is complete
    /// @param read from the moment the node sends something until the client has taken it
    /// @param idle from an answer until the next request's headers are complete
    /// @param keepAlive how long an event stream is silent before the node sends a comment
    public record Timeouts(int head, int body, int read, int idle, int keepAlive) {
        public static final Timeouts DEFAULT = new Timeouts(10, 20, 30, 75, 15);
    }

    public static final HttpLimits DEFAULT = new HttpLimits(256 * 1024, 2_000, 500, 250, 1_024, 640, Timeouts.DEFAULT);
}
