package io.nightshift.node.configuration;

import io.nightshift.node.http.HttpLimits;
import io.nightshift.node.http.Tokens;
import io.nightshift.tls.TlsFiles;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The section `nightshift.http`: how a node with the role coordinator answers programs that speak HTTP.
///
/// @param hostname where it listens
/// @param port where it listens; 0: any that is free, named in the log
/// @param tls without an authority where clients need no certificate; null: no TLS
/// @param tokens that stand in the configuration itself, or null
/// @param tokensFile that is read again when it changes, or null; with neither, no token is needed
public record HttpSettings(
        String hostname,
        int port,
        @Nullable TlsFiles tls,
        @Nullable Tokens tokens,
        @Nullable Path tokensFile,
        HttpLimits limits) {

    static final int PORT = 7380;

    /// Over loopback, where none is configured.
    public static HttpSettings onLoopback(int port) {
        return new HttpSettings("127.0.0.1", port, null, null, null, HttpLimits.DEFAULT);
    }

    /// @return null where HTTP isn't enabled
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
        HttpLimits read = new HttpLimits(
                limits.number("body", standard.body(), 1_024, 16 * 1024 * 1024),
                limits.number("requests-per-second", standard.requestsPerSecond(), 1, 1_000_000),
                limits.number("watches", standard.watches(), 1, 100_000),
                limits.number("connections", standard.connections(), 1, 100_000));
        limits.end();
        return read;
    }

    /// The same at another port.
    public HttpSettings at(int otherPort) {
        return new HttpSettings(hostname, otherPort, tls, tokens, tokensFile, limits);
    }

    public boolean needsTokens() {
        return tokens != null || tokensFile != null;
    }
}
