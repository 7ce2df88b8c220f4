package io.nightshift.protocol.job;

import io.nightshift.protocol.model.ModelVersion;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A job's reference to its model.
public sealed interface ModelReference {

    /// `name`: the version to which the alias `champion` points, or the newest version if there is no such
    /// alias.
    ///
    /// @param name the model's name
    record Champion(String name) implements ModelReference {}

    /// `name@3`: a version by its number.
    ///
    /// @param name the model's name
    /// @param version the version's number, from 1
    record Exact(String name, int version) implements ModelReference {}

    /// `name@alias`: the version to which an alias points.
    ///
    /// @param name the model's name
    /// @param alias starts with a letter
    record Alias(String name, String alias) implements ModelReference {}

    /// `name@sha256:…`: the version whose file has this digest.
    ///
    /// @param name the model's name
    /// @param sha256 the SHA-256 of the registered file, 64 hexadecimal digits
    record Digest(String name, String sha256) implements ModelReference {}

    /// A model file. It is used by its digest, under a name that no other reference finds by chance.
    ///
    /// @param path path of the file; absolute in a validated job
    record File(String path) implements ModelReference {}

    /// `mlflow:/…`: a model of an MLflow server. [MlflowAddress] describes the addresses.
    ///
    /// @param address as a person writes it, such as `mlflow:/churn@champion`
    /// @param pin the file to which it resolved; null until the job is submitted
    record Mlflow(String address, @Nullable MlflowPin pin) implements ModelReference {

        public Mlflow {
            MlflowAddress.parse(address);
        }

        /// The same reference, resolved.
        ///
        /// @param found the file to which it resolved
        public Mlflow with(MlflowPin found) {
            return new Mlflow(address, found);
        }
    }

    /// The alias that a model name without version and alias stands for.
    String CHAMPION = "champion";

    /// A reference with one of these endings is a path, even without a `/`. No registered model's name has
    /// such an ending.
    List<String> EXTENSIONS =
            List.of(".json", ".ubj", ".ser", ".nsm", ".model", ".txt", ".onnx", ".bin", ".cbm", ".zip");

    /// Regular expression of the path of a model file.
    String FILE = "(?!" + MlflowAddress.SCHEME + ")([^\\u0000-\\u001f/]*/[^\\u0000-\\u001f]*|[^\\u0000-\\u001f/]+("
            + String.join("|", EXTENSIONS).replace(".", "\\.") + "))";

    /// The prefix of a digest.
    String SHA256 = "sha256:";

    /// Regular expression of an alias.
    String ALIAS = "[a-z][a-z0-9._-]{0,62}";

    /// Regular expression of a reference to a registered model.
    String REGISTERED = ModelVersion.NAME.pattern() + "(@([1-9][0-9]{0,8}|sha256:[0-9a-f]{64}|" + ALIAS + "))?";

    /// Parses a reference. A text that begins with `mlflow:` is a model of an MLflow server. Any other text with a
    /// `/`, or with one of the [#EXTENSIONS] at its end, is a file. The rest is `name`, `name@3`, `name@alias` or
    /// `name@sha256:…`. A version has at most nine digits; an alias starts with a letter.
    ///
    /// @param text the reference as a person writes it
    /// @throws IllegalArgumentException if the text is none of these
    static ModelReference parse(String text) {
        if (isFile(text)) {
            return new File(text);
        }
        if (text.startsWith(MlflowAddress.SCHEME)) {
            return new Mlflow(text, null);
        }
        if (!Pattern.matches(REGISTERED, text)) {
            throw new IllegalArgumentException(
                    "%s is no model reference. Write name, name@3, name@alias, the path of a model file, or %s"
                            .formatted(text, MlflowAddress.EXAMPLES));
        }
        int at = text.indexOf('@');
        if (at < 0) {
            return new Champion(text);
        }
        String name = text.substring(0, at);
        String label = text.substring(at + 1);
        if (label.startsWith(SHA256)) {
            return new Digest(name, label.substring(SHA256.length()));
        }
        return Character.isDigit(label.charAt(0)) ? new Exact(name, Integer.parseInt(label)) : new Alias(name, label);
    }

    /// The reference as text, from which [#parse(String)] creates an equal one.
    default String text() {
        return switch (this) {
            case Champion(String name) -> name;
            case Exact(String name, int version) -> name + "@" + version;
            case Alias(String name, String alias) -> name + "@" + alias;
            case Digest(String name, String sha256) -> name + "@" + SHA256 + sha256;
            case File(String path) -> path;
            case Mlflow(String address, MlflowPin pin) -> address;
        };
    }

    /// The name of the registered model; null for a file.
    default @Nullable String name() {
        return null;
    }

    /// The alias that the reference follows; null if it names a version by itself.
    default @Nullable String alias() {
        return this instanceof Champion ? CHAMPION : null;
    }

    /// Whether [#parse(String)] reads the text as the path of a model file.
    ///
    /// @param text a valid reference or any other text
    static boolean isFile(String text) {
        return Pattern.matches(FILE, text);
    }
}
