package io.nightshift.smile.model;

import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.form.RowForm.RowScorer;
import io.nightshift.scoring.format.MalformedModelException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import smile.math.MathEx;
import smile.math.Scaler;
import smile.model.mlp.ActivationFunction;
import smile.model.mlp.HiddenLayer;
import smile.model.mlp.InputLayer;
import smile.model.mlp.Layer;
import smile.model.mlp.MultilayerPerceptron;
import smile.model.mlp.OutputFunction;
import smile.tensor.ScalarType;

/// Smile's multilayer perceptrons. Neurons have single precision, as in Smile. Each sum is computed in double
/// precision, starting at the bias and in the order of the inputs, and rounded once. Smile leaves it to
/// OpenBLAS, which rounds each addition, in an order that depends on the processor.
///
/// The part's rows: the number of classes, or 0; the factor and the offset that a value is scaled by, if it
/// is scaled. Its parts are the layers above the input: the kind is the activation function; the rows are its
/// parameter or nothing, the biases, and the weights, inputs × neurons.
final class SmilePerceptron implements SmileModel {

    static final String KIND = "MLP";

    private static final String ACTIVATIONS =
            "supported are linear, rectifier, leaky rectifier, sigmoid, tanh and softmax";

    private enum Activation {
        LINEAR,
        RECTIFIER,
        LEAKY_RECTIFIER,
        SIGMOID,
        TANH,
        SOFTMAX
    }

    private static final class Stage {

        private final Activation activation;
        private final double parameter;
        private final double[] biases;
        private final double[] weights;

        private Stage(ModelPart part, int inputs) {
            this.activation = Activation.valueOf(part.kind());
            this.parameter = activation == Activation.LEAKY_RECTIFIER ? part.numbers(0, 1)[0] : 0;
            this.biases = part.numbers(1);
            this.weights = part.numbers(2, Math.multiplyExact(inputs, biases.length));
        }

        private void score(float[] inputs, double[] sums, float[] neurons) {
            int width = biases.length;
            System.arraycopy(biases, 0, sums, 0, width);
            for (int input = 0; input < inputs.length; input++) {
                SmileMatrix.add(weights, input, inputs[input], sums, width);
            }
            for (int i = 0; i < width; i++) {
                neurons[i] = (float) activated((float) sums[i]);
            }
            if (activation == Activation.SOFTMAX) {
                softmax(neurons);
            }
        }

        private double activated(double value) {
            return switch (activation) {
                case LINEAR, SOFTMAX -> value;
                case RECTIFIER -> Math.max(0.0, value);
                case LEAKY_RECTIFIER -> Math.max(parameter * value, value);
                case SIGMOID -> MathEx.sigmoid(value);
                case TANH -> Math.tanh(value);
            };
        }
    }

    private final ModelPart part;
    private final int classes;
    private final int features;
    private final List<Stage> stages = new ArrayList<>();

    SmilePerceptron(ModelPart part) {
        this.part = part;
        this.classes = part.count(0, 0, Integer.MAX_VALUE);
        if (part.numbers(1).length != 0) {
            part.numbers(1, 2);
        }
        int biases = part.part(0).numbers(1).length;
        this.features = part.part(0).numbers(2).length / Math.max(1, biases);
        int width = features;
        for (ModelPart layer : part.parts()) {
            Stage stage = new Stage(layer, width);
            stages.add(stage);
            width = stage.biases.length;
        }
        boolean isSingle = width == 1 && (classes == 0 || classes == 2);
        if (!isSingle && width != classes) {
            throw new IllegalArgumentException("it has " + width + " outputs for " + classes + " classes");
        }
    }

    static ModelPart part(smile.classification.MLP perceptron, SmileSizeLimit size) throws MalformedModelException {
        return part(perceptron, perceptron.classes().length, null, size);
    }

    static ModelPart part(smile.regression.MLP perceptron, SmileSizeLimit size) throws MalformedModelException {
        return part(perceptron, 0, (Scaler) SmileReflection.ofNullable(perceptron, "scaler"), size);
    }

    private static ModelPart part(
            MultilayerPerceptron perceptron, int classes, @Nullable Scaler scaler, SmileSizeLimit size)
            throws MalformedModelException {
        double[] scaling = scaler == null
                ? new double[0]
                : new double[] {SmileReflection.number(scaler, "scale"), SmileReflection.number(scaler, "offset")};
        Layer[] lower = (Layer[]) SmileReflection.of(perceptron, "net");
        if (!(lower[0] instanceof InputLayer)) {
            throw new MalformedModelException("its first layer is not an input layer");
        }
        List<ModelPart> layers = new ArrayList<>();
        int width = lower[0].getOutputSize();
        for (int i = 1; i < lower.length; i++) {
            ActivationFunction function = (ActivationFunction) SmileReflection.of((HiddenLayer) lower[i], "activation");
            boolean leaks = function.name().startsWith("LEAKEY_RECTIFIER");
            double[] parameter =
                    leaks ? new double[] {(double) SmileReflection.captured(function, "a")} : new double[0];
            layers.add(
                    layer(activation(leaks ? "LEAKY_RECTIFIER" : function.name()), parameter, lower[i], width, size));
            width = lower[i].weight().nrow();
        }
        Layer output = (Layer) SmileReflection.of(perceptron, "output");
        OutputFunction function = (OutputFunction) SmileReflection.of(output, "activation");
        layers.add(layer(activation(function.name()), new double[0], output, width, size));
        return new ModelPart(KIND, List.of(new double[] {classes}, scaling), layers);
    }

    private static Activation activation(String name) throws MalformedModelException {
        try {
            return Activation.valueOf(name);
        } catch (IllegalArgumentException unknown) {
            throw new MalformedModelException("it has the activation " + name + "; " + ACTIVATIONS, unknown);
        }
    }

    private static ModelPart layer(
            Activation activation, double[] parameter, Layer layer, int inputs, SmileSizeLimit size)
            throws MalformedModelException {
        int neurons = layer.weight().nrow();
        return new ModelPart(
                activation.name(),
                List.of(
                        parameter,
                        SmileMatrix.numbers(layer.bias(), ScalarType.Float32, neurons, size),
                        SmileMatrix.byColumns(layer.weight(), ScalarType.Float32, neurons, inputs, size)),
                List.of());
    }

    @Override
    public ModelPart part() {
        return part;
    }

    @Override
    public int features() {
        return features;
    }

    @Override
    public int classes() {
        return classes;
    }

    @Override
    public int margins() {
        return classes == 0 ? 1 : 0;
    }

    @Override
    public RowScorer scorer() {
        float[] inputs = new float[features];
        float[][] neurons =
                stages.stream().map(stage -> new float[stage.biases.length]).toArray(float[][]::new);
        double[] sums = new double
                [stages.stream().mapToInt(stage -> stage.biases.length).max().orElseThrow()];
        double[] probabilities = new double[classes];
        return (row, outputs) -> {
            for (int feature = 0; feature < inputs.length; feature++) {
                inputs[feature] = (float) row[feature];
            }
            float[] values = inputs;
            for (int i = 0; i < neurons.length; i++) {
                stages.get(i).score(values, sums, neurons[i]);
                values = neurons[i];
            }
            store(values, probabilities, outputs);
        };
    }

    private void store(float[] values, double[] probabilities, double[] outputs) {
        if (classes == 0) {
            double[] scaling = part.numbers(1);
            outputs[0] = scaling.length == 0 ? values[0] : values[0] * scaling[0] + scaling[1];
            outputs[1] = outputs[0];
        } else if (values.length == 1) {
            outputs[0] = values[0] > 0.5 ? 1 : 0;
            outputs[1] = values[0];
        } else {
            for (int k = 0; k < values.length; k++) {
                probabilities[k] = values[k];
            }
            SmileModel.store(SmileMatrix.largest(probabilities), probabilities, outputs);
        }
    }

    /// The softmax in the arithmetic of Smile's single-precision vectors.
    private static void softmax(float[] neurons) {
        float highest = Float.NEGATIVE_INFINITY;
        for (float neuron : neurons) {
            highest = neuron > highest ? neuron : highest;
        }
        float total = 0;
        for (int i = 0; i < neurons.length; i++) {
            neurons[i] = (float) Math.exp(neurons[i] - highest);
            total += neurons[i];
        }
        for (int i = 0; i < neurons.length; i++) {
            neurons[i] /= total;
        }
    }

    @Override
    public String kernel() {
        return "perceptron, a row at a time";
    }
}
