package io.nightshift.node.mlflow;

import io.nightshift.protocol.job.MlflowPin;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.ModelDescription;
import org.jspecify.annotations.Nullable;

/// A model of an MLflow server, loaded.
///
/// @param pin the file from which it was loaded
/// @param model the model, as its file describes it
/// @param description the model, with the names of the signature if its file has none
/// @param signature the columns of the training; null if the server does not say
public record MlflowModel(
        MlflowPin pin,
        Model model,
        ModelDescription description,
        @Nullable MlflowSignature signature) {}
