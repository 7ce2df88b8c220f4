package io.nightshift.scoring.pipeline;

import static java.util.Map.entry;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;
import java.util.Map;

/// The kinds of steps by name. A new kind is a class and one line here.
final class StepKinds {

    private static final Map<String, StepKind> ALL = Map.ofEntries(
            entry("argmax", ClassSteps::argmax),
            entry("bin", LookupSteps::bin),
            entry("constant", ColumnSteps::constant),
            entry("coupling", PairSteps::coupling),
            entry("distances", NeighbourSteps::distances),
            entry("fill", ColumnSteps::fill),
            entry("finite", ColumnSteps::finite),
            entry("forest", ForestStep::prepare),
            entry("gaussian", LinearSteps::gaussian),
            entry("gaussian-integral", GaussianIntegral::prepare),
            entry("impute", ColumnSteps::impute),
            entry("interpolate", InterpolationSteps::interpolate),
            entry("kernel", KernelStep::prepare),
            entry("knn-impute", KnnImputation::prepare),
            entry("linear", LinearSteps::linear),
            entry("lookup", LookupSteps::lookup),
            entry("missing", ColumnSteps::missing),
            entry("neighbours", NeighbourSteps::neighbours),
            entry("normalize", RowSteps::normalize),
            entry("one-hot", LookupSteps::oneHot),
            entry("pow", FunctionSteps::pow),
            entry("power", FunctionSteps::power),
            entry("product", RowSteps::product),
            entry("quantile", InterpolationSteps::quantile),
            entry("scale", ColumnSteps::scale),
            entry("share", ClassSteps::share),
            entry("softmax", ClassSteps::softmax),
            entry("spline", SplineStep::prepare),
            entry("target-statistics", TargetStatistics::prepare),
            entry("threshold", ColumnSteps::threshold),
            entry("vote", ClassSteps::vote),
            entry("weighted-median", RowSteps::weightedMedian));

    private StepKinds() {}

    /// Prepares a step.
    ///
    /// @param step the step as data
    /// @throws IllegalArgumentException if there is no such kind, or the step breaks a rule of its kind
    static PreparedStep prepare(PipelineStep step) {
        StepKind kind = ALL.get(step.kind());
        if (kind != null) {
            return kind.prepare(step);
        }
        if (FunctionSteps.isFunction(step.kind())) {
            return FunctionSteps.function(step);
        }
        throw new IllegalArgumentException(step.called() + " is of an unknown kind");
    }
}
