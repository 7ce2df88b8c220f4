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
        boolean isEnabled = tls.flag("enabled");
        Path certificate = file(tls, "certificate", isEnabled);
        Path privateKey = file(tls, "private-key", isEnabled);
        Path ca = file(tls, "ca", isEnabled);
        String peerName = peerName(tls);
        tls.end();
        return isEnabled ? new TlsSettings(new TlsFiles(certificate, privateKey, ca), peerName) : null;
    }

    private static Path file(ConfigurationSection tls, String key, boolean required) {
        String path = required ? tls.text(key) : tls.text(key, "none");
        return tls.resolve(path);
    }

    private static String peerName(ConfigurationSection tls) {
        if (!tls.has("peer-name")) {
            return tls.text("peer-name", "");
        }
        String name = tls.text("peer-name");
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
