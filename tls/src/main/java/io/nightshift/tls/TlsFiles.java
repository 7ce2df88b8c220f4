package io.nightshift.tls;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/// The PEM files with which a node or a program identifies itself and its peers.
///
/// @param certificate file with the own certificate, followed by those of intermediate authorities, if any
/// @param privateKey file with the certificate's private key, in PKCS#8 without encryption (`BEGIN PRIVATE
///     KEY`)
/// @param ca file with the certificates of the authorities that may have issued a peer's certificate; null if
///     peers need no certificate
public record TlsFiles(
        Path certificate, Path privateKey, @Nullable Path ca) {

    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]*)-----END PRIVATE KEY-----");
    private static final String PROTOCOL = "TLSv1.3";
    /// The key store is in memory only, so it needs no password.
    private static final char[] PASSWORD = {};

    /// Reads the files and creates a TLS configuration from them.
    ///
    /// @throws FailureException permanent, naming the file and what is wrong with it
    public SSLContext context() {
        List<X509Certificate> chain = certificates(certificate);
        PrivateKey key = privateKey(chain.getFirst().getPublicKey());
        try {
            KeyStore own = KeyStore.getInstance("PKCS12");
            own.load(null, null);
            own.setKeyEntry("node", key, PASSWORD, chain.toArray(X509Certificate[]::new));
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, PASSWORD);
            SSLContext context = SSLContext.getInstance(PROTOCOL);
            context.init(keys.getKeyManagers(), ca == null ? null : trust(ca), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new FailureException(
                    Failure.permanent("cannot set up TLS with %s: %s".formatted(certificate, e.getMessage())), e);
        }
    }

    /// The settings with which an actor system uses TLS for all its connections. They take precedence over
    /// all others.
    ///
    /// @param peerName the name that every node's certificate holds; empty if each holds its own host
    /// @throws FailureException permanent, if a file can't be used
    public Config transport(String peerName) {
        context();
        return ConfigFactory.parseMap(Map.of(
                        "nightshift.tls.certificate", certificate.toString(),
                        "nightshift.tls.private-key", privateKey.toString(),
                        "nightshift.tls.ca", String.valueOf(ca),
                        "nightshift.tls.peer-name", peerName))
                .withFallback(ConfigFactory.parseResources("cluster-tls.conf"));
    }

    /// When each of the files was last modified.
    public List<FileTime> modified() throws IOException {
        List<FileTime> modified =
                new ArrayList<>(List.of(Files.getLastModifiedTime(certificate), Files.getLastModifiedTime(privateKey)));
        if (ca != null) {
            modified.add(Files.getLastModifiedTime(ca));
        }
        return modified;
    }

    private static TrustManager[] trust(Path file) throws GeneralSecurityException, IOException {
        KeyStore authorities = KeyStore.getInstance("PKCS12");
        authorities.load(null, null);
        for (X509Certificate authority : certificates(file)) {
            authorities.setCertificateEntry(Integer.toString(authorities.size()), authority);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(authorities);
        return trust.getTrustManagers();
    }

    /// A TLS configuration for a client that presents no certificate.
    ///
    /// @param ca file with the certificates of the authorities that the client trusts
    /// @throws FailureException permanent, naming the file and what is wrong with it
    public static SSLContext trusting(Path ca) {
        try {
            SSLContext context = SSLContext.getInstance(PROTOCOL);
            context.init(null, trust(ca), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new FailureException(
                    Failure.permanent("cannot set up TLS with %s: %s".formatted(ca, e.getMessage())), e);
        }
    }

    private static List<X509Certificate> certificates(Path file) {
        List<X509Certificate> found = new ArrayList<>();
        try {
            CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(read(file)))
                    .forEach(certificate -> found.add((X509Certificate) certificate));
        } catch (CertificateException e) {
            throw FailureException.permanent("%s holds no certificates in PEM: %s".formatted(file, e.getMessage()));
        }
        if (found.isEmpty()) {
            throw FailureException.permanent("%s holds no certificate".formatted(file));
        }
        for (X509Certificate certificate : found) {
            try {
                certificate.checkValidity();
            } catch (CertificateException e) {
                throw FailureException.permanent("%s: the certificate of %s is valid from %s to %s, not now"
                        .formatted(
                                file,
                                certificate.getSubjectX500Principal(),
                                certificate.getNotBefore().toInstant(),
                                certificate.getNotAfter().toInstant()));
            }
        }
        return found;
    }

    private PrivateKey privateKey(PublicKey publicKey) {
        Matcher pem = PRIVATE_KEY.matcher(new String(read(privateKey), StandardCharsets.US_ASCII));
        if (!pem.find()) {
            throw FailureException.permanent(
                    "%s holds no private key in PKCS#8 without a password (BEGIN PRIVATE KEY); openssl pkcs8 -topk8 -nocrypt makes one"
                            .formatted(privateKey));
        }
        try {
            byte[] encoded = Base64.getMimeDecoder().decode(pem.group(1));
            PrivateKey key =
                    KeyFactory.getInstance(publicKey.getAlgorithm()).generatePrivate(new PKCS8EncodedKeySpec(encoded));
            if (isPair(key, publicKey)) {
                return key;
            }
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // The key is damaged or of another algorithm, which the failure below reports.
        }
        throw FailureException.permanent(
                "the private key in %s isn't that of the certificate in %s".formatted(privateKey, certificate));
    }

    private static boolean isPair(PrivateKey key, PublicKey publicKey) throws GeneralSecurityException {
        Signature signature = Signature.getInstance(
                switch (publicKey.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> publicKey.getAlgorithm();
                });
        signature.initSign(key);
        byte[] signed = signature.sign();
        signature.initVerify(publicKey);
        return signature.verify(signed);
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw FailureException.permanent("%s is missing or can't be read".formatted(file));
        }
    }
}
