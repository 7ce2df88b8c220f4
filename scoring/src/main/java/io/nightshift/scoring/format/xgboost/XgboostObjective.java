package io.nightshift.scoring.format.xgboost;

import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.link.Link;

/// The supported objectives of XGBoost, and how each turns margins into predictions.
///
/// @param name XGBoost's name of the objective
/// @param kind what the model predicts
/// @param link how a margin becomes a prediction
record XgboostObjective(String name, Kind kind, Link link) {

    private static final String SUPPORTED = "binary:logistic, binary:logitraw, binary:hinge, multi:softprob,"
            + " multi:softmax, reg:squarederror, reg:squaredlogerror, reg:logistic, reg:pseudohubererror,"
            + " reg:absoluteerror, reg:quantileerror and reg:expectileerror (one quantile or expectile), reg:gamma,"
            + " reg:tweedie, count:poisson, survival:cox, survival:aft, rank:ndcg, rank:map and rank:pairwise";

    enum Kind {
        VALUE,
        BINARY,
        CLASSES
    }

    /// `binary:logitraw` predicts the margin, not a class, so it counts as a regression.
    static XgboostObjective of(String name) throws MalformedModelException {
        return switch (name) {
            case "binary:logistic" -> new XgboostObjective(name, Kind.BINARY, Link.LOGISTIC);
            case "binary:hinge" -> new XgboostObjective(name, Kind.BINARY, Link.STEP);
            case "multi:softprob", "multi:softmax" -> new XgboostObjective(name, Kind.CLASSES, Link.SOFTMAX);
            case "reg:logistic" -> new XgboostObjective(name, Kind.VALUE, Link.SIGMOID);
            case "reg:gamma", "reg:tweedie", "count:poisson", "survival:cox", "survival:aft" ->
                new XgboostObjective(name, Kind.VALUE, Link.EXPONENTIAL);
            case "binary:logitraw",
                    "reg:squarederror",
                    "reg:linear",
                    "reg:squaredlogerror",
                    "reg:pseudohubererror",
                    "reg:absoluteerror",
                    "reg:quantileerror",
                    "reg:expectileerror",
                    "rank:ndcg",
                    "rank:map",
                    "rank:pairwise" -> new XgboostObjective(name, Kind.VALUE, Link.IDENTITY);
            default -> throw new MalformedModelException("its objective is " + name + "; supported are " + SUPPORTED);
        };
    }

    /// The initial margin for the `base_score` of the file, in single precision. For the logistic objectives
    /// `base_score` is a probability, and for those with a logarithmic link a mean. For `binary:logitraw` it
    /// is a probability up to XGBoost 1.3, and the margin itself since 1.4.
    ///
    /// @param version XGBoost's major version times 100, and its minor one
    float margin(float baseScore, int version) throws MalformedModelException {
        boolean logit = switch (name) {
            case "binary:logistic", "reg:logistic" -> true;
            case "binary:logitraw" -> version < 104;
            default -> false;
        };
        float margin = logit
                ? -(float) Math.log(1.0f / baseScore - 1.0f)
                : link == Link.EXPONENTIAL ? (float) Math.log(baseScore) : baseScore;
        if (Float.isNaN(margin) || Float.isInfinite(margin)) {
            throw new MalformedModelException("its base_score " + baseScore + " is out of the range of " + name);
        }
        return margin;
    }
}
