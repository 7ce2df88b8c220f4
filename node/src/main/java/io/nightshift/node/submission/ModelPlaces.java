package io.nightshift.node.submission;

import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.node.mlflow.MlflowModels;
import io.nightshift.node.mlflow.MlflowWriteBack;

/// Where the models are that jobs name other than by a path.
///
/// @param registry of this program
/// @param mlflow the models of an MLflow server
public record ModelPlaces(ModelRegistry registry, MlflowModels mlflow) {

    /// Repeats moves of aliases of the registry on the MLflow server.
    MlflowWriteBack writeBack() {
        return new MlflowWriteBack(registry, mlflow);
    }

    /// Models of the registry only.
    public static ModelPlaces of(ModelRegistry registry) {
        return new ModelPlaces(registry, MlflowModels.none());
    }
}
