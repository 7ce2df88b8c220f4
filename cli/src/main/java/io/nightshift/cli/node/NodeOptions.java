package io.nightshift.cli.node;

import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.protocol.failure.FailureException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/// Checks the options and addresses that `node` and `serve` share.
final class NodeOptions {

    private NodeOptions() {}

    /// @param port of the command line; 0 stands for the configured one
    static int port(int port) {
        if (port < 0 || port > 65_535) {
            throw FailureException.permanent("--port must be 1 to 65535, not " + port);
        }
        return port;
    }

    /// @param threads of the command line; 0 stands for the configured number
    static int threads(int threads) {
        if (threads < 0 || threads > 1024) {
            throw FailureException.permanent("--threads must be 1 to 1024, not " + threads);
        }
        return threads;
    }

    /// The HTTP settings, with the port of the command line. Beyond loopback, HTTP needs TLS and tokens.
    ///
    /// @param port of the command line, or null
    static HttpSettings http(HttpSettings configured, @Nullable Integer port) {
        HttpSettings http = configured;
        if (port != null) {
            if (port < 0 || port > 65_535) {
                throw FailureException.permanent("--http-port must be 0 to 65535, not " + port);
            }
            http = configured.at(port);
        }
        if (!http.isEnabled()) {
            return http;
        }
        if (!isLoopback(http.hostname())
                && (http.tls() == null || !http.tokens().areGiven())) {
            String missing = http.tls() == null ? "nightshift.http.tls" : "nightshift.http.tokens-file";
            throw FailureException.permanent(
                    "%s is not a loopback address, and %s is not set. A node answers HTTP beyond its own machine only with TLS and tokens"
                            .formatted(http.hostname(), missing));
        }
        return http;
    }

    static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw FailureException.permanent(
                    "there is no host %s. Check nightshift.node.hostname and nightshift.http.hostname".formatted(host));
        }
    }
}
