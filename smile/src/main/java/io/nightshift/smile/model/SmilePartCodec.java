package io.nightshift.smile.model;

import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.format.MalformedModelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import smile.anomaly.IsolationForest;
import smile.classification.Classifier;
import smile.classification.DiscreteNaiveBayes;
import smile.classification.FLD;
import smile.classification.KNN;
import smile.classification.LDA;
import smile.classification.LinearSVM;
import smile.classification.LogisticRegression;
import smile.classification.MLP;
import smile.classification.NaiveBayes;
import smile.classification.OneVersusOne;
import smile.classification.OneVersusRest;
import smile.classification.PlattScaling;
import smile.classification.QDA;
import smile.classification.SVM;
import smile.math.distance.EuclideanDistance;
import smile.math.kernel.GaussianKernel;
import smile.math.kernel.HyperbolicTangentKernel;
import smile.math.kernel.LaplacianKernel;
import smile.math.kernel.LinearKernel;
import smile.math.kernel.MaternKernel;
import smile.math.kernel.MercerKernel;
import smile.math.kernel.PolynomialKernel;
import smile.math.rbf.GaussianRadialBasis;
import smile.model.rbf.RBF;
import smile.model.svm.KernelMachine;
import smile.regression.GaussianProcessRegression;
import smile.regression.RBFNetwork;
import smile.tensor.Vector;
import smile.util.IntSet;

/// Decomposes Smile's models on arrays of numbers into parts, and rebuilds them with their constructors.
///
/// It rebuilds the models that Smile computes; [SmileModel] rebuilds the others.
public final class SmilePartCodec {

    static final String KERNELS =
            "supported are the kernels linear, Gaussian, Laplacian, polynomial, hyperbolic tangent"
                    + " and Matérn, and Gaussian bases of the Euclidean distance";

    /// The one-class SVM; Smile's class is named `SVM` too.
    static final String ANOMALY = "SVM of one class";

    private static final double[] NONE = {};

    private SmilePartCodec() {}

    /// @return the part, or null for a model of an unsupported class
    public static @Nullable ModelPart decompose(Object model, SmileSizeLimit size) throws MalformedModelException {
        return switch (model) {
            case SVM<?> machine -> machine("SVM", machine, size);
            case smile.regression.KernelMachine<?> machine -> machine("KernelMachine", machine, size);
            case GaussianProcessRegression<?> process -> {
                List<double[]> numbers = new ArrayList<>();
                size.take(process.w.size());
                numbers.add(process.w.toArray(new double[0]));
                numbers.add(new double[] {process.mean, process.sd});
                numbers.addAll(rows(process.regressors, size));
                yield new ModelPart("GaussianProcessRegression", numbers, List.of(kernel(process.kernel)));
            }
            case RBFNetwork<?> network -> network(network, size);
            case smile.classification.RBFNetwork<?> network -> SmileRbfClassifier.part(network, size);
            case smile.anomaly.SVM<?> machine -> machine(ANOMALY, machine, size);
            case IsolationForest forest -> SmileIsolationForest.part(forest, size);
            case KNN<?> neighbours -> SmileNearestNeighbours.part(neighbours, size);
            case NaiveBayes bayes -> SmileDistributions.part(bayes, size);
            case DiscreteNaiveBayes bayes -> SmileDiscreteNaiveBayes.part(bayes, size);
            case LDA analysis -> SmileDiscriminantAnalysis.part(analysis, size);
            case QDA analysis -> SmileDiscriminantAnalysis.part(analysis, size);
            case FLD analysis -> SmileFisherDiscriminant.part(analysis, size);
            case MLP perceptron -> SmilePerceptron.part(perceptron, size);
            case smile.regression.MLP perceptron -> SmilePerceptron.part(perceptron, size);
            case LinearSVM machine -> {
                size.takePart(machine.weights().length);
                yield new ModelPart(
                        "LinearSVM", List.of(machine.weights(), new double[] {machine.intercept()}), List.of());
            }
            case LogisticRegression.Binomial binomial -> {
                size.takePart(binomial.coefficients().length);
                yield new ModelPart(
                        "LogisticRegression", List.of(binomial.coefficients(), numbers(binomial.classes())), List.of());
            }
            case OneVersusOne<?> pairs -> {
                List<ModelPart> parts = new ArrayList<>();
                Classifier<?>[][] classifiers = (Classifier<?>[][]) SmileReflection.of(pairs, "classifiers");
                PlattScaling @Nullable [][] platt = (PlattScaling[][]) SmileReflection.ofNullable(pairs, "platt");
                for (int i = 1; i < classifiers.length; i++) {
                    for (int j = 0; j < i; j++) {
                        parts.add(member(classifiers[i][j], platt == null ? null : platt[i][j], size));
                    }
                }
                yield new ModelPart("OneVersusOne", List.of(numbers(pairs.classes())), parts);
            }
            case OneVersusRest<?> each -> {
                List<ModelPart> parts = new ArrayList<>();
                Classifier<?>[] classifiers = (Classifier<?>[]) SmileReflection.of(each, "classifiers");
                PlattScaling @Nullable [] platt = (PlattScaling[]) SmileReflection.ofNullable(each, "platt");
                for (int i = 0; i < classifiers.length; i++) {
                    parts.add(member(classifiers[i], platt == null ? null : platt[i], size));
                }
                yield new ModelPart("OneVersusRest", List.of(numbers(each.classes())), parts);
            }
            default -> null;
        };
    }

    private static ModelPart machine(String kind, KernelMachine<?> machine, SmileSizeLimit size)
            throws MalformedModelException {
        size.takePart(machine.weights().length);
        List<double[]> numbers = new ArrayList<>();
        numbers.add(machine.weights());
        numbers.add(new double[] {machine.intercept()});
        numbers.addAll(rows(machine.vectors(), size));
        return new ModelPart(kind, numbers, List.of(kernel(machine.kernel())));
    }

    private static ModelPart network(RBFNetwork<?> network, SmileSizeLimit size) throws MalformedModelException {
        RBF<?>[] bases = (RBF<?>[]) SmileReflection.of(network, "rbf");
        double normalized = network.isNormalized() ? 1 : 0;
        List<double[]> numbers = new ArrayList<>();
        numbers.add((double[]) SmileReflection.of(network, "w"));
        numbers.add(isPlain(bases) ? new double[] {normalized, 1} : new double[] {normalized});
        numbers.addAll(bases(bases, size));
        return new ModelPart("RBFNetwork", numbers, List.of());
    }

    /// Whether the distance is [SmileDistances#PLAIN], as in networks that Smile trains.
    static boolean isPlain(RBF<?>[] bases) {
        return SmileDistances.PLAIN.equals(SmileReflection.of(bases[0], "distance"));
    }

    /// One row per basis function: its centre and its width.
    static List<double[]> bases(RBF<?>[] bases, SmileSizeLimit size) throws MalformedModelException {
        List<double[]> rows = new ArrayList<>();
        boolean isPlain = isPlain(bases);
        for (RBF<?> basis : bases) {
            boolean isEuclidean = SmileReflection.of(basis, "distance") instanceof EuclideanDistance distance
                    && SmileReflection.ofNullable(distance, "weight") == null;
            if ((isPlain ? !SmileDistances.PLAIN.equals(SmileReflection.of(basis, "distance")) : !isEuclidean)
                    || !(SmileReflection.of(basis, "rbf") instanceof GaussianRadialBasis gaussian)
                    || !(SmileReflection.of(basis, "center") instanceof double[] center)) {
                throw new MalformedModelException(
                        "its basis functions are not Gaussian, or not of dense vectors; " + KERNELS);
            }
            size.take(center.length + 1);
            double[] width = Arrays.copyOf(center, center.length + 1);
            width[center.length] = gaussian.scale();
            rows.add(width);
        }
        return rows;
    }

    private static ModelPart member(Classifier<?> classifier, @Nullable PlattScaling platt, SmileSizeLimit size)
            throws MalformedModelException {
        boolean isSimple = classifier instanceof SVM<?>
                || classifier instanceof LinearSVM
                || classifier instanceof LogisticRegression.Binomial;
        ModelPart part = isSimple ? decompose(classifier, size) : null;
        if (part == null) {
            throw new MalformedModelException("it is made of objects of the class "
                    + classifier.getClass().getName() + "; supported are SVM, LinearSVM and LogisticRegression there");
        }
        double[] scaling = platt == null
                ? NONE
                : new double[] {SmileReflection.number(platt, "alpha"), SmileReflection.number(platt, "beta")};
        return new ModelPart("member", List.of(scaling), List.of(part));
    }

    private static ModelPart kernel(MercerKernel<?> kernel) throws MalformedModelException {
        double[] numbers = kernel.hyperparameters();
        return switch (kernel) {
            case LinearKernel linear -> new ModelPart("LinearKernel", List.of(), List.of());
            case GaussianKernel gaussian -> new ModelPart("GaussianKernel", List.of(numbers), List.of());
            case LaplacianKernel laplacian -> new ModelPart("LaplacianKernel", List.of(numbers), List.of());
            case PolynomialKernel polynomial ->
                new ModelPart("PolynomialKernel", List.of(numbers, new double[] {polynomial.degree()}), List.of());
            case HyperbolicTangentKernel tangent ->
                new ModelPart("HyperbolicTangentKernel", List.of(numbers), List.of());
            case MaternKernel matern ->
                new ModelPart("MaternKernel", List.of(numbers, new double[] {matern.smoothness()}), List.of());
            default ->
                throw new MalformedModelException(
                        "its kernel is " + kernel.getClass().getSimpleName() + "; " + KERNELS);
        };
    }

    static List<double[]> rows(Object[] vectors, SmileSizeLimit size) throws MalformedModelException {
        List<double[]> rows = new ArrayList<>();
        for (Object vector : vectors) {
            if (!(vector instanceof double[] row)) {
                throw new MalformedModelException("its vectors are sparse or binary; supported are plain numbers");
            }
            size.take(row.length);
            rows.add(row);
        }
        return rows;
    }

    private static double[] numbers(int[] integers) {
        return IntStream.of(integers).asDoubleStream().toArray();
    }

    /// Rebuilds Smile's object.
    ///
    /// @throws IllegalArgumentException if the parts do not fit together
    static Object rebuild(ModelPart part) {
        return switch (part.kind()) {
            case "SVM" -> new SVM<>(kernel(part.part(0)), vectors(part), part.numbers(0), part.number(1));
            case "KernelMachine" ->
                new smile.regression.KernelMachine<>(
                        kernel(part.part(0)), vectors(part), part.numbers(0), part.number(1));
            case "GaussianProcessRegression" ->
                new GaussianProcessRegression<>(
                        kernel(part.part(0)),
                        vectors(part),
                        Vector.column(part.numbers(0)),
                        0,
                        part.numbers(1)[0],
                        part.numbers(1)[1]);
            case ANOMALY ->
                new smile.anomaly.SVM<>(kernel(part.part(0)), vectors(part), part.numbers(0), part.number(1));
            case "NaiveBayes" -> SmileDistributions.bayes(part);
            case "RBFNetwork" ->
                new RBFNetwork<>(bases(part, part.numbers(1).length == 2), part.numbers(0), part.number(1) != 0);
            case "LinearSVM" ->
                new LinearSVM(new KernelMachine<>(
                        new LinearKernel(), new double[][] {part.numbers(0)}, new double[] {1}, part.number(1)));
            case "LogisticRegression" ->
                new LogisticRegression.Binomial(part.numbers(0), 0, 0, labels(part.numbers(1)));
            case "OneVersusOne" -> onePerPair(part);
            case "OneVersusRest" -> onePerClass(part);
            default -> throw new IllegalArgumentException("it has a part of the unknown kind " + part.kind());
        };
    }

    private static double[][] vectors(ModelPart part) {
        return part.numbers().subList(2, part.numbers().size()).toArray(double[][]::new);
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // arrays of generic types
    static RBF<double[]>[] bases(ModelPart part, boolean isPlain) {
        return Arrays.stream(vectors(part))
                .map(row -> new RBF<>(
                        Arrays.copyOf(row, row.length - 1),
                        new GaussianRadialBasis(row[row.length - 1]),
                        isPlain ? SmileDistances.PLAIN : new EuclideanDistance()))
                .toArray(RBF[]::new);
    }

    private static MercerKernel<double[]> kernel(ModelPart part) {
        return switch (part.kind()) {
            case "LinearKernel" -> new LinearKernel();
            case "GaussianKernel" -> new GaussianKernel(part.number(0));
            case "LaplacianKernel" -> new LaplacianKernel(part.number(0));
            case "PolynomialKernel" ->
                new PolynomialKernel((int) part.number(1), part.numbers(0)[0], part.numbers(0)[1]);
            case "HyperbolicTangentKernel" -> new HyperbolicTangentKernel(part.numbers(0)[0], part.numbers(0)[1]);
            case "MaternKernel" -> new MaternKernel(part.number(0), part.number(1));
            default -> throw new IllegalArgumentException("it has a kernel of the unknown kind " + part.kind());
        };
    }

    private static IntSet labels(double[] numbers) {
        return new IntSet(
                Arrays.stream(numbers).mapToInt(number -> (int) number).toArray());
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // arrays of generic types
    private static Object onePerPair(ModelPart part) {
        int classes = part.numbers(0).length;
        Classifier<double[]>[][] classifiers = new Classifier[classes][classes];
        PlattScaling[][] platt = new PlattScaling[classes][classes];
        boolean isScaled = isScaled(part);
        int at = 0;
        for (int i = 1; i < classes; i++) {
            for (int j = 0; j < i; j++) {
                ModelPart member = part.part(at++);
                classifiers[i][j] = classifier(member);
                if (isScaled) {
                    platt[i][j] = scaling(member);
                }
            }
        }
        return new OneVersusOne<>(classifiers, isScaled ? platt : null, labels(part.numbers(0)));
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // arrays of generic types
    private static Object onePerClass(ModelPart part) {
        Classifier<double[]>[] classifiers =
                part.parts().stream().map(SmilePartCodec::classifier).toArray(Classifier[]::new);
        PlattScaling @Nullable [] platt = isScaled(part)
                ? part.parts().stream().map(SmilePartCodec::scaling).toArray(PlattScaling[]::new)
                : null;
        return new OneVersusRest<>(classifiers, platt, labels(part.numbers(0)));
    }

    private static boolean isScaled(ModelPart part) {
        return part.part(0).numbers(0).length == 2;
    }

    @SuppressWarnings("unchecked") // all classifiers built here take numbers
    private static Classifier<double[]> classifier(ModelPart member) {
        if (rebuild(member.part(0)) instanceof Classifier<?> classifier) {
            return (Classifier<double[]>) classifier;
        }
        throw new IllegalArgumentException("it has a member that is not a classifier");
    }

    private static PlattScaling scaling(ModelPart member) {
        return new PlattScaling(member.numbers(0)[0], member.numbers(0)[1]);
    }
}
