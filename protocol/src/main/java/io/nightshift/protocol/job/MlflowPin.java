package io.nightshift.protocol.job;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The file to which the address of a model on an MLflow server resolved when a job was submitted. The ledger
/// keeps it, so what scored a batch is known after the alias has moved.
///
/// @param version the address of the version, such as `mlflow:/churn/7`, or of the artifacts of a run
/// @param run the ID of the run that logged the model; null if the server does not say
/// @param source where the server keeps the model's artifacts, without credentials
/// @param file the model file, as a path below the source
/// @param sha256 the SHA-256 of the file, 64 hexadecimal digits
/// @param features the names of the features by the signature, in the model's order, if the file does not name
///     them; otherwise empty. They are names of columns, never expressions
public record MlflowPin(
        String version, @Nullable String run, String source, String file, String sha256, List<String> features) {

    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    public MlflowPin {
        features = List.copyOf(features);
        if (!SHA256.matcher(sha256).matches()) {
            throw new IllegalArgumentException("not a SHA-256 digest: " + sha256);
        }
    }
}
