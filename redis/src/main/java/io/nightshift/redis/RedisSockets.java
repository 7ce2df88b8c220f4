package io.nightshift.redis;

import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.database.RedisAddress;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/// Opens sockets to a Redis or Valkey server.
final class RedisSockets {

    private RedisSockets() {}

    /// Connects to one of the host's addresses.
    ///
    /// @param timeout in milliseconds, for the connection and for each answer
    /// @param buffer the bytes that can be sent without an answer, at least; the system may allow fewer
    /// @throws FailureException permanent, if the file of certificates can't be used
    static Socket connect(RedisAddress server, int timeout, int buffer) throws IOException {
        IOException failed = new IOException(server.host() + " has no address");
        for (InetAddress address : InetAddress.getAllByName(server.host())) {
            try {
                return connect(server, address, timeout, buffer);
            } catch (SSLException e) {
                throw e;
            } catch (IOException e) {
                failed = e;
            }
        }
        throw failed;
    }

    private static Socket connect(RedisAddress server, InetAddress address, int timeout, int buffer)
            throws IOException {
        Socket socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.setKeepAlive(true);
            socket.setSendBufferSize(buffer);
            socket.connect(new InetSocketAddress(address, server.port()), timeout);
            socket.setSoTimeout(timeout);
            return server.tls() ? encrypted(server, socket) : socket;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private static Socket encrypted(RedisAddress server, Socket plain) throws IOException {
        SSLSocket socket = (SSLSocket)
                trust(server.ca()).getSocketFactory().createSocket(plain, server.host(), server.port(), true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    private static SSLContext trust(@Nullable Path ca) {
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
