package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.form.ScorerFactory;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

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
        return new PipelineScorer(fused, operators(steps), new ColumnArrays(fused, true));
    }

    /// The columns of all steps for some rows, the features first.
    ///
    /// @param features one array for each feature
    /// @param rows the number of rows
    /// @throws IllegalStateException if a step has no answer for one of the rows
    public double[][] columns(double[][] features, int rows) {
        double[][] columns = new double[form.columns()][rows];
        ColumnArrays arrays = new ColumnArrays(form, false);
        PipelineScorer scorer = new PipelineScorer(form, operators(prepared(form)), arrays);
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

    private static StepOperator[] operators(List<PreparedStep> steps) {
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
