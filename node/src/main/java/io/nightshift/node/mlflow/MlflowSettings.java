package io.nightshift.node.mlflow;

import io.nightshift.node.alert.AlertUrl;
import io.nightshift.node.alert.Secret;
import io.nightshift.protocol.failure.FailureException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The section `nightshift.mlflow`: the MLflow server whose models jobs may name.
///
/// @param url of the server, without credentials
/// @param ca a PEM file with the authorities to trust; null for those of Java
/// @param credentials that the server asks for
/// @param patience for so long, the server may send nothing
/// @param writeBack whether a rollout that promotes a version of the server moves the alias there, too
public record MlflowSettings(
        URI url, @Nullable Path ca, Credentials credentials, Duration patience, boolean writeBack) {

    /// For so long, a server may send nothing.
    public static final Duration PATIENCE = Duration.ofSeconds(30);

    /// A server that is only read.
    public MlflowSettings(URI url, @Nullable Path ca, Credentials credentials, Duration patience) {
        this(url, ca, credentials, patience, false);
    }

    /// The credentials that a server asks for.
    public sealed interface Credentials {

        /// A server that asks for nothing.
        record None() implements Credentials {}

        /// A user with a password.
        record Basic(String user, Secret password) implements Credentials {}

        /// A bearer token.
        record Token(Secret token) implements Credentials {}
    }

    /// The server that the variables of MLflow's own clients describe; null if they describe none.
    ///
    /// @param environment the process's variables
    /// @throws FailureException permanent, if `MLFLOW_TRACKING_URI` is no URL of a server
    public static @Nullable MlflowSettings environment(Function<String, @Nullable String> environment) {
        String url = variable("MLFLOW_TRACKING_URI", environment);
        if (url == null) {
            return null;
        }
        String problem = AlertUrl.problem(url, true);
        if (problem != null) {
            throw FailureException.permanent(
                    "the environment variable MLFLOW_TRACKING_URI names no server that Nightshift can ask: %s. Set nightshift.mlflow.url to its address"
                            .formatted(problem));
        }
        String user = variable("MLFLOW_TRACKING_USERNAME", environment);
        String ca = variable("MLFLOW_TRACKING_SERVER_CERT_PATH", environment);
        Credentials credentials = user != null
                ? new Credentials.Basic(user, new Secret.InEnvironment("MLFLOW_TRACKING_PASSWORD"))
                : variable("MLFLOW_TRACKING_TOKEN", environment) != null
                        ? new Credentials.Token(new Secret.InEnvironment("MLFLOW_TRACKING_TOKEN"))
                        : new Credentials.None();
        return new MlflowSettings(URI.create(url), ca == null ? null : Path.of(ca), credentials, PATIENCE, false);
    }

    /// A variable; null if it is not set or blank.
    private static @Nullable String variable(String name, Function<String, @Nullable String> environment) {
        String value = environment.apply(name);
        return value == null || value.isBlank() ? null : value.strip();
    }
}
