package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.ScorerFactory;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// Scorers of a [PipelineForm]. They share the prepared steps.
public final class PipelineScorers implements ScorerFactory {

    private final PipelineForm form;
    private final List<PreparedStep> steps;

    /// @param form the pipeline
    /// @throws IllegalArgumentException if a step is of an unknown kind, or breaks a rule of its kind
    public PipelineScorers(PipelineForm form) {
        this.form = form;
        List<PreparedStep> prepared = new ArrayList<>();
        form.steps().forEach(step -> prepared.add(StepKinds.prepare(step)));
        this.steps = List.copyOf(prepared);
    }

    @Override
    public Scorer scorer() {
        return new PipelineScorer(form, operators(), new ColumnArrays(form, true));
    }

    /// The columns of all steps for some rows, the features first.
    ///
    /// @param features one array for each feature
    /// @param rows the number of rows
    /// @throws IllegalStateException if a step has no answer for one of the rows
    public double[][] columns(double[][] features, int rows) {
        double[][] columns = new double[form.columns()][rows];
        ColumnArrays arrays = new ColumnArrays(form, false);
        PipelineScorer scorer = new PipelineScorer(form, operators(), arrays);
        for (int from = 0; from < rows; from += arrays.rows()) {
            int count = Math.min(arrays.rows(), rows - from);
            scorer.compute(features, from, count);
            for (int column = 0; column < columns.length; column++) {
                System.arraycopy(arrays.column(column), 0, columns[column], from, count);
            }
        }
        return columns;
    }

    private StepOperator[] operators() {
        return steps.stream().map(PreparedStep::operator).toArray(StepOperator[]::new);
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
