"""The estimators and transformers of scikit-learn by the names of their classes, with the functions that export them."""

from . import transformers
from .boosters import catboost, lightgbm, xgboost
from .calibration import calibrated, isotonic
from .clusters import birch, bisecting, elliptic_envelope, nearest_centre, one_class_by_gradient
from .ensembles import (
    adaboost_classifier,
    adaboost_regressor,
    bagging,
    stacking,
    stacking_columns,
    voting_classifier,
    voting_columns,
    voting_regressor,
)
from .gaussian_processes import kernel_ridge, laplace, process_classifier, process_regressor
from .linear_models import (
    discriminant,
    generalized,
    linear_classifier,
    linear_regression,
    logistic_regression,
    partial_least_squares,
    quadratic_discriminant,
    sgd_classifier,
)
from .mixtures import mixture
from .multiclass import constant, one_vs_one, one_vs_rest, output_code
from .naive_bayes import bernoulli_bayes, categorical_bayes, gaussian_bayes, multinomial_bayes
from .neighbours import (
    label_propagation,
    local_outliers,
    nearest_centroid,
    neighbours_classifier,
    neighbours_regressor,
    radius_classifier,
    radius_regressor,
)
from .networks import network
from .projections import (
    additive_fourier,
    agglomeration,
    cluster_distances,
    discriminant_scores,
    factor_analysis,
    fourier,
    hidden_units,
    independent,
    kernel_components,
    landmarks,
    leaves_one_hot,
    random_projection,
    skewed_fourier,
    sparse_components,
    subcluster_distances,
)
from .support_vectors import classifier, one_class, regression
from .targets import chain, multi_output
from .trees import averaged_trees, boosted_trees, histogram_trees, isolation_forest
from .wrappers import (
    best,
    dummy_classifier,
    dummy_regressor,
    frozen,
    of_selected,
    pipeline,
    ransac,
    self_training,
    thresholded,
    transformed_target,
)


def table(function, *names):
    return {name: function for name in names}


# The families are the rows of the table in docs/how-to/model.md.
FAMILIES = {
    "trees": {
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
        **table(isolation_forest, "IsolationForest"),
    },
    "linear models": {
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
            "MultiTaskElasticNet",
            "MultiTaskElasticNetCV",
            "MultiTaskLasso",
            "MultiTaskLassoCV",
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
        **table(partial_least_squares, "CCA", "PLSCanonical", "PLSRegression"),
        **table(ransac, "RANSACRegressor"),
    },
    "linear classifiers": {
        **table(logistic_regression, "LogisticRegression", "LogisticRegressionCV"),
        **table(linear_classifier, "LinearSVC", "PassiveAggressiveClassifier", "Perceptron"),
        **table(linear_classifier, "RidgeClassifier", "RidgeClassifierCV"),
        **table(sgd_classifier, "SGDClassifier"),
        **table(discriminant, "LinearDiscriminantAnalysis"),
        **table(quadratic_discriminant, "QuadraticDiscriminantAnalysis"),
    },
    "support vector machines": {
        **table(classifier, "NuSVC", "SVC"),
        **table(regression, "NuSVR", "SVR"),
    },
    "neighbours": {
        **table(neighbours_classifier, "KNeighborsClassifier"),
        **table(neighbours_regressor, "KNeighborsRegressor"),
        **table(radius_classifier, "RadiusNeighborsClassifier"),
        **table(radius_regressor, "RadiusNeighborsRegressor"),
        **table(nearest_centroid, "NearestCentroid"),
        **table(label_propagation, "LabelPropagation", "LabelSpreading"),
    },
    "Gaussian processes and kernels": {
        **table(process_regressor, "GaussianProcessRegressor"),
        **table(process_classifier, "GaussianProcessClassifier"),
        **table(laplace, "_BinaryGaussianProcessClassifierLaplace"),
        **table(kernel_ridge, "KernelRidge"),
    },
    "naive Bayes": {
        **table(bernoulli_bayes, "BernoulliNB"),
        **table(categorical_bayes, "CategoricalNB"),
        **table(gaussian_bayes, "GaussianNB"),
        **table(multinomial_bayes, "ComplementNB", "MultinomialNB"),
    },
    "networks": table(network, "MLPClassifier", "MLPRegressor"),
    "ensembles": {
        **table(adaboost_classifier, "AdaBoostClassifier"),
        **table(adaboost_regressor, "AdaBoostRegressor"),
        **table(bagging, "BaggingClassifier", "BaggingRegressor"),
        **table(calibrated, "CalibratedClassifierCV"),
        **table(isotonic, "IsotonicRegression"),
        **table(stacking, "StackingClassifier", "StackingRegressor"),
        **table(voting_classifier, "VotingClassifier"),
        **table(voting_regressor, "VotingRegressor"),
    },
    "several classes or targets": {
        **table(one_vs_rest, "OneVsRestClassifier"),
        **table(one_vs_one, "OneVsOneClassifier"),
        **table(output_code, "OutputCodeClassifier"),
        **table(constant, "_ConstantPredictor"),
        **table(multi_output, "MultiOutputClassifier", "MultiOutputRegressor"),
        **table(chain, "ClassifierChain", "RegressorChain"),
    },
    "clusters": {
        **table(nearest_centre, "AffinityPropagation", "KMeans", "MeanShift", "MiniBatchKMeans"),
        **table(birch, "Birch"),
        **table(bisecting, "BisectingKMeans"),
        **table(mixture, "BayesianGaussianMixture", "GaussianMixture"),
    },
    "outliers": {
        **table(elliptic_envelope, "EllipticEnvelope"),
        **table(local_outliers, "LocalOutlierFactor"),
        **table(one_class, "OneClassSVM"),
        **table(one_class_by_gradient, "SGDOneClassSVM"),
    },
    "CatBoost": table(catboost, "CatBoostClassifier", "CatBoostRegressor"),
    "LightGBM": table(lightgbm, "LGBMClassifier", "LGBMRanker", "LGBMRegressor"),
    "XGBoost": table(xgboost, "XGBClassifier", "XGBRegressor", "XGBRFClassifier", "XGBRFRegressor"),
    "searches and wrappers": {
        **table(best, "GridSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV", "RandomizedSearchCV"),
        **table(dummy_classifier, "DummyClassifier"),
        **table(dummy_regressor, "DummyRegressor"),
        **table(frozen, "FrozenEstimator"),
        **table(of_selected, "RFE", "RFECV"),
        **table(pipeline, "Pipeline"),
        **table(self_training, "SelfTrainingClassifier"),
        **table(thresholded, "FixedThresholdClassifier", "TunedThresholdClassifierCV"),
        **table(transformed_target, "TransformedTargetRegressor"),
    },
}

ESTIMATORS = {name: function for family in FAMILIES.values() for name, function in family.items()}

PROJECTIONS = {
    **table(cluster_distances, "BisectingKMeans", "KMeans", "MiniBatchKMeans"),
    **table(random_projection, "GaussianRandomProjection", "NeighborhoodComponentsAnalysis", "SparseRandomProjection"),
    **table(sparse_components, "MiniBatchSparsePCA", "SparsePCA"),
    **table(stacking_columns, "StackingClassifier", "StackingRegressor"),
    **table(voting_columns, "VotingClassifier", "VotingRegressor"),
    "AdditiveChi2Sampler": additive_fourier,
    "BernoulliRBM": hidden_units,
    "Birch": subcluster_distances,
    "FactorAnalysis": factor_analysis,
    "FastICA": independent,
    "FeatureAgglomeration": agglomeration,
    "KernelPCA": kernel_components,
    "LinearDiscriminantAnalysis": discriminant_scores,
    "Nystroem": landmarks,
    "RBFSampler": fourier,
    "RandomTreesEmbedding": leaves_one_hot,
    "SkewedChi2Sampler": skewed_fourier,
}

TRANSFORMERS = {**transformers.TRANSFORMERS, **PROJECTIONS}
