package io.nightshift.worker.model;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InvalidClassException;
import java.io.InvalidObjectException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import smile.data.type.StructField;
import smile.data.type.StructType;

/// Reads a serialised Smile model, and nothing else.
///
/// A Java object stream runs code of the classes it names, so the stream is not trusted:
///
/// - A filter sees every class before an object of it is made, and lets only those through that a supported model
///   consists of. Depth, number of references, length of arrays and bytes are bounded.
/// - Among the classes that are let through, hash maps and lists could still be nested so that hashing them
///   never ends. So a map holds only texts and numbers, a list only fields of a schema, and a field is of a
///   plain type.
final class SmileObject {

    private static final int MAX_DEPTH = 400;
    private static final long MAX_REFERENCES = 100_000_000;
    private static final int MAX_ARRAY = 50_000_000;

    private static final Set<String> ALLOWED = Set.of(
            "smile.classification.AbstractClassifier",
            "smile.classification.AdaBoost",
            "smile.classification.DataFrameClassifier",
            "smile.classification.DataFrameClassifier$1",
            "smile.classification.DecisionTree",
            "smile.classification.GradientTreeBoost",
            "smile.classification.LinearSVM",
            "smile.classification.LogisticRegression",
            "smile.classification.LogisticRegression$Binomial",
            "smile.classification.LogisticRegression$Multinomial",
            "smile.classification.RandomForest",
            "smile.classification.RandomForest$Model",
            "smile.classification.Classifier",
            "smile.classification.OneVersusOne",
            "smile.classification.OneVersusRest",
            "smile.classification.PlattScaling",
            "smile.classification.SVM",
            "smile.classification.SparseLogisticRegression",
            "smile.classification.SparseLogisticRegression$Binomial",
            "smile.classification.SparseLogisticRegression$Multinomial",
            "smile.regression.DataFrameRegression",
            "smile.regression.DataFrameRegression$1",
            "smile.regression.GLM",
            "smile.regression.GradientTreeBoost",
            "smile.regression.GaussianProcessRegression",
            "smile.regression.KernelMachine",
            "smile.regression.LinearModel",
            "smile.regression.LinearSVM",
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
            "smile.model.ClassificationModel",
            "smile.model.RegressionModel",
            "smile.math.distance.EuclideanDistance",
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
            "smile.model.rbf.RBF",
            "smile.model.svm.KernelMachine",
            "smile.model.svm.LinearKernelMachine",
            "smile.tensor.Cholesky",
            "smile.model.cart.CART",
            "smile.model.cart.DecisionNode",
            "smile.model.cart.InternalNode",
            "smile.model.cart.LeafNode",
            "smile.model.cart.Node",
            "smile.model.cart.NominalNode",
            "smile.model.cart.OrdinalNode",
            "smile.model.cart.RegressionNode",
            "smile.model.cart.SplitRule",
            "smile.validation.ClassificationMetrics",
            "smile.validation.RegressionMetrics",
            "smile.util.IntSet",
            "smile.linalg.Diag",
            "smile.linalg.UPLO",
            "smile.tensor.DenseMatrix",
            "smile.tensor.DenseMatrix64",
            "smile.tensor.Vector",
            "smile.tensor.Vector64",
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
            "java.util.CollSer",
            "java.util.HashMap",
            "java.util.Hashtable",
            "java.util.Map$Entry",
            "java.util.Properties");

    private SmileObject() {}

    static Object read(byte[] content) throws MalformedModelException {
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
        if (className.startsWith("smile.data.formula.")) {
            return "its formula uses " + className.substring("smile.data.formula.".length())
                    + "; supported are formulas of plain columns (compute derived columns in the source)";
        }
        return "it holds an object of the class " + className + "; " + SmileImport.SUPPORTED;
    }

    private static final class Filter implements ObjectInputFilter {

        private final long length;
        private @Nullable String refused;

        private Filter(long length) {
            this.length = length;
        }

        @Override
        public Status checkInput(FilterInfo info) {
            if (info.depth() > MAX_DEPTH
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

        private Stream(byte[] content, Filter filter) throws IOException {
            super(new ByteArrayInputStream(content));
            setObjectInputFilter(filter);
            enableResolveObject(true);
        }

        @Override
        protected Class<?> resolveProxyClass(String[] interfaces) throws IOException {
            throw new InvalidObjectException("a model has no proxies");
        }

        @Override
        protected @Nullable Object resolveObject(@Nullable Object read) throws IOException {
            boolean plain = switch (read) {
                case List<?> list -> list.stream().allMatch(element -> element instanceof StructField);
                case Map<?, ?> map ->
                    map.entrySet().stream().allMatch(entry -> isScalar(entry.getKey()) && isScalar(entry.getValue()));
                case StructField field -> !(field.dtype() instanceof StructType);
                case null, default -> true;
            };
            if (!plain) {
                throw new InvalidObjectException("a collection holds what no model has there");
            }
            return read;
        }

        private static boolean isScalar(@Nullable Object value) {
            return value instanceof String || value instanceof Number;
        }
    }
}
