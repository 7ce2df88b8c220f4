package io.nightshift.node.configuration;

import io.nightshift.node.alert.AlertUrl;
import io.nightshift.node.alert.Secret;
import io.nightshift.node.mlflow.MlflowSettings;
import io.nightshift.node.mlflow.MlflowSettings.Credentials;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Reads the section `nightshift.mlflow`.
final class MlflowSection {

    /// Stands for a URL that is reported as a mistake.
    private static final URI NOWHERE = URI.create("http://localhost");

    private MlflowSection() {}

    static MlflowSettings read(ConfigurationSection mlflow) {
        boolean allowsPlainHttp = ReceiverKeys.allowsPlainHttp(mlflow);
        String url = mlflow.text(
                "url", KeyMeaning.of("URL", "The MLflow tracking server, such as `https://mlflow.example.com`."));
        if (!url.isEmpty()) {
            ReceiverKeys.url(mlflow, url, null, allowsPlainHttp);
        }
        String user = mlflow.optionalText(
                "user", KeyMeaning.of("The user, if the server asks for one with a password (`Basic`)."));
        Secret password = ReceiverKeys.secret(mlflow, "password", "the password of `user`");
        Secret token = ReceiverKeys.secret(mlflow, "token", "the token that the server asks for (`Bearer`)");
        Path ca = ReceiverKeys.ca(mlflow);
        Credentials credentials = credentials(mlflow, user, password, token);
        boolean writeBack = mlflow.flag(
                "write-back",
                KeyMeaning.of(
                        "Whether a rollout that promotes a version of the server also [moves the alias there](../how-to/mlflow.md#write-promotions-back), and writes the batch's proof as tags of the version. The user needs the permission `EDIT` on the model."));
        mlflow.end();
        return new MlflowSettings(
                AlertUrl.problem(url, true) == null ? URI.create(url) : NOWHERE,
                ca,
                credentials,
                MlflowSettings.PATIENCE,
                writeBack);
    }

    private static Credentials credentials(
            ConfigurationSection mlflow, @Nullable String user, @Nullable Secret password, @Nullable Secret token) {
        if (token != null) {
            if (user != null || password != null) {
                mlflow.mistake(
                        user == null ? "password-file" : "user", "is given together with a token; remove one of them");
            }
            return new Credentials.Token(token);
        }
        if (user == null && password == null) {
            return new Credentials.None();
        }
        if (user == null) {
            mlflow.mistake("user", "missing; add the user of the password");
        }
        return new Credentials.Basic(user == null ? "" : user, ReceiverKeys.required(mlflow, "password", password));
    }
}
