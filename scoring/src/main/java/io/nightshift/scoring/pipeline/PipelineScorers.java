package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.form.ScorerFactory;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.model.TextTable;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Scorers of a [PipelineForm]. They share the prepared steps.
public final class PipelineScorers implements ScorerFactory {

    private final PipelineForm form;
    private final PipelineForm fused;
    private final List<PreparedStep> steps;

    /// @param form the pipeline
    /// @throws IllegalArgumentException if a step is of an unknown kind, or breaks a rule of its kind
    public PipelineScorers(PipelineForm form) {
        this.form = form;
        List<PreparedStep> prepared = prepared(form);
        this.fused = OneHotFusion.of(form);
        this.steps = IntStream.range(0, prepared.size())
                .mapToObj(i -> isSame(form.steps().get(i), fused.steps().get(i))
                        ? prepared.get(i)
                        : StepKinds.prepare(fused.steps().get(i)))
                .toList();
        requireInputs(form, prepared);
        requireInputs(fused, steps);
    }

    /// Refuses a step that reads sparse rows as numbers, or numbers as sparse rows.
    private static void requireInputs(PipelineForm form, List<PreparedStep> steps) {
        int[] widths = widths(form, steps);
        for (int i = 0; i < steps.size(); i++) {
            steps.get(i)
                    .requireInputs(form.steps().get(i).inputs().stream()
                            .mapToInt(input -> widths[input])
                            .toArray());
        }
        if (form.results().stream().anyMatch(result -> widths[result] > 0)) {
            throw new IllegalArgumentException("a result is a column of sparse rows");
        }
    }

    /// For each column, the width of its sparse rows; 0 for numbers.
    private static int[] widths(PipelineForm form, List<PreparedStep> steps) {
        int[] widths = new int[form.columns()];
        int first = form.features();
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i).sparseWidth() > 0) {
                widths[first] = steps.get(i).sparseWidth();
            }
            first += form.steps().get(i).outputs();
        }
        return widths;
    }

    private static List<PreparedStep> prepared(PipelineForm form) {
        return form.steps().stream().map(StepKinds::prepare).toList();
    }

    /// Whether two steps are the same but for the numbers of their columns.
    private static boolean isSame(PipelineStep step, PipelineStep other) {
        return step.kind().equals(other.kind())
                && step.numbers().keySet().equals(other.numbers().keySet());
    }

    @Override
    public Scorer scorer() {
        return scorer(new TextTable());
    }

    @Override
    public Scorer scorer(TextTable texts) {
        return new PipelineScorer(fused, operators(fused, steps, texts), new ColumnArrays(fused, true), texts);
    }

    /// The columns of all steps for rows without texts, the features first.
    ///
    /// @param features one array for each feature
    /// @param rows the number of rows
    /// @throws IllegalStateException if a step has no answer for one of the rows
    double[][] columns(double[][] features, int rows) {
        return columns(features, rows, new TextTable());
    }

    /// The columns of all steps for some rows, the features first.
    ///
    /// @param features one array for each feature
    /// @param rows the number of rows
    /// @param texts the texts of the rows
    /// @throws IllegalStateException if a step has no answer for one of the rows
    public double[][] columns(double[][] features, int rows, TextTable texts) {
        double[][] columns = new double[form.columns()][rows];
        ColumnArrays arrays = new ColumnArrays(form, false);
        PipelineScorer scorer = new PipelineScorer(form, operators(form, prepared(form), texts), arrays, texts);
        for (int from = 0; from < rows; from += arrays.rows()) {
            int count = Math.min(arrays.rows(), rows - from);
            scorer.compute(features, from, count);
            for (int column = 0; column < columns.length; column++) {
                boolean isFeature = column < features.length;
                double[] values = isFeature ? features[column] : arrays.column(column);
                System.arraycopy(values, isFeature ? from : 0, columns[column], from, count);
            }
        }
        return columns;
    }

    private static StepOperator[] operators(PipelineForm form, List<PreparedStep> steps, TextTable texts) {
        @Nullable SparseRows[] sparse = new SparseRows[form.columns()];
        int[] widths = widths(form, steps);
        for (int column = 0; column < sparse.length; column++) {
            sparse[column] = widths[column] > 0 ? new SparseRows() : null;
        }
        StepOperator[] operators = new StepOperator[steps.size()];
        int first = form.features();
        for (int i = 0; i < operators.length; i++) {
            PipelineStep step = form.steps().get(i);
            List<@Nullable SparseRows> inputs = new ArrayList<>();
            for (int input : step.inputs()) {
                inputs.add(sparse[input]);
            }
            SparseRows output = step.outputs() == 0 ? null : sparse[first];
            operators[i] = steps.get(i).operator(new SparseStep.Columns(texts, inputs, output));
            first += step.outputs();
        }
        return operators;
    }

    @Override
    public String kernel() {
        String kernels = steps.stream()
                .map(PreparedStep::kernel)
                .filter(kernel -> !kernel.isEmpty())
                .distinct()
                .collect(Collectors.joining("; "));
        return "pipeline of " + steps.size() + " steps" + (kernels.isEmpty() ? "" : ", " + kernels);
    }

    @Override
    public long heapBytes() {
        return steps.stream().mapToLong(PreparedStep::heapBytes).sum();
    }
}
