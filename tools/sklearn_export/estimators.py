"""The estimators and transformers of scikit-learn by the names of their classes, with the functions that export them."""

from . import transformers
from .calibration import calibrated, isotonic
from .clusters import k_means
from .ensembles import (
    adaboost_classifier,
    adaboost_regressor,
    bagging,
    one_vs_rest,
    stacking,
    voting_classifier,
    voting_regressor,
)
from .linear_models import (
    discriminant,
    generalized,
    linear_classifier,
    linear_regression,
    logistic_regression,
    quadratic_discriminant,
    sgd_classifier,
)
from .naive_bayes import bernoulli_bayes, categorical_bayes, gaussian_bayes, multinomial_bayes
from .networks import network
from .trees import averaged_trees, boosted_trees, histogram_trees, isolation_forest
from .wrappers import (
    best,
    dummy_classifier,
    dummy_regressor,
    frozen,
    of_selected,
    pipeline,
    ransac,
    thresholded,
    transformed_target,
)


def table(function, *names):
    return {name: function for name in names}


ESTIMATORS = {
    **table(
        linear_regression,
        "ARDRegression",
        "BayesianRidge",
        "ElasticNet",
        "ElasticNetCV",
        "HuberRegressor",
        "Lars",
        "LarsCV",
        "Lasso",
        "LassoCV",
        "LassoLars",
        "LassoLarsCV",
        "LassoLarsIC",
        "LinearRegression",
        "LinearSVR",
        "OrthogonalMatchingPursuit",
        "OrthogonalMatchingPursuitCV",
        "PassiveAggressiveRegressor",
        "QuantileRegressor",
        "Ridge",
        "RidgeCV",
        "SGDRegressor",
        "TheilSenRegressor",
    ),
    **table(generalized, "GammaRegressor", "PoissonRegressor", "TweedieRegressor"),
    **table(logistic_regression, "LogisticRegression", "LogisticRegressionCV"),
    **table(linear_classifier, "LinearSVC", "PassiveAggressiveClassifier", "Perceptron", "RidgeClassifier", "RidgeClassifierCV"),
    **table(multinomial_bayes, "ComplementNB", "MultinomialNB"),
    **table(
        averaged_trees,
        "DecisionTreeClassifier",
        "DecisionTreeRegressor",
        "ExtraTreeClassifier",
        "ExtraTreeRegressor",
        "ExtraTreesClassifier",
        "ExtraTreesRegressor",
        "RandomForestClassifier",
        "RandomForestRegressor",
    ),
    **table(boosted_trees, "GradientBoostingClassifier", "GradientBoostingRegressor"),
    **table(histogram_trees, "HistGradientBoostingClassifier", "HistGradientBoostingRegressor"),
    **table(best, "GridSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV", "RandomizedSearchCV"),
    **table(thresholded, "FixedThresholdClassifier", "TunedThresholdClassifierCV"),
    **table(k_means, "KMeans", "MiniBatchKMeans"),
    **table(of_selected, "RFE", "RFECV"),
    **table(network, "MLPClassifier", "MLPRegressor"),
    **table(bagging, "BaggingClassifier", "BaggingRegressor"),
    **table(stacking, "StackingClassifier", "StackingRegressor"),
    "AdaBoostClassifier": adaboost_classifier,
    "AdaBoostRegressor": adaboost_regressor,
    "BernoulliNB": bernoulli_bayes,
    "CalibratedClassifierCV": calibrated,
    "CategoricalNB": categorical_bayes,
    "DummyClassifier": dummy_classifier,
    "DummyRegressor": dummy_regressor,
    "FrozenEstimator": frozen,
    "GaussianNB": gaussian_bayes,
    "IsolationForest": isolation_forest,
    "IsotonicRegression": isotonic,
    "LinearDiscriminantAnalysis": discriminant,
    "OneVsRestClassifier": one_vs_rest,
    "Pipeline": pipeline,
    "QuadraticDiscriminantAnalysis": quadratic_discriminant,
    "RANSACRegressor": ransac,
    "SGDClassifier": sgd_classifier,
    "TransformedTargetRegressor": transformed_target,
    "VotingClassifier": voting_classifier,
    "VotingRegressor": voting_regressor,
}

TRANSFORMERS = transformers.TRANSFORMERS
