package io.nightshift.tls;

import com.typesafe.config.Config;
import io.nightshift.protocol.failure.FailureException;
import java.nio.file.Path;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.remote.artery.tcp.SSLEngineProvider;
import scala.Option;

/// TLS between nodes: version 1.3 only. Both sides present a certificate. The side that connects checks that
/// the other side's certificate is for the host it connects to, or for the one name that all nodes'
/// certificates hold.
///
/// When the files change, new connections use the new certificates; existing connections keep the old ones.
/// Pekko creates this class, which `cluster-tls.conf` names. Decision 0007 says why it isn't one of Pekko's
/// own providers.
public final class PemSslEngineProvider implements SSLEngineProvider {

    private final ReloadingTlsContext tls;
    private final String peerName;

    /// Called by Pekko. The setting `nightshift.tls` of the actor system names the files.
    ///
    /// @param system the actor system that uses TLS
    /// @throws FailureException permanent, if a file can't be used
    public PemSslEngineProvider(ActorSystem system) {
        Config config = system.settings().config().getConfig("nightshift.tls");
        tls = new ReloadingTlsContext(new TlsFiles(
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
        // The JDK then checks names and IP addresses in certificates by the rules of HTTPS.
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
