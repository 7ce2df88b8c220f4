package io.nightshift.node.http;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.tls.TlsFiles;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// TLS files of the HTTP server. When they change, new connections get the new certificates; open connections
/// keep the old ones.
public final class ServerCertificates {

    private static final Logger LOG = LoggerFactory.getLogger(ServerCertificates.class);

    private final TlsFiles files;
    /// When the files in use, or refused, were modified. Used on one thread at a time.
    private List<FileTime> modified;

    /// @param files with an authority if clients need a certificate
    /// @throws FailureException permanent, if a file can't be used
    public ServerCertificates(TlsFiles files) {
        this.files = files;
        try {
            this.modified = files.modified();
        } catch (IOException e) {
            throw FailureException.permanent("a file for TLS is missing: " + e.getMessage());
        }
        files.context();
    }

    ServerSSLOptions options() {
        ServerSSLOptions options = new ServerSSLOptions()
                .setEnabledSecureTransportProtocols(Set.of("TLSv1.3"))
                .setKeyCertOptions(new PemKeyCertOptions()
                        .setCertPath(files.certificate().toString())
                        .setKeyPath(files.privateKey().toString()));
        return files.ca() == null
                ? options
                : options.setClientAuth(ClientAuth.REQUIRED)
                        .setTrustOptions(
                                new PemTrustOptions().addCertPath(files.ca().toString()));
    }

    /// Reads the files again if they have changed. Files that can't be used are reported, and those before
    /// stay in use.
    void renew(HttpServer server, Vertx vertx) {
        vertx.<Boolean>executeBlocking(this::haveChanged)
                .onSuccess(haveChanged -> {
                    if (haveChanged) {
                        server.updateSSLOptions(options(), true)
                                .onSuccess(renewed -> LOG.info("the HTTP server has read its certificates again"))
                                .onFailure(ServerCertificates::report);
                    }
                })
                .onFailure(ServerCertificates::report);
    }

    private boolean haveChanged() throws IOException {
        List<FileTime> now = files.modified();
        if (now.equals(modified)) {
            return false;
        }
        modified = now;
        files.context();
        return true;
    }

    private static void report(Throwable problem) {
        LOG.warn("the HTTP server's certificates have changed, but can't be used yet: {}", problem.getMessage());
    }
}
