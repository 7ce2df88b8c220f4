package io.nightshift.worker.partition;

import io.nightshift.destination.PredictionColumns;
import io.nightshift.destination.ScoredRows;
import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.model.Task;
import io.nightshift.scoring.model.TextTable;
import io.nightshift.worker.scoring.ComparingScorer;
import io.nightshift.worker.scoring.ModelComparator;
import io.nightshift.worker.scoring.ShadowScorer;
import org.jspecify.annotations.Nullable;

/// The model with which an attempt compares the predictions of its own model. The predictions of the second one
/// are not written.
sealed interface SecondModel {

    /// The scorers of one query.
    ///
    /// @param scorer scores the rows
    /// @param trial asked whether the model can score a row; compares nothing
    /// @param comparison of the predictions of both models
    record Scorers(Scorer scorer, Scorer trial, Comparison comparison) {

        /// A comparing scorer counts each row that it scores, so a trial needs another one.
        private static Scorers comparing(ComparingScorer scorer, Model model, TextTable texts) {
            return new Scorers(scorer, model.scorer(texts), scorer::comparison);
        }
    }

    interface Comparison {
        /// Null if there is nothing to compare.
        @Nullable
        ModelComparison result();
    }

    /// @param model of the attempt
    /// @param rows that it scores
    /// @param partition of the attempt
    /// @param texts the texts of a block, for models that read texts
    Scorers scorers(Model model, ScoredRows rows, int partition, TextTable texts);

    private static Scorers alone(Model model, TextTable texts, Comparison comparison) {
        Scorer scorer = model.scorer(texts);
        return new Scorers(scorer, scorer, comparison);
    }

    /// The attempt compares nothing.
    record None() implements SecondModel {
        @Override
        public Scorers scorers(Model model, ScoredRows rows, int partition, TextTable texts) {
            return alone(model, texts, () -> null);
        }
    }

    /// If the other model fails, the attempt does.
    ///
    /// @param other with the same features, task and classes
    record Compared(Model other) implements SecondModel {
        @Override
        public Scorers scorers(Model model, ScoredRows rows, int partition, TextTable texts) {
            ModelDescription description = model.description();
            return Scorers.comparing(
                    new ModelComparator(
                            model.scorer(texts),
                            other.scorer(texts),
                            description.outputs() + PredictionColumns.margins(rows.job(), description),
                            description.task() != Task.REGRESSION,
                            PredictionColumns.checked(description)),
                    model,
                    texts);
        }
    }

    /// If the candidate fails, the attempt continues without it.
    ///
    /// @param candidate with the same features, task and classes
    /// @param differences how many rows are reported that both score most differently, 0 or more
    record Shadow(Model candidate, int differences) implements SecondModel {
        @Override
        public Scorers scorers(Model model, ScoredRows rows, int partition, TextTable texts) {
            ModelDescription description = model.description();
            return Scorers.comparing(
                    new ShadowScorer(
                            model.scorer(texts),
                            () -> candidate.scorer(texts),
                            description,
                            PredictionColumns.margins(rows.job(), description),
                            rows.job().features(),
                            partition,
                            differences),
                    model,
                    texts);
        }
    }

    /// A candidate that can't score the rows.
    ///
    /// @param problem why
    record UnusableShadow(String problem) implements SecondModel {
        @Override
        public Scorers scorers(Model model, ScoredRows rows, int partition, TextTable texts) {
            return alone(model, texts, () -> ModelComparison.failed(problem));
        }
    }
}
