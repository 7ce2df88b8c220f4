package io.nightshift.cli.doctor;

import io.nightshift.node.mlflow.MlflowModels;
import io.nightshift.node.mlflow.MlflowSettings;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.endpoint.Diagnosis;
import io.nightshift.storage.filesystem.FileRoots;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Examines the MLflow server.
final class MlflowExamination {

    private MlflowExamination() {}

    /// Asks the server whether it is there. A server that only the variables of MLflow's own clients name may be
    /// meant for other programs, so that it is no problem if Nightshift can't use it.
    ///
    /// @param configured the section of the configuration
    /// @param used the server of a command: that of the section, or else that of the variables
    /// @return empty if there is none
    static Optional<Diagnosis> of(
            Supplier<@Nullable MlflowSettings> configured, Supplier<@Nullable MlflowSettings> used) {
        try {
            MlflowSettings settings = used.get();
            if (settings == null) {
                return Optional.empty();
            }
            MlflowModels.open(used, FileRoots.UNRESTRICTED, ObjectCopies.none()).probe();
            return Optional.of(Diagnosis.fine("mlflow", "%s can be asked for models".formatted(settings.url())));
        } catch (FailureException e) {
            String reason = String.valueOf(e.getMessage());
            return Optional.of(
                    configured.get() == null
                            ? Diagnosis.fine(
                                    "mlflow",
                                    "not configured, and jobs can't use the server of the environment: %s"
                                            .formatted(reason))
                            : Diagnosis.problem(
                                    "mlflow", reason, "Correct nightshift.mlflow. See docs/how-to/mlflow.md."));
        }
    }
}
