"""Estimators and transformers that compare a row with rows of training or with centres, for pipelines.py."""

from sklearn import cluster, covariance, decomposition, gaussian_process, linear_model, mixture, multiclass
from sklearn import multioutput, neighbors, svm
from sklearn import kernel_approximation, random_projection
from sklearn.cross_decomposition import PLSRegression
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestRegressor, RandomTreesEmbedding, StackingClassifier, VotingClassifier
from sklearn.gaussian_process import kernels
from sklearn.kernel_ridge import KernelRidge
from sklearn.neural_network import BernoulliRBM
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.semi_supervised import LabelPropagation, LabelSpreading, SelfTrainingClassifier
from sklearn.tree import DecisionTreeClassifier

SEED = {"random_state": 1}
SMOOTH = kernels.ConstantKernel(2.0) * kernels.RBF([1.0, 2.0]) + kernels.WhiteKernel(0.1) + kernels.DotProduct(0.5)
PERIODIC = kernels.Matern(1.0, nu=1.5) + kernels.RationalQuadratic(1.0, 0.7) * kernels.ExpSineSquared(1.0, 3.0)

# After one-hot encoders and scalers.
ESTIMATORS = {
    "neighbours": (neighbors.KNeighborsClassifier(), "classes"),
    "neighbours-even": (neighbors.KNeighborsClassifier(4), "classes"),
    "neighbours-weighted": (neighbors.KNeighborsClassifier(7, weights="distance", p=1), "binary"),
    "neighbours-brute": (neighbors.KNeighborsClassifier(5, algorithm="brute"), "classes"),
    "neighbours-minkowski": (neighbors.KNeighborsRegressor(6, p=3), "value"),
    "radius": (neighbors.RadiusNeighborsClassifier(1.0, outlier_label="most_frequent"), "binary"),
    "radius-weighted": (neighbors.RadiusNeighborsClassifier(1.0, weights="distance", outlier_label=10), "classes"),
    "radius-value": (neighbors.RadiusNeighborsRegressor(12.0, weights="distance"), "value"),
    "centroid": (neighbors.NearestCentroid(), "classes"),
    "centroid-manhattan": (neighbors.NearestCentroid(metric="manhattan"), "classes"),
    "local-outliers": (neighbors.LocalOutlierFactor(novelty=True), "value"),
    "svc": (svm.SVC(), "classes"),
    "svc-binary": (svm.SVC(probability=True, **SEED), "binary"),
    "svc-probability": (svm.SVC(probability=True, **SEED), "classes"),
    "svc-polynomial": (svm.SVC(kernel="poly", coef0=0.5), "classes"),
    "svc-sigmoid": (svm.SVC(kernel="sigmoid", break_ties=True), "classes"),
    "svc-pairs": (svm.SVC(kernel="linear", decision_function_shape="ovo"), "classes"),
    "nu-svc": (svm.NuSVC(nu=0.1, probability=True, **SEED), "classes"),
    "svr": (svm.SVR(), "value"),
    "nu-svr": (svm.NuSVR(kernel="poly", degree=2), "value"),
    "one-class": (svm.OneClassSVM(nu=0.2), "value"),
    "one-class-gradient": (linear_model.SGDOneClassSVM(nu=0.2, **SEED), "value"),
    "one-vs-one": (multiclass.OneVsOneClassifier(svm.LinearSVC(**SEED)), "classes"),
    "one-vs-one-trees": (multiclass.OneVsOneClassifier(DecisionTreeClassifier(max_depth=3, **SEED)), "classes"),
    "one-vs-one-binary": (multiclass.OneVsOneClassifier(svm.LinearSVC(**SEED)), "binary"),
    "output-code": (multiclass.OutputCodeClassifier(linear_model.LogisticRegression(max_iter=500), code_size=3, **SEED), "classes"),
    "kernel-ridge": (KernelRidge(alpha=0.5, kernel="rbf"), "value"),
    "kernel-ridge-laplacian": (KernelRidge(alpha=0.5, kernel="laplacian"), "value"),
    "self-training": (SelfTrainingClassifier(linear_model.LogisticRegression(max_iter=500)), "classes"),
    "birch": (cluster.Birch(threshold=0.8, n_clusters=4), "value"),
    "clusters-bisecting": (cluster.BisectingKMeans(5, **SEED), "value"),
    "mean-shift": (cluster.MeanShift(bandwidth=1.5), "value"),
    "affinity": (cluster.AffinityPropagation(preference=-60, **SEED), "value"),
    "least-squares": (PLSRegression(2), "value"),
}

# With several targets, of which one is exported.
TARGETS = {
    "targets-neighbours": (neighbors.KNeighborsClassifier(), "targets"),
    "targets-chain": (multioutput.ClassifierChain(linear_model.LogisticRegression(max_iter=500), order=[1, 0]), "labels"),
    "targets-apart": (multioutput.MultiOutputClassifier(DecisionTreeClassifier(max_depth=3, **SEED)), "targets"),
    "targets-forest": (RandomForestRegressor(5, **SEED), "targets"),
    "targets-linear": (linear_model.Ridge(), "targets"),
}
TARGET = 1

# On the two numbers.
OF_NUMBERS = {
    "radius-chebyshev": (
        neighbors.RadiusNeighborsClassifier(0.7, metric="chebyshev", weights="distance", outlier_label="most_frequent"),
        "classes",
    ),
    "mixture": (mixture.GaussianMixture(3, **SEED), "value"),
    "mixture-tied": (mixture.GaussianMixture(3, covariance_type="tied", **SEED), "value"),
    "mixture-diagonal": (mixture.GaussianMixture(3, covariance_type="diag", **SEED), "value"),
    "mixture-spherical": (mixture.GaussianMixture(2, covariance_type="spherical", **SEED), "value"),
    "mixture-bayesian": (mixture.BayesianGaussianMixture(n_components=3, **SEED), "value"),
    "process": (gaussian_process.GaussianProcessRegressor(SMOOTH, alpha=0.1, normalize_y=True, optimizer=None), "value"),
    "process-periodic": (gaussian_process.GaussianProcessRegressor(PERIODIC, alpha=0.5, optimizer=None), "value"),
    "process-binary": (gaussian_process.GaussianProcessClassifier(1.5 * kernels.RBF(1.0), optimizer=None), "binary"),
    "process-classes": (gaussian_process.GaussianProcessClassifier(PERIODIC, optimizer=None), "classes"),
    "envelope": (covariance.EllipticEnvelope(**SEED), "value"),
    "propagation": (LabelPropagation(gamma=2.0), "classes"),
    "spreading": (LabelSpreading(kernel="knn", n_neighbors=6), "classes"),
}

# Before a logistic regression.
STEPS = {
    "discriminant-axes": LinearDiscriminantAnalysis(),
    "discriminant-eigen": LinearDiscriminantAnalysis(solver="eigen"),
    "distances": cluster.KMeans(4, n_init=1, **SEED),
    "distances-birch": cluster.Birch(threshold=0.8, n_clusters=None),
    "independent": decomposition.FastICA(2, **SEED),
    "factors": decomposition.FactorAnalysis(1, **SEED),
    "sparse-components": decomposition.SparsePCA(2, **SEED),
    "kernel-components": decomposition.KernelPCA(3, kernel="rbf"),
    "random-normal": random_projection.GaussianRandomProjection(2, **SEED),
    "random-sparse": random_projection.SparseRandomProjection(2, density=0.7, **SEED),
    "fourier": kernel_approximation.RBFSampler(n_components=10, **SEED),
    "fourier-additive": make_pipeline(MinMaxScaler(clip=True), kernel_approximation.AdditiveChi2Sampler(sample_steps=3)),
    "votes": VotingClassifier([("n", neighbors.KNeighborsClassifier()), ("s", svm.LinearSVC(**SEED))]),
    "stack": StackingClassifier([("n", neighbors.KNeighborsClassifier()), ("s", svm.LinearSVC(**SEED))], cv=2),
    "landmarks": kernel_approximation.Nystroem(n_components=8, **SEED),
    "landmarks-polynomial": kernel_approximation.Nystroem("poly", degree=2, coef0=1, gamma=0.5, n_components=4, **SEED),
    "leaves": RandomTreesEmbedding(3, max_depth=3, **SEED),
    "neighbourhood": neighbors.NeighborhoodComponentsAnalysis(2, max_iter=10, **SEED),
    "agglomeration": cluster.FeatureAgglomeration(1),
    "hidden-units": BernoulliRBM(3, n_iter=2, **SEED),
}

# The largest relative difference of the results, where it is not that of sums of few terms: the exponentials of many
# points, products of huge weights, roots of small differences.
ERRORS = {
    "process": 1e-10,
    "process-periodic": 1e-11,
    "process-binary": 1e-10,
    "process-classes": 1e-10,
    "numbers-kernel-components": 1e-11,
}
