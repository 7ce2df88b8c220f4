package io.nightshift.tls;

import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.remote.artery.tcp.SSLEngineProvider;
import scala.Option;

/// The transport of a node that is a cluster of its own: no other program can connect to it.
///
/// Pekko's clustering always opens a port. Every user of the machine can connect to it, also if it is on
/// loopback, and could send messages as a node does. This node has no certificate and trusts none, so the TLS
/// handshake fails before a message is read. It needs no keys, so the start generates none. Messages within the
/// node do not use the transport.
///
/// Pekko creates this class, which `embedded-cluster.conf` names.
public final class ClosedSslEngineProvider implements SSLEngineProvider {

    private static final X509TrustManager NOBODY = new X509TrustManager() {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw new CertificateException("this node accepts no connections");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw new CertificateException("this node connects to no other node");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    };

    /// Called by Pekko.
    ///
    /// @param system the actor system whose port is closed
    public ClosedSslEngineProvider(ActorSystem system) {}

    private static SSLEngine engine(boolean isClient) {
        try {
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(new KeyManager[0], new TrustManager[] {NOBODY}, null);
            SSLEngine engine = context.createSSLEngine();
            engine.setUseClientMode(isClient);
            if (!isClient) {
                engine.setNeedClientAuth(true);
            }
            return engine;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has TLS 1.3", e);
        }
    }

    @Override
    public SSLEngine createServerSSLEngine(String hostname, int port) {
        return engine(false);
    }

    @Override
    public SSLEngine createClientSSLEngine(String hostname, int port) {
        return engine(true);
    }

    @Override
    public Option<Throwable> verifyClientSession(String hostname, SSLSession session) {
        return refused();
    }

    @Override
    public Option<Throwable> verifyServerSession(String hostname, SSLSession session) {
        return refused();
    }

    private static Option<Throwable> refused() {
        return Option.apply(new CertificateException("this node has no connections"));
    }
}
