package io.nightshift.node.configuration;

import com.typesafe.config.Config;
import io.nightshift.tls.TlsFiles;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The section `nightshift.tls`: the certificates by which the nodes of a cluster identify each other.
///
/// @param peerName the name in every node's certificate; empty if each names its own host
public record TlsSettings(TlsFiles files, String peerName) {

    /// @return null if TLS isn't enabled
    static @Nullable TlsSettings read(ConfigurationSection tls) {
        boolean isEnabled = tls.flag("enabled", KeyMeaning.of("Whether nodes use TLS for their connections."));
        Path certificate = file(
                tls,
                "certificate",
                isEnabled,
                "The node's certificate in PEM, followed by those of intermediate authorities.");
        Path privateKey = file(tls, "private-key", isEnabled, "Its private key, in PKCS#8 without a password.");
        Path ca = file(tls, "ca", isEnabled, "The certificates of the authorities that issue the nodes' certificates.");
        String peerName = peerName(tls);
        tls.end();
        return isEnabled ? new TlsSettings(new TlsFiles(certificate, privateKey, ca), peerName) : null;
    }

    private static Path file(ConfigurationSection tls, String key, boolean required, String text) {
        KeyMeaning meaning = KeyMeaning.of("path", text);
        String path = required ? tls.text(key, meaning) : tls.text(key, "none", meaning);
        return tls.resolve(path);
    }

    private static String peerName(ConfigurationSection tls) {
        String name = tls.optionalText(
                "peer-name",
                KeyMeaning.of(
                        "DNS name",
                        "The name in every node's certificate, for nodes whose addresses are unknown in advance. Nodes"
                                + " verify this name instead of the host. Without this key, each certificate names its"
                                + " host."));
        if (name == null) {
            return "";
        }
        if (!name.isEmpty() && !name.matches("[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")) {
            tls.mistake("peer-name", "expected a DNS name");
        }
        return name;
    }

    /// The settings with which a node's actor system accepts TLS only. They override all others.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException permanent, if a file can't be used
    public Config transport() {
        return files.transport(peerName);
    }
}
