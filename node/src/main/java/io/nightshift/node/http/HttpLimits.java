package io.nightshift.node.http;

/// How much a node does for those who ask it by HTTP.
///
/// @param body of a request, in bytes
/// @param requestsPerSecond of one token, or of one address where there is no token; as many may come at once
/// @param watches that may be open at a time
/// @param connections that may be open at a time
public record HttpLimits(int body, int requestsPerSecond, int watches, int connections) {
    public static final HttpLimits DEFAULT = new HttpLimits(256 * 1024, 2_000, 500, 1_024);
}
