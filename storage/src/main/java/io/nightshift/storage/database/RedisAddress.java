package io.nightshift.storage.database;

import io.nightshift.protocol.failure.FailureException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The address in the URL of a data source: `redis://host:6379/0`, or `rediss://host:6380/0?ca=/path/ca.pem` for
/// TLS.
///
/// @param host a name or an IP address
/// @param port from 1 to 65535
/// @param database its number, from 0
/// @param tls whether connections are encrypted, and the server's certificate must be that of the host
/// @param ca a PEM file with the certificates of the authorities to trust, or null for those that Java trusts
public record RedisAddress(
        String host,
        int port,
        int database,
        boolean tls,
        @Nullable Path ca) {

    private static final int DEFAULT_PORT = 6379;

    /// For the message of a mistake in a URL.
    public static final String EXPECTED =
            "expected redis://host:6379/0, or rediss://host:6379/0?ca=/path/ca.pem for TLS, with the number of the database at the end";

    private static final Pattern CA = Pattern.compile("ca=(/[^&]+)");
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,6}");

    /// @throws FailureException permanent, if the URL is of another form
    public static RedisAddress of(DataSourceSettings settings) {
        try {
            return of(settings.url());
        } catch (IllegalArgumentException e) {
            throw FailureException.permanent("%s: %s".formatted(settings, e.getMessage()));
        }
    }

    /// @throws IllegalArgumentException if the URL is of another form; the message says which is expected
    public static RedisAddress of(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(EXPECTED, e);
        }
        boolean tls = "rediss".equals(uri.getScheme());
        String database = uri.getPath() == null ? "" : uri.getPath().replaceFirst("^/", "");
        Matcher ca = CA.matcher(uri.getQuery() == null ? "" : uri.getQuery());
        if (!(tls || "redis".equals(uri.getScheme()))
                || uri.getHost() == null
                || uri.getRawUserInfo() != null
                || !(database.isEmpty() || NUMBER.matcher(database).matches())
                || (uri.getQuery() != null && !(tls && ca.matches()))) {
            throw new IllegalArgumentException(EXPECTED);
        }
        return new RedisAddress(
                uri.getHost().replaceAll("[\\[\\]]", ""),
                uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort(),
                database.isEmpty() ? 0 : Integer.parseInt(database),
                tls,
                ca.matches() ? Path.of(ca.group(1)) : null);
    }
}
