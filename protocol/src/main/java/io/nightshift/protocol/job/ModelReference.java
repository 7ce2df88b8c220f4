package io.nightshift.protocol.job;

import io.nightshift.protocol.model.ModelVersion;
import java.util.List;
import java.util.regex.Pattern;

/// How a job names its model.
public sealed interface ModelReference {

    /// `name`: what the alias `champion` points at, or else the newest version.
    record Champion(String name) implements ModelReference {}

    /// `name@3`.
    record Exact(String name, int version) implements ModelReference {}

    /// `name@alias`.
    record Alias(String name, String alias) implements ModelReference {}

    /// A path to a model file, which is registered on first use.
    record File(String path) implements ModelReference {}

    /// The endings that make a reference a path even without a `/`. A registered model can't be named like that.
    List<String> EXTENSIONS = List.of(".json", ".ubj", ".ser", ".nsm", ".model", ".txt", ".onnx", ".bin");

    /// What a path of a model file, an alias, and a reference to a registered model look like, as regular expressions.
    String FILE = "([^\\u0000-\\u001f/]*/[^\\u0000-\\u001f]*|[^\\u0000-\\u001f/]+("
            + String.join("|", EXTENSIONS).replace(".", "\\.") + "))";

    String ALIAS = "[a-z][a-z0-9._-]{0,62}";

    String REGISTERED = ModelVersion.NAME.pattern() + "(@([1-9][0-9]{0,8}|" + ALIAS + "))?";

    /// Reads what a person wrote: a text with a `/`, or one that ends in one of [#EXTENSIONS], is a file; anything
    /// else is `name`, `name@3` or `name@alias`. A version has at most nine digits; an alias starts with a letter.
    ///
    /// @throws IllegalArgumentException where the text is none of these
    static ModelReference parse(String text) {
        if (isFile(text)) {
            return new File(text);
        }
        if (!Pattern.matches(REGISTERED, text)) {
            throw new IllegalArgumentException("not a model: " + text);
        }
        int at = text.indexOf('@');
        if (at < 0) {
            return new Champion(text);
        }
        String name = text.substring(0, at);
        String label = text.substring(at + 1);
        return Character.isDigit(label.charAt(0)) ? new Exact(name, Integer.parseInt(label)) : new Alias(name, label);
    }

    /// The reference as a person writes it, so that [#parse(String)] gives it back.
    default String text() {
        return switch (this) {
            case Champion(String name) -> name;
            case Exact(String name, int version) -> name + "@" + version;
            case Alias(String name, String alias) -> name + "@" + alias;
            case File(String path) -> path;
        };
    }

    /// Whether the text is read as the path of a model file.
    static boolean isFile(String text) {
        return Pattern.matches(FILE, text);
    }
}
