package io.nightshift.storage.redis;

import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.dataset.Dataset;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
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

    /// The name of the keys of a destination for catalogues of data.
    ///
    /// @param name the prefix of the keys
    public Dataset dataset(String name) {
        return new Dataset("redis://%s:%d".formatted(host, port), database + "." + name);
    }

    /// Connects to one of the host's addresses.
    ///
    /// @param timeout in milliseconds, for the connection and for each answer
    /// @param buffer the bytes that can be sent without an answer, at least; the system may allow fewer
    /// @throws FailureException permanent, if the file of certificates can't be used
    Socket connect(int timeout, int buffer) throws IOException {
        IOException failed = new IOException(host + " has no address");
        for (InetAddress address : InetAddress.getAllByName(host)) {
            try {
                return connect(address, timeout, buffer);
            } catch (SSLException e) {
                throw e;
            } catch (IOException e) {
                failed = e;
            }
        }
        throw failed;
    }

    private Socket connect(InetAddress address, int timeout, int buffer) throws IOException {
        Socket socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.setKeepAlive(true);
            socket.setSendBufferSize(buffer);
            socket.connect(new InetSocketAddress(address, port), timeout);
            socket.setSoTimeout(timeout);
            return tls ? encrypted(socket) : socket;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private Socket encrypted(Socket plain) throws IOException {
        SSLSocket socket = (SSLSocket) trust().getSocketFactory().createSocket(plain, host, port, true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    private SSLContext trust() {
        try {
            if (ca == null) {
                return SSLContext.getDefault();
            }
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            try (InputStream pem = Files.newInputStream(ca)) {
                for (Certificate certificate :
                        CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                    store.setCertificateEntry("ca" + store.size(), certificate);
                }
            }
            TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new FailureException(
                    Failure.permanent("the certificates in %s can't be used: %s".formatted(ca, e)), e);
        }
    }
}
