package io.nightshift.smile.format;

import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.smile.model.SmileDistances;
import io.nightshift.smile.model.SmileDistributions;
import io.nightshift.smile.model.SmileIsolationForest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InvalidClassException;
import java.io.InvalidObjectException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectStreamClass;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import smile.data.type.StructField;
import smile.data.type.StructType;

/// Reads a serialised Smile model, and refuses any other object stream.
///
/// A Java object stream runs code of the classes it names, so the stream is not trusted:
///
/// - A filter checks every class before an object of it is created, and accepts only the classes that
///   supported models consist of. It bounds the depth, the number of references, the length of arrays and the
///   number of bytes. It bounds every `Hashtable`, in which all keys may have one hash; a [HashMap] is safe.
/// - Among the accepted classes, hash maps and lists could still be nested so that hashing them never ends.
///   So a map may hold only texts and numbers, a list only fields of a schema, rows of numbers or nodes of a
///   tree, and a field only a plain type.
/// - A function in a stream is the name of a method, which Java would look up and call. It is read as a name.
///   It becomes the one distance that Smile's trainers write, or is refused.
public final class SmileObjectReader {

    static final int MAX_DEPTH = SmileIsolationForest.MAX_LEVELS;

    private static final long MAX_REFERENCES = 100_000_000;
    private static final int MAX_ARRAY = 50_000_000;

    /// The most pairs of places in the same `Hashtable`, over all of them. A `Hashtable` searches all keys of one
    /// hash, and may have four times as many entries as places. Models contain one only as `Properties`, which are
    /// small.
    private static final long MAX_PAIRS = 1L << 24;

    static final String STRANGE_COLLECTION = "a collection holds what no model has there";

    private static final String PLAIN_DISTANCE = "smile/math/MathEx.distance([D[D)D";
    private static final String TREE_NODE = "smile.neighbor.CoverTree$Node";

    private static final Set<String> ALLOWED = Set.of(
            SerializedLambda.class.getName(),
            HashMap.class.getName(),
            SmileDistances.Plain.class.getName(),
            "smile.anomaly.IsolationForest",
            "smile.anomaly.IsolationTree",
            "smile.anomaly.IsolationTree$Node",
            "smile.anomaly.SVM",
            "smile.classification.AbstractClassifier",
            "smile.classification.AdaBoost",
            "smile.classification.Classifier",
            "smile.classification.DataFrameClassifier",
            "smile.classification.DataFrameClassifier$1",
            "smile.classification.DecisionTree",
            "smile.classification.DiscreteNaiveBayes",
            "smile.classification.DiscreteNaiveBayes$Model",
            "smile.classification.FLD",
            "smile.classification.GradientTreeBoost",
            "smile.classification.KNN",
            "smile.classification.LDA",
            "smile.classification.LinearSVM",
            "smile.classification.LogisticRegression",
            "smile.classification.LogisticRegression$Binomial",
            "smile.classification.LogisticRegression$Multinomial",
            "smile.classification.MLP",
            "smile.classification.Maxent",
            "smile.classification.Maxent$Binomial",
            "smile.classification.Maxent$Multinomial",
            "smile.classification.NaiveBayes",
            "smile.classification.OneVersusOne",
            "smile.classification.OneVersusRest",
            "smile.classification.PlattScaling",
            "smile.classification.QDA",
            "smile.classification.RBFNetwork",
            "smile.classification.RDA",
            "smile.classification.RandomForest",
            "smile.classification.RandomForest$Model",
            "smile.classification.SVM",
            "smile.classification.SparseLogisticRegression",
            "smile.classification.SparseLogisticRegression$Binomial",
            "smile.classification.SparseLogisticRegression$Multinomial",
            "smile.data.formula.Dot",
            "smile.data.formula.Formula",
            "smile.data.formula.Intercept",
            "smile.data.formula.Term",
            "smile.data.formula.Variable",
            "smile.data.measure.CategoricalMeasure",
            "smile.data.measure.IntervalScale",
            "smile.data.measure.NominalScale",
            "smile.data.measure.NumericalMeasure",
            "smile.data.measure.OrdinalScale",
            "smile.data.measure.RatioScale",
            "smile.data.type.BooleanType",
            "smile.data.type.ByteType",
            "smile.data.type.DataType",
            "smile.data.type.DataType$ID",
            "smile.data.type.DoubleType",
            "smile.data.type.FloatType",
            "smile.data.type.IntType",
            "smile.data.type.LongType",
            "smile.data.type.PrimitiveType",
            "smile.data.type.ShortType",
            "smile.data.type.StringType",
            "smile.data.type.StructField",
            "smile.data.type.StructType",
            "smile.linalg.Diag",
            "smile.linalg.UPLO",
            "smile.math.Scaler",
            "smile.math.distance.ChebyshevDistance",
            "smile.math.distance.EuclideanDistance",
            "smile.math.distance.ManhattanDistance",
            "smile.math.distance.MinkowskiDistance",
            "smile.math.kernel.Gaussian",
            "smile.math.kernel.GaussianKernel",
            "smile.math.kernel.HyperbolicTangent",
            "smile.math.kernel.HyperbolicTangentKernel",
            "smile.math.kernel.Laplacian",
            "smile.math.kernel.LaplacianKernel",
            "smile.math.kernel.LinearKernel",
            "smile.math.kernel.Matern",
            "smile.math.kernel.MaternKernel",
            "smile.math.kernel.Polynomial",
            "smile.math.kernel.PolynomialKernel",
            "smile.math.rbf.GaussianRadialBasis",
            "smile.model.ClassificationModel",
            "smile.model.RegressionModel",
            "smile.model.cart.CART",
            "smile.model.cart.DecisionNode",
            "smile.model.cart.InternalNode",
            "smile.model.cart.LeafNode",
            "smile.model.cart.Node",
            "smile.model.cart.NominalNode",
            "smile.model.cart.OrdinalNode",
            "smile.model.cart.RegressionNode",
            "smile.model.cart.SplitRule",
            "smile.model.mlp.ActivationFunction$1",
            "smile.model.mlp.ActivationFunction$2",
            "smile.model.mlp.ActivationFunction$3",
            "smile.model.mlp.ActivationFunction$4",
            "smile.model.mlp.ActivationFunction$5",
            "smile.model.mlp.Cost",
            "smile.model.mlp.HiddenLayer",
            "smile.model.mlp.InputLayer",
            "smile.model.mlp.Layer",
            "smile.model.mlp.MultilayerPerceptron",
            "smile.model.mlp.OutputFunction",
            "smile.model.mlp.OutputLayer",
            "smile.model.rbf.RBF",
            "smile.model.svm.KernelMachine",
            "smile.model.svm.LinearKernelMachine",
            "smile.neighbor.CoverTree",
            "smile.neighbor.CoverTree$Node",
            "smile.neighbor.KDTree",
            "smile.neighbor.KDTree$Node",
            "smile.neighbor.LinearSearch",
            "smile.regression.DataFrameRegression",
            "smile.regression.DataFrameRegression$1",
            "smile.regression.GLM",
            "smile.regression.GaussianProcessRegression",
            "smile.regression.GradientTreeBoost",
            "smile.regression.KernelMachine",
            "smile.regression.LinearModel",
            "smile.regression.LinearSVM",
            "smile.regression.MLP",
            "smile.regression.RBFNetwork",
            "smile.regression.RandomForest",
            "smile.regression.RandomForest$Model",
            "smile.regression.RegressionTree",
            "smile.regression.glm.Bernoulli$1",
            "smile.regression.glm.Binomial$1",
            "smile.regression.glm.Gaussian$1",
            "smile.regression.glm.Gaussian$2",
            "smile.regression.glm.Gaussian$3",
            "smile.regression.glm.Poisson$1",
            "smile.stat.distribution.BernoulliDistribution",
            "smile.stat.distribution.BetaDistribution",
            "smile.stat.distribution.BinomialDistribution",
            "smile.stat.distribution.ChiSquareDistribution",
            "smile.stat.distribution.DiscreteDistribution",
            "smile.stat.distribution.Distribution",
            "smile.stat.distribution.EmpiricalDistribution",
            "smile.stat.distribution.ExponentialDistribution",
            "smile.stat.distribution.ExponentialFamilyMixture",
            "smile.stat.distribution.FDistribution",
            "smile.stat.distribution.GammaDistribution",
            "smile.stat.distribution.GaussianDistribution",
            "smile.stat.distribution.GaussianMixture",
            "smile.stat.distribution.GeometricDistribution",
            "smile.stat.distribution.HyperGeometricDistribution",
            "smile.stat.distribution.KernelDensity",
            "smile.stat.distribution.LogNormalDistribution",
            "smile.stat.distribution.LogisticDistribution",
            "smile.stat.distribution.Mixture",
            "smile.stat.distribution.Mixture$Component",
            "smile.stat.distribution.NegativeBinomialDistribution",
            "smile.stat.distribution.PoissonDistribution",
            "smile.stat.distribution.ShiftedGeometricDistribution",
            "smile.stat.distribution.TDistribution",
            "smile.stat.distribution.WeibullDistribution",
            "smile.tensor.Cholesky",
            "smile.tensor.DenseMatrix",
            "smile.tensor.DenseMatrix32",
            "smile.tensor.DenseMatrix64",
            "smile.tensor.Vector",
            "smile.tensor.Vector32",
            "smile.tensor.Vector64",
            "smile.util.IntDoubleHashMap",
            "smile.util.IntSet",
            "smile.util.function.TimeFunction",
            "smile.util.function.TimeFunction$1",
            "smile.util.function.TimeFunction$2",
            "smile.util.function.TimeFunction$3",
            "smile.util.function.TimeFunction$4",
            "smile.util.function.TimeFunction$5",
            "smile.util.function.TimeFunction$6",
            "smile.util.function.TimeFunction$7",
            "smile.util.function.TimeFunction$8",
            "smile.util.function.TimeFunction$9",
            "smile.validation.ClassificationMetrics",
            "smile.validation.RegressionMetrics",
            "java.lang.Boolean",
            "java.lang.Byte",
            "java.lang.Double",
            "java.lang.Enum",
            "java.lang.Integer",
            "java.lang.Number",
            "java.lang.Object",
            "java.lang.Short",
            "java.lang.String",
            "java.util.ArrayList",
            "java.util.Arrays$ArrayList",
            "java.util.HashMap",
            "java.util.Hashtable",
            "java.util.Map$Entry",
            "java.util.Properties");

    private SmileObjectReader() {}

    public static Object read(byte[] content) throws MalformedModelException {
        Filter filter = new Filter(content.length);
        try (Stream in = new Stream(content, filter)) {
            return in.readObject();
        } catch (ClassNotFoundException unknown) {
            throw new MalformedModelException(unsupported(String.valueOf(unknown.getMessage())), unknown);
        } catch (InvalidClassException invalid) {
            String refused = filter.refused;
            throw new MalformedModelException(
                    refused != null
                            ? refused
                            : "it was written by another version of Smile (" + invalid.getMessage()
                                    + "); supported is Smile 6",
                    invalid);
        } catch (StackOverflowError deep) {
            throw new MalformedModelException("its objects are nested too deeply", deep);
        } catch (IOException | RuntimeException broken) {
            String refused = filter.refused;
            throw new MalformedModelException(
                    refused != null
                            ? refused
                            : "it is a broken or truncated Java object stream: " + broken.getMessage(),
                    broken);
        }
    }

    private static String unsupported(String className) {
        if (className.startsWith("smile.math.distance.")) {
            return "its distance is " + className.substring("smile.math.distance.".length()) + "; "
                    + SmileDistances.SUPPORTED;
        }
        if (className.startsWith("smile.stat.distribution.")) {
            return "it has a distribution of the class " + className.substring("smile.stat.distribution.".length())
                    + "; " + SmileDistributions.SUPPORTED;
        }
        if (className.startsWith("smile.data.formula.")) {
            return "its formula uses " + className.substring("smile.data.formula.".length())
                    + "; supported are formulas of plain columns (compute derived columns in the source)";
        }
        return "it holds an object of the class " + className + "; " + SmileImport.SUPPORTED;
    }

    private static final class Filter implements ObjectInputFilter {

        private final long length;
        private double pairs;
        private @Nullable String refused;

        private Filter(long length) {
            this.length = length;
        }

        @Override
        public Status checkInput(FilterInfo info) {
            if (info.serialClass() == Map.Entry[].class) {
                pairs += (double) info.arrayLength() * info.arrayLength();
            }
            if (pairs > MAX_PAIRS
                    || info.depth() > MAX_DEPTH
                    || info.references() > MAX_REFERENCES
                    || info.arrayLength() > Math.min(MAX_ARRAY, length)
                    || info.streamBytes() > length) {
                refused = "its objects are nested deeper, or are more or larger, than those of any supported model";
                return Status.REJECTED;
            }
            Class<?> type = info.serialClass();
            if (type == null) {
                return Status.UNDECIDED;
            }
            while (type.isArray()) {
                type = type.getComponentType();
            }
            if (type.isPrimitive() || ALLOWED.contains(type.getName())) {
                return Status.ALLOWED;
            }
            refused = unsupported(type.getName());
            return Status.REJECTED;
        }
    }

    private static final class Stream extends ObjectInputStream {

        private final Filter filter;

        private Stream(byte[] content, Filter filter) throws IOException {
            super(new ByteArrayInputStream(content));
            this.filter = filter;
            setObjectInputFilter(filter);
            enableResolveObject(true);
        }

        @Override
        protected Class<?> resolveClass(ObjectStreamClass description) throws IOException, ClassNotFoundException {
            return switch (description.getName()) {
                case SerializedLambda.NAME -> SerializedLambda.class;
                case HashMap.NAME -> HashMap.class;
                default -> super.resolveClass(description);
            };
        }

        @Override
        protected Class<?> resolveProxyClass(String[] interfaces) throws IOException {
            throw new InvalidObjectException("a model has no proxies");
        }

        @Override
        protected @Nullable Object resolveObject(@Nullable Object read) throws IOException {
            if (read instanceof SerializedLambda function) {
                if (function.method().equals(PLAIN_DISTANCE)) {
                    return SmileDistances.PLAIN;
                }
                filter.refused = "it holds the function " + function.method() + "; " + SmileDistances.SUPPORTED;
                throw new InvalidObjectException("a function is unknown");
            }
            boolean plain = switch (read) {
                case List<?> list -> list.stream().allMatch(Stream::isElement);
                case Map<?, ?> map ->
                    map.entrySet().stream()
                            .allMatch(entry -> HashMap.isScalar(entry.getKey()) && HashMap.isScalar(entry.getValue()));
                case StructField field -> !(field.dtype() instanceof StructType);
                case null, default -> true;
            };
            if (!plain) {
                throw new InvalidObjectException(STRANGE_COLLECTION);
            }
            return read;
        }

        private static boolean isElement(@Nullable Object value) {
            return value instanceof StructField
                    || value instanceof double[]
                    || (value != null && value.getClass().getName().equals(TREE_NODE));
        }
    }
}
