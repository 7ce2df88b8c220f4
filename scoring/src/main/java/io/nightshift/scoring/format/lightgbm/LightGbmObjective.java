package io.nightshift.scoring.format.lightgbm;

import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.link.Link;
import java.util.Arrays;

/// LightGBM's objectives, and how each turns raw scores into predictions.
///
/// @param name LightGBM's name of the objective
/// @param kind what the model predicts
/// @param link how a raw score becomes a prediction
/// @param slope the raw score is multiplied by it before the link
record LightGbmObjective(String name, Kind kind, Link link, double slope) {

    private static final String SUPPORTED = "binary, multiclass, multiclassova, cross_entropy, cross_entropy_lambda,"
            + " regression, regression_l1, huber, fair, quantile, mape, poisson, gamma, tweedie, lambdarank and"
            + " rank_xendcg";

    enum Kind {
        VALUE,
        BINARY,
        CLASSES
    }

    /// @param line a name and parameters, such as `binary sigmoid:1`
    static LightGbmObjective of(String line) throws MalformedModelException {
        String[] words = line.split(" ", -1);
        String name = words[0];
        double slope = slope(words);
        boolean roots = Arrays.asList(words).contains("sqrt");
        return switch (name) {
            case "binary" -> new LightGbmObjective(name, Kind.BINARY, Link.LOGISTIC, slope);
            case "multiclass", "softmax" -> new LightGbmObjective(name, Kind.CLASSES, Link.SOFTMAX, 1);
            case "multiclassova", "multiclass_ova", "ova", "ovr" ->
                new LightGbmObjective(name, Kind.CLASSES, Link.ONE_VS_ALL, slope);
            case "cross_entropy", "xentropy" -> new LightGbmObjective(name, Kind.VALUE, Link.SIGMOID, 1);
            case "cross_entropy_lambda", "xentlambda" -> new LightGbmObjective(name, Kind.VALUE, Link.SOFTPLUS, 1);
            case "poisson", "gamma", "tweedie" -> new LightGbmObjective(name, Kind.VALUE, Link.EXPONENTIAL, 1);
            case "regression", "regression_l2", "l2", "regression_l1", "l1", "huber", "fair", "quantile", "mape" ->
                new LightGbmObjective(name, Kind.VALUE, roots ? Link.SIGNED_SQUARE : Link.IDENTITY, 1);
            case "lambdarank", "rank_xendcg" -> new LightGbmObjective(name, Kind.VALUE, Link.IDENTITY, 1);
            default -> throw new MalformedModelException("its objective is " + name + "; supported are " + SUPPORTED);
        };
    }

    /// The objective of a model that was trained with a custom objective: the file does not name it, and the
    /// model predicts raw scores.
    static LightGbmObjective unknown() {
        return new LightGbmObjective("custom", Kind.VALUE, Link.IDENTITY, 1);
    }

    private static double slope(String[] words) throws MalformedModelException {
        for (String word : words) {
            if (word.startsWith("sigmoid:")) {
                try {
                    double slope = Double.parseDouble(word.substring("sigmoid:".length()));
                    if (slope > 0 && Double.isFinite(slope)) {
                        return slope;
                    }
                } catch (NumberFormatException notANumber) {
                    throw new MalformedModelException("its objective has the parameter " + word, notANumber);
                }
                throw new MalformedModelException("its objective has the parameter " + word);
            }
        }
        return 1;
    }
}
