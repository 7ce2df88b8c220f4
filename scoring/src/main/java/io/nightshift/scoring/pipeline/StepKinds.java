package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;

/// The kinds of steps by name. A new kind is a class and one line here.
///
/// A switch links only the kinds that a pipeline has, which matters to a new process.
final class StepKinds {

    private StepKinds() {}

    /// Prepares a step.
    ///
    /// @param step the step as data
    /// @throws IllegalArgumentException if there is no such kind, or the step breaks a rule of its kind
    static PreparedStep prepare(PipelineStep step) {
        return switch (step.kind()) {
            case "argmax" -> ClassSteps.argmax(step);
            case "bin" -> LookupSteps.bin(step);
            case "constant" -> ColumnSteps.constant(step);
            case "coupling" -> PairSteps.coupling(step);
            case "distances" -> NeighbourSteps.distances(step);
            case "fill" -> ColumnSteps.fill(step);
            case "finite" -> ColumnSteps.finite(step);
            case "forest" -> ForestStep.prepare(step);
            case "gaussian" -> LinearSteps.gaussian(step);
            case "gaussian-integral" -> GaussianIntegral.prepare(step);
            case "impute" -> ColumnSteps.impute(step);
            case "interpolate" -> InterpolationSteps.interpolate(step);
            case "kernel" -> KernelStep.prepare(step);
            case "knn-impute" -> KnnImputation.prepare(step);
            case "linear" -> LinearSteps.linear(step);
            case "lookup" -> LookupSteps.lookup(step);
            case "missing" -> ColumnSteps.missing(step);
            case "neighbours" -> NeighbourSteps.neighbours(step);
            case "normalize" -> RowSteps.normalize(step);
            case "one-hot" -> LookupSteps.oneHot(step);
            case "pow" -> FunctionSteps.pow(step);
            case "power" -> FunctionSteps.power(step);
            case "product" -> RowSteps.product(step);
            case "quantile" -> InterpolationSteps.quantile(step);
            case "scale" -> ColumnSteps.scale(step);
            case "share" -> ClassSteps.share(step);
            case "sparse-dense" -> SparseSteps.dense(step);
            case "sparse-linear" -> SparseSteps.linear(step);
            case "sparse-scale" -> SparseSteps.scale(step);
            case "sparse-select" -> SparseSteps.select(step);
            case "softmax" -> ClassSteps.softmax(step);
            case "spline" -> SplineStep.prepare(step);
            case "target-statistics" -> TargetStatistics.prepare(step);
            case "text-counts" -> TextSteps.counts(step);
            case "text-hashes" -> TextSteps.hashes(step);
            case "threshold" -> ColumnSteps.threshold(step);
            case "vote" -> ClassSteps.vote(step);
            case "weighted-median" -> RowSteps.weightedMedian(step);
            default -> FunctionSteps.function(step);
        };
    }
}
