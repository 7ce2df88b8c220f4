package io.nightshift.system.tls;

import io.netty.pkitesting.X509Bundle;
import io.nightshift.testing.TestAuthority;
import io.nightshift.tls.TlsFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A folder with the files of an authority, `ca.pem`, and of the hosts for which it has issued certificates,
/// `HOST.pem` and `HOST.key`.
public record TestCertificates(Path folder) {

    /// Issues certificates by a new authority.
    public static TestCertificates make(Path folder, String... hosts) throws IOException {
        Files.createDirectories(folder);
        TestAuthority authority = new TestAuthority();
        authority.write(folder.resolve("ca.pem"));
        for (String host : hosts) {
            X509Bundle certificate = authority.issue(host);
            Files.writeString(folder.resolve(host + ".pem"), certificate.getCertificatePEM());
            Files.writeString(folder.resolve(host + ".key"), certificate.getPrivateKeyPEM());
        }
        return new TestCertificates(folder);
    }

    /// The certificate and private key of a host, and the authority.
    public TlsFiles of(String host) {
        return new TlsFiles(folder.resolve(host + ".pem"), folder.resolve(host + ".key"), folder.resolve("ca.pem"));
    }
}
