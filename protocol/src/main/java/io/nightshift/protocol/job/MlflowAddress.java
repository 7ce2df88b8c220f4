package io.nightshift.protocol.job;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The address of a model on an MLflow server, as a job names it. It has no host and no credentials: the
/// configuration of the node has them.
public sealed interface MlflowAddress {

    /// `mlflow:/name@alias`: the version to which an alias of a registered model points.
    ///
    /// @param model the name of the registered model
    /// @param alias the alias
    record Alias(String model, String alias) implements MlflowAddress {}

    /// `mlflow:/name/7`: a version of a registered model.
    ///
    /// @param model the name of the registered model
    /// @param version its number, from 1
    record Version(String model, int version) implements MlflowAddress {}

    /// `mlflow:/runs/ID/path`: a model or a model file that a run has logged.
    ///
    /// @param run the ID of the run
    /// @param path of the model's folder or of the file, below the artifacts of the run
    record Run(String run, String path) implements MlflowAddress {}

    /// Begins every address.
    String SCHEME = "mlflow:";

    /// The forms of an address, for messages.
    String EXAMPLES = "mlflow:/name@alias, mlflow:/name/7 or mlflow:/runs/ID/path";

    /// Regular expression of the name of a registered model.
    String MODEL = "[^\\u0000-\\u001f/:@]{1,250}";

    /// Regular expression of an address. No part of a path is `.` or `..`.
    String PATTERN = SCHEME + "/(" + MODEL + "(@[A-Za-z0-9_-]{1,250}|/[1-9][0-9]{0,8})"
            + "|runs/[A-Za-z0-9_-]{1,64}(/(?!\\.{1,2}(/|$))[^\\u0000-\\u001f/?#\\\\]{1,250}){1,20})";

    /// Parses an address.
    ///
    /// @param text the address as a person writes it
    /// @throws IllegalArgumentException if the text is none
    static MlflowAddress parse(String text) {
        if (!Pattern.matches(PATTERN, text)) {
            throw new IllegalArgumentException(
                    "%s is no address of a model on an MLflow server. Write %s".formatted(text, EXAMPLES));
        }
        String rest = text.substring(SCHEME.length() + 1);
        Matcher version = Pattern.compile("(" + MODEL + ")/([0-9]{1,9})").matcher(rest);
        if (version.matches()) {
            return new Version(version.group(1), Integer.parseInt(version.group(2)));
        }
        int slash = rest.indexOf('/');
        if (slash >= 0) {
            int path = rest.indexOf('/', slash + 1);
            return new Run(rest.substring(slash + 1, path), rest.substring(path + 1));
        }
        int at = rest.lastIndexOf('@');
        return new Alias(rest.substring(0, at), rest.substring(at + 1));
    }

    /// The address as text, from which [#parse(String)] creates an equal one.
    default String text() {
        return SCHEME + "/"
                + switch (this) {
                    case Alias(String model, String alias) -> model + "@" + alias;
                    case Version(String model, int version) -> model + "/" + version;
                    case Run(String run, String path) -> "runs/" + run + "/" + path;
                };
    }
}
