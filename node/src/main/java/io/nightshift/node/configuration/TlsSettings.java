package io.nightshift.node.configuration;

import com.typesafe.config.Config;
import io.nightshift.tls.TlsFiles;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The section `nightshift.tls`: certificates with which the nodes of a cluster know each other.
///
/// @param peerName that every node's certificate holds; empty: each holds its own host
public record TlsSettings(TlsFiles files, String peerName) {

    /// @return null where TLS isn't enabled
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

    /// What a node's actor system is told, before all else, so that it talks TLS and nothing else.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException permanent, if a file can't be used
    public Config transport() {
        return files.transport(peerName);
    }
}
