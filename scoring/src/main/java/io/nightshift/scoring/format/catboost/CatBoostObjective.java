package io.nightshift.scoring.format.catboost;

import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.link.Link;

/// CatBoost's loss functions, and how a model that was trained with one predicts, by default, in CatBoost.
///
/// @param name CatBoost's name of the loss function, or `none`
/// @param kind what the model predicts
/// @param link how the raw values become a prediction
record CatBoostObjective(String name, Kind kind, Link link) {

    /// A model of which the file does not say how it was trained, such as a sum of models.
    static final String NONE = "none";

    private static final String SUPPORTED =
            "Logloss, CrossEntropy, Focal, MultiClass, MultiClassOneVsAll, MultiLogloss,"
                    + " MultiCrossEntropy, Poisson, Tweedie, RMSEWithUncertainty, and regressions and rankings with one raw value";

    enum Kind {
        VALUE,
        BINARY,
        CLASSES
    }

    /// @param name CatBoost's name of the loss function, or [#NONE]
    /// @param dimensions the number of raw values
    /// @param hasClasses whether the file lists classes
    static CatBoostObjective of(String name, int dimensions, boolean hasClasses) throws MalformedModelException {
        CatBoostObjective objective = of(name, hasClasses);
        if (objective.link.accepts(dimensions)) {
            return objective;
        }
        if (objective.link == Link.ONE_VS_ALL && dimensions == 1) {
            return new CatBoostObjective(name, Kind.BINARY, Link.LOGISTIC_ABOVE_ZERO);
        }
        throw new MalformedModelException(
                "its loss function is " + name + ", with " + dimensions + " raw values; supported are " + SUPPORTED);
    }

    private static CatBoostObjective of(String name, boolean hasClasses) throws MalformedModelException {
        return switch (name) {
            case "Logloss", "Focal" -> new CatBoostObjective(name, Kind.BINARY, Link.LOGISTIC_ABOVE_ZERO);
            case "CrossEntropy" ->
                hasClasses
                        ? new CatBoostObjective(name, Kind.BINARY, Link.LOGISTIC_ABOVE_ZERO)
                        : new CatBoostObjective(name, Kind.VALUE, Link.SIGMOID);
            case "MultiClass" -> new CatBoostObjective(name, Kind.CLASSES, Link.SOFTMAX);
            case "MultiClassOneVsAll", "MultiLogloss", "MultiCrossEntropy" ->
                new CatBoostObjective(name, Kind.CLASSES, Link.ONE_VS_ALL);
            case "RMSEWithUncertainty" -> new CatBoostObjective(name, Kind.VALUE, Link.FIRST);
            case "Poisson", "Tweedie" -> new CatBoostObjective(name, Kind.VALUE, Link.EXPONENTIAL);
            case "RMSE",
                    "MAE",
                    "Quantile",
                    "GroupQuantile",
                    "LogLinQuantile",
                    "Expectile",
                    "MAPE",
                    "Huber",
                    "Lq",
                    "LogCosh",
                    "Cox",
                    "SurvivalAft",
                    "QueryRMSE",
                    "QuerySoftMax",
                    "QueryCrossEntropy",
                    "PairLogit",
                    "PairLogitPairwise",
                    "YetiRank",
                    "YetiRankPairwise",
                    "LambdaMart",
                    "StochasticFilter",
                    "StochasticRank",
                    "PythonUserDefinedPerObject",
                    NONE -> new CatBoostObjective(name, Kind.VALUE, Link.IDENTITY);
            default ->
                throw new MalformedModelException("its loss function is " + name + "; supported are " + SUPPORTED);
        };
    }
}
