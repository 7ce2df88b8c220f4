package io.nightshift.node.configuration;

import io.nightshift.node.alert.AlertUrl;
import io.nightshift.node.alert.Secret;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Reads the keys of a program that gets messages by HTTP: its URL, secrets, and how its connection is protected.
final class ReceiverKeys {

    private ReceiverKeys() {}

    static boolean allowsPlainHttp(ConfigurationSection receiver) {
        return PlainConnections.allowsHttp(receiver);
    }

    /// The file with the authorities to trust; null for those of the platform.
    static @Nullable Path ca(ConfigurationSection receiver) {
        String ca = receiver.optionalText(
                "ca",
                KeyMeaning.of(
                        "path",
                        "A PEM file with the certificate authorities to trust. Without this key, those of Java."));
        return ca == null ? null : receiver.resolve(ca);
    }

    /// The URL of a receiver.
    ///
    /// @param url as it is given; null if it is not
    /// @param secretUrl where the URL is, if it is a secret; null if it is none
    static Secret url(
            ConfigurationSection receiver, @Nullable String url, @Nullable Secret secretUrl, boolean allowsPlainHttp) {
        if (url == null) {
            return required(receiver, "url", secretUrl);
        }
        if (secretUrl != null) {
            receiver.mistake("url", "is given together with url-file or url-env; remove one of them");
        }
        String problem = AlertUrl.problem(url, allowsPlainHttp);
        if (problem != null) {
            receiver.mistake("url", problem);
        }
        return new Secret.Plain(url);
    }

    /// Reports a secret that is missing.
    static Secret required(ConfigurationSection receiver, String key, @Nullable Secret secret) {
        if (secret == null) {
            receiver.mistake(key + "-file", "missing; add it, or " + key + "-env");
        }
        return secret == null ? new Secret.Plain("") : secret;
    }

    /// A secret by reference.
    ///
    /// @param meaning what the secret is
    /// @return null if it is not given
    static @Nullable Secret secret(ConfigurationSection receiver, String key, String meaning) {
        String file = receiver.optionalText(
                key + "-file",
                KeyMeaning.of("path", "A file with %s. It is read for each message.".formatted(meaning)));
        String variable = receiver.optionalText(
                key + "-env",
                KeyMeaning.of("name", "The environment variable of the node with %s.".formatted(meaning)));
        if (file != null && variable != null) {
            receiver.mistake(key + "-env", "is given together with " + key + "-file; remove one of them");
        }
        return file != null
                ? new Secret.InFile(receiver.resolve(file))
                : variable != null ? new Secret.InEnvironment(variable) : null;
    }
}
