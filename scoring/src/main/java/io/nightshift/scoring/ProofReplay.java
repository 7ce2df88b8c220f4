package io.nightshift.scoring;

import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.form.Proof;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.pipeline.PipelineScorers;
import java.util.Map;
import java.util.TreeMap;

/// Scores the rows of a [Proof] and compares the results with those of the training library.
final class ProofReplay {

    /// Columns between steps that differ by a larger share show the step that is wrong.
    private static final double COLUMN_TOLERANCE = 1e-10;

    private final ModelDefinition definition;
    private final Proof proof;

    private ProofReplay(ModelDefinition definition, Proof proof) {
        this.definition = definition;
        this.proof = proof;
    }

    /// Compares a model's scores with its proof.
    ///
    /// @param model the model
    /// @param definition its definition; without a proof, nothing is compared
    /// @throws MalformedModelException if a result differs by more than its tolerance
    static void check(Model model, ModelDefinition definition) throws MalformedModelException {
        Proof proof = definition.proof();
        if (proof != null) {
            new ProofReplay(definition, proof).compare(model);
        }
    }

    private void compare(Model model) throws MalformedModelException {
        double[][] expected = proof.results();
        double[][] tolerances = proof.tolerances();
        double[][] found = new double[expected.length][proof.rows()];
        try {
            model.scorer(proof.texts()).score(proof.features(), proof.rows(), found);
        } catch (IllegalStateException failed) {
            throw new MalformedModelException("it has no score for a row of its proof: " + failed.getMessage(), failed);
        }
        for (int result = 0; result < expected.length; result++) {
            for (int row = 0; row < proof.rows(); row++) {
                double difference = Math.abs(found[result][row] - expected[result][row]);
                if (!(difference <= tolerances[result][row])
                        && Double.compare(found[result][row], expected[result][row]) != 0) {
                    throw differs(result, row, found[result][row], expected[result][row], tolerances[result][row]);
                }
            }
        }
    }

    private MalformedModelException differs(int result, int row, double found, double expected, double tolerance) {
        return new MalformedModelException(
                "its scores are not those of %s: in row %d of the proof, %s is %s instead of %s, and a difference of %s is allowed%s"
                        .formatted(
                                definition.description().facts().getOrDefault("library", "its library"),
                                row,
                                name(result),
                                found,
                                expected,
                                tolerance,
                                place()));
    }

    private String name(int result) {
        int outputs = definition.form().outputs();
        if (result == 0) {
            return "the prediction";
        }
        return result < outputs ? "probability " + (result - 1) : "margin " + (result - outputs);
    }

    /// The first step whose columns differ, as the end of a sentence.
    private String place() {
        if (!(definition.form() instanceof PipelineForm pipeline)) {
            return "";
        }
        double[][] columns = new PipelineScorers(pipeline).columns(proof.features(), proof.rows(), proof.texts());
        for (Map.Entry<Integer, double[]> expected : new TreeMap<>(proof.columns()).entrySet()) {
            int column = expected.getKey();
            for (int row = 0; row < proof.rows(); row++) {
                if (!isClose(columns[column][row], expected.getValue()[row])) {
                    return "; the first difference is in %s: in row %d, a column is %s instead of %s"
                            .formatted(
                                    step(pipeline, column).called(),
                                    row,
                                    columns[column][row],
                                    expected.getValue()[row]);
                }
            }
        }
        return "";
    }

    private static boolean isClose(double found, double expected) {
        return Double.compare(found, expected) == 0
                || Math.abs(found - expected) <= COLUMN_TOLERANCE * Math.max(1, Math.abs(expected));
    }

    private static PipelineStep step(PipelineForm pipeline, int column) {
        int end = pipeline.features();
        for (PipelineStep step : pipeline.steps()) {
            end += step.outputs();
            if (column < end) {
                return step;
            }
        }
        throw new IllegalArgumentException("the column " + column + " is none of a step");
    }
}
