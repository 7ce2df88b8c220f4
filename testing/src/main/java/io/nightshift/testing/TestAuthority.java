package io.nightshift.testing;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.KeyUsage;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import javax.net.ssl.SSLContext;

/// A certificate authority for tests. All instances have the same name, but each has its own key.
public final class TestAuthority {

    private final X509Bundle authority;

    public TestAuthority() {
        try {
            authority = new CertificateBuilder()
                    .subject("CN=Nightshift test authority")
                    .setIsCertificateAuthority(true)
                    .setKeyUsage(true, KeyUsage.keyCertSign, KeyUsage.cRLSign)
                    .ecp256()
                    .buildSelfSigned();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /// Writes the authority's own certificate as PEM.
    public Path write(Path file) throws IOException {
        return Files.writeString(file, authority.getCertificatePEM());
    }

    /// Issues a certificate.
    ///
    /// @param host a name or an IPv4 address
    public X509Bundle issue(String host) {
        CertificateBuilder certificate = new CertificateBuilder()
                .subject("CN=" + host)
                .setKeyUsage(true, KeyUsage.digitalSignature)
                .addExtendedKeyUsageServerAuth()
                .addExtendedKeyUsageClientAuth()
                .ecp256();
        boolean isAddress = host.matches("[0-9.]+");
        try {
            return (isAddress ? certificate.addSanIpAddress(host) : certificate.addSanDnsName(host))
                    .buildIssuedBy(authority);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /// The TLS context of a server, with a new certificate.
    ///
    /// @param host as in [#issue]
    public SSLContext server(String host) throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(issue(host).toKeyManagerFactory().getKeyManagers(), null, null);
        return context;
    }
}
