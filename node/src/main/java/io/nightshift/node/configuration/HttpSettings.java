package io.nightshift.node.configuration;

import io.nightshift.node.http.HttpLimits;
import io.nightshift.node.http.Tokens;
import io.nightshift.tls.TlsFiles;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The section `nightshift.http`: how a node answers HTTP.
///
/// @param hostname the address to listen on
/// @param port the port to listen on; 0 for any free port, which the log names
/// @param tls the server's certificate, with an authority if clients need a certificate; null for no TLS
/// @param tokens the tokens in the configuration itself, or null
/// @param tokensFile a file of tokens that is read again when it changes, or null; with neither, callers need
///     no token
public record HttpSettings(
        String hostname,
        int port,
        @Nullable TlsFiles tls,
        @Nullable Tokens tokens,
        @Nullable Path tokensFile,
        HttpLimits limits) {

    static final int PORT = 7380;

    /// The default limits, on loopback without TLS and tokens.
    public static HttpSettings onLoopback(int port) {
        return new HttpSettings("127.0.0.1", port, null, null, null, HttpLimits.DEFAULT);
    }

    /// @return null if HTTP isn't enabled
    static @Nullable HttpSettings read(ConfigurationSection http) {
        boolean isEnabled = http.flag("enabled");
        HttpSettings settings = new HttpSettings(
                http.text("hostname", "127.0.0.1"),
                http.number("port", PORT, 0, 65_535),
                http.has("tls") ? tls(http.section("tls")) : null,
                http.has("tokens") ? TokensFile.tokens(http) : null,
                http.has("tokens-file") ? http.resolve(http.text("tokens-file")) : null,
                limits(http.section("limits")));
        if (settings.tokens != null && settings.tokensFile != null) {
            http.mistake("tokens-file", "given together with tokens; one of them is enough");
        }
        http.end();
        return isEnabled ? settings : null;
    }

    private static TlsFiles tls(ConfigurationSection tls) {
        TlsFiles files = new TlsFiles(
                tls.resolve(tls.text("certificate")),
                tls.resolve(tls.text("private-key")),
                tls.has("client-ca") ? tls.resolve(tls.text("client-ca")) : null);
        tls.end();
        return files;
    }

    private static HttpLimits limits(ConfigurationSection limits) {
        HttpLimits standard = HttpLimits.DEFAULT;
        HttpLimits.Timeouts timeouts = standard.timeouts();
        HttpLimits read = new HttpLimits(
                limits.number("body", standard.body(), 1_024, 16 * 1024 * 1024),
                limits.number("requests-per-second", standard.requestsPerSecond(), 1, 1_000_000),
                limits.number("watches", standard.watches(), 1, 100_000),
                limits.number("connections", standard.connections(), 1, 100_000),
                limits.number("connections-per-address", standard.connectionsPerAddress(), 1, 100_000),
                new HttpLimits.Timeouts(
                        limits.number("head-seconds", timeouts.head(), 1, 3_600),
                        limits.number("body-seconds", timeouts.body(), 1, 3_600),
                        limits.number("read-seconds", timeouts.read(), 1, 3_600),
                        limits.number("idle-seconds", timeouts.idle(), 1, 3_600),
                        timeouts.keepAlive()));
        limits.end();
        return read;
    }

    /// The same settings with another port.
    public HttpSettings at(int otherPort) {
        return new HttpSettings(hostname, otherPort, tls, tokens, tokensFile, limits);
    }

    public boolean needsTokens() {
        return tokens != null || tokensFile != null;
    }
}
