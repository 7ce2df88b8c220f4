package io.nightshift.smile.training;

import io.nightshift.scoring.Model;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.training.ModelTrainer;
import io.nightshift.scoring.training.TrainingColumn;
import io.nightshift.scoring.training.TrainingException;
import io.nightshift.scoring.training.TrainingOptions;
import io.nightshift.scoring.training.TrainingOptions.Algorithm;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/// Trains with Smile.
public final class SmileTrainer implements ModelTrainer {

    @Override
    public Model train(
            List<TrainingColumn> features, TrainingColumn target, TrainingOptions options, Map<String, String> origin) {
        check(features, target, options);
        TrainTestSplit rows =
                TrainTestSplit.split(target.rows(), options.holdout(), new SplittableRandom(options.seed()));
        Map<String, String> facts = new TreeMap<>(origin);
        facts.put("algorithm", options.algorithm().label());
        facts.put("target", target.name());
        facts.put("seed", Long.toString(options.seed()));
        facts.put("training-rows", Integer.toString(rows.training().length));
        facts.put("holdout-rows", Integer.toString(rows.holdout().length));
        try {
            TrainingData data = new TrainingData(features, target);
            ModelDefinition untested = new SmileTraining(data.select(rows.training()), options).train(facts);
            Model model = Model.of(untested);
            return rows.holdout().length == 0
                    ? model
                    : Model.of(measured(untested, model, data.select(rows.holdout()), facts));
        } catch (MalformedModelException | RuntimeException failed) {
            throw new TrainingException(
                    "Smile could not train the " + options.algorithm().label() + ": " + failed.getMessage(), failed);
        }
    }

    private static ModelDefinition measured(
            ModelDefinition definition, Model model, TrainingData holdout, Map<String, String> facts) {
        double[][] outputs = new double[model.description().outputs()][holdout.rows()];
        model.scorer().score(holdout.features(), holdout.rows(), outputs);
        Map<String, String> all = new TreeMap<>(model.description().facts());
        all.putAll(facts);
        all.putAll(EvaluationMetrics.of(model.description().task(), holdout.target(), outputs));
        return definition.withFacts(all);
    }

    private static void check(List<TrainingColumn> features, TrainingColumn target, TrainingOptions options) {
        if (features.isEmpty()) {
            throw new TrainingException("There is no column to predict " + target.name() + " from.");
        }
        Set<String> names = new HashSet<>(Set.of(target.name()));
        for (TrainingColumn feature : features) {
            if (!names.add(feature.name())) {
                throw new TrainingException("The column " + feature.name() + " is given twice.");
            }
            if (feature.rows() != target.rows()) {
                throw new TrainingException("The column " + feature.name() + " has " + feature.rows()
                        + " rows, the target " + target.name() + " " + target.rows() + ".");
            }
            checkValues(feature);
        }
        checkValues(target);
        switch (target) {
            case TrainingColumn.Categories(String name, List<String> levels, int[] positions) -> {
                if (levels.size() < 2) {
                    throw new TrainingException("The target " + name + " has " + levels.size() + " class in "
                            + positions.length + " rows; a classifier needs at least two.");
                }
            }
            case TrainingColumn.Numbers numbers -> {
                if (options.algorithm() == Algorithm.LOGISTIC_REGRESSION) {
                    throw new TrainingException(
                            "A logistic regression predicts a class, and the target " + numbers.name()
                                    + " is a number. Choose another algorithm, or take its values for classes.");
                }
            }
        }
        if (target.rows() < 10) {
            throw new TrainingException("There are " + target.rows() + " rows; training needs at least 10.");
        }
    }

    private static void checkValues(TrainingColumn column) {
        for (int row = 0; row < column.rows(); row++) {
            boolean sound = switch (column) {
                case TrainingColumn.Numbers(String name, double[] values) -> Double.isFinite(values[row]);
                case TrainingColumn.Categories(String name, List<String> levels, int[] positions) ->
                    positions[row] >= 0;
            };
            if (!sound) {
                throw new TrainingException(
                        "The column " + column.name() + " has a missing or infinite value in" + " row " + row
                                + " (counted from 0). Smile's models take none: leave the row out, or fill it.");
            }
        }
    }
}
