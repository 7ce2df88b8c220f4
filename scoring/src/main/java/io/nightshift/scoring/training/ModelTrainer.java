package io.nightshift.scoring.training;

import io.nightshift.scoring.Model;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/// Trains a model, and evaluates it on held-out rows. A library's module provides it as a service.
///
/// The same columns, options and seed give the same model file, bit for bit.
public interface ModelTrainer {

    /// Trains a model that predicts `target` from `features`.
    ///
    /// A target of categories gives a classifier, and a target of numbers a regression;
    /// [TrainingColumn.Numbers#toCategories] turns numbers into classes. With a holdout share above 0, the
    /// facts of the description hold the metrics on the held-out rows: `accuracy`, `auc` (two classes) and
    /// `log-loss`, or `rmse` and `r2`.
    ///
    /// @param features at least one column; names are distinct, all have as many rows as the target, and no
    ///     value is missing
    /// @param origin facts for the model's description, by name: where the rows come from
    /// @throws TrainingException if a model cannot be trained on the data; the message names the column and
    ///     the row
    Model train(
            List<TrainingColumn> features, TrainingColumn target, TrainingOptions options, Map<String, String> origin);

    /// Like [#train(List, TrainingColumn, TrainingOptions, Map)], without facts about the origin of the rows.
    default Model train(List<TrainingColumn> features, TrainingColumn target, TrainingOptions options) {
        return train(features, target, options, Map.of());
    }

    /// The trainer on the class path.
    ///
    /// @throws TrainingException if there is none
    static ModelTrainer find() {
        return ServiceLoader.load(ModelTrainer.class, ModelTrainer.class.getClassLoader())
                .findFirst()
                .orElseThrow(() -> new TrainingException(
                        "No library that trains models is on the class path; add the module nightshift-smile."));
    }
}
