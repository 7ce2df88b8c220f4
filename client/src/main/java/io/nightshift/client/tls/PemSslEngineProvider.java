package io.nightshift.client.tls;

import com.typesafe.config.Config;
import io.nightshift.protocol.failure.FailureException;
import java.nio.file.Path;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.remote.artery.tcp.SSLEngineProvider;
import scala.Option;

/// TLS between nodes: 1.3 only, both sides show a certificate, and who connects checks that the
/// other's names the host it meant, or the one name that all nodes' certificates hold. Reads the files again when they
/// have changed, so certificates
/// are renewed without a restart; connections that exist keep the old ones. Named in
/// `cluster-tls.conf`; decision 0007 says why it isn't one of Pekko's own.
public final class PemSslEngineProvider implements SSLEngineProvider {

    private final RenewedTls tls;
    private final String peerName;

    /// As Pekko makes it: the files are named in `nightshift.tls`.
    ///
    /// @throws FailureException if a file can't be used
    public PemSslEngineProvider(ActorSystem system) {
        Config config = system.settings().config().getConfig("nightshift.tls");
        tls = new RenewedTls(new TlsFiles(
                Path.of(config.getString("certificate")),
                Path.of(config.getString("private-key")),
                Path.of(config.getString("ca"))));
        peerName = config.getString("peer-name");
    }

    @Override
    public SSLEngine createServerSSLEngine(String hostname, int port) {
        SSLEngine engine = tls.context().createSSLEngine(hostname, port);
        engine.setUseClientMode(false);
        engine.setNeedClientAuth(true);
        return engine;
    }

    @Override
    public SSLEngine createClientSSLEngine(String hostname, int port) {
        SSLEngine engine = tls.context().createSSLEngine(peerName.isEmpty() ? hostname : peerName, port);
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
