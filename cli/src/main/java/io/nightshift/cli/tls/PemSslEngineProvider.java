package io.nightshift.cli.tls;

import com.typesafe.config.Config;
import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.remote.artery.tcp.SSLEngineProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Option;

/// TLS between nodes: 1.3 only, both sides show a certificate, and who connects checks that the
/// other's names the host it meant, or the one name that all nodes' certificates hold. Reads the files again when they
/// have changed, so certificates
/// are renewed without a restart; connections that exist keep the old ones. Named in
/// `cluster-tls.conf`; decision 0007 says why it isn't one of Pekko's own.
public final class PemSslEngineProvider implements SSLEngineProvider {

    private static final Logger LOG = LoggerFactory.getLogger(PemSslEngineProvider.class);

    private final TlsFiles files;
    private final String peerName;
    private Loaded loaded;

    private record Loaded(List<FileTime> modified, SSLContext context) {}

    /// As Pekko makes it: the files are named in `nightshift.tls`.
    ///
    /// @throws FailureException if a file can't be used
    public PemSslEngineProvider(ActorSystem system) {
        Config tls = system.settings().config().getConfig("nightshift.tls");
        files = new TlsFiles(
                Path.of(tls.getString("certificate")),
                Path.of(tls.getString("private-key")),
                Path.of(tls.getString("ca")));
        peerName = tls.getString("peer-name");
        loaded = load();
    }

    private Loaded load() {
        try {
            List<FileTime> modified = files.modified();
            return new Loaded(modified, files.context());
        } catch (IOException e) {
            throw FailureException.permanent("a file of nightshift.tls is missing: " + e.getMessage());
        }
    }

    private synchronized SSLContext context() {
        try {
            if (!files.modified().equals(loaded.modified)) {
                loaded = load();
                LOG.info("the certificates were read again");
            }
        } catch (IOException | FailureException e) {
            // They may be being replaced; the next connection tries again.
            LOG.warn("the certificates changed, but can't be used yet: {}", e.getMessage());
        }
        return loaded.context;
    }

    @Override
    public SSLEngine createServerSSLEngine(String hostname, int port) {
        SSLEngine engine = context().createSSLEngine(hostname, port);
        engine.setUseClientMode(false);
        engine.setNeedClientAuth(true);
        return engine;
    }

    @Override
    public SSLEngine createClientSSLEngine(String hostname, int port) {
        SSLEngine engine = context().createSSLEngine(peerName.isEmpty() ? hostname : peerName, port);
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        // The rules of HTTPS for names and addresses in certificates.
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        engine.setSSLParameters(parameters);
        return engine;
    }

    @Override
    public Option<Throwable> verifyClientSession(String hostname, SSLSession session) {
        return Option.empty();
    }

    @Override
    public Option<Throwable> verifyServerSession(String hostname, SSLSession session) {
        return Option.empty();
    }
}
