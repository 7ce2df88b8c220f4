package io.nightshift.worker.scoring;

import io.nightshift.destination.PredictionColumns;
import io.nightshift.protocol.batch.DistributionCounter;
import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.protocol.batch.ModelDifferences;
import io.nightshift.protocol.batch.RowDifference;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.model.Task;
import io.nightshift.source.BoundJob.Feature;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Scores each block with a model, and then with a candidate whose predictions are only compared. The model comes
/// first, so its outputs do not depend on the candidate. A candidate that fails is not asked again.
///
/// The memory is bounded: three distributions, and the features of [ModelDifferences#MOST_ROWS] rows.
public final class ShadowScorer implements ComparingScorer {

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    @SuppressWarnings("ArrayRecordComponent")
    private record Kept(long row, double scored, double other, double size, double[] features) {}

    private final Scorer scorer;
    private final Supplier<Scorer> candidates;
    private @Nullable Scorer candidate;
    private final List<Feature> features;
    private final int partition;
    private final int most;
    private final Task task;
    private final int prediction;
    private final int outputs;
    private final double[][] candidateOutputs;
    private final double[] sizes = new double[ScoringSession.BLOCK];
    private final DistributionCounter scoredValues = DistributionCounter.ofPredictions(false);
    private final DistributionCounter candidateValues = DistributionCounter.ofPredictions(false);
    private final DistributionCounter differences = DistributionCounter.ofPredictions(true);
    /// The largest difference first, and of equal ones the earlier row.
    private final List<Kept> largest = new ArrayList<>();
    private long rows;
    private long agreed;
    private long scoredNanos;
    private long candidateNanos;
    private @Nullable String failure;

    /// @param scorer whose predictions are written
    /// @param candidates makes the scorer whose predictions are only compared
    /// @param model of the scorer; that of the candidate has the same features, task and classes
    /// @param margins the number of margins that both fill after the outputs
    /// @param features of the model, in its order
    /// @param partition of the attempt
    /// @param most how many rows are kept that both score most differently, 0 or more
    public ShadowScorer(
            Scorer scorer,
            Supplier<Scorer> candidates,
            ModelDescription model,
            int margins,
            List<Feature> features,
            int partition,
            int most) {
        this.scorer = scorer;
        this.candidates = candidates;
        this.features = List.copyOf(features);
        this.partition = partition;
        this.most = most;
        this.task = model.task();
        this.prediction = PredictionColumns.checked(model);
        this.outputs = model.outputs();
        this.candidateOutputs = new double[outputs + margins][ScoringSession.BLOCK];
    }

    @Override
    public void score(double[][] columns, int count, double[][] scored) {
        long begin = THREADS.getCurrentThreadCpuTime();
        scorer.score(columns, count, scored);
        if (failure != null) {
            return;
        }
        long middle = THREADS.getCurrentThreadCpuTime();
        try {
            if (candidate == null) {
                candidate = candidates.get();
            }
            candidate.score(columns, count, candidateOutputs);
        } catch (RuntimeException | LinkageError | StackOverflowError | OutOfMemoryError e) {
            failure = e.getMessage() == null ? e.toString() : e.getMessage();
            return;
        }
        compare(columns, count, scored);
        scoredNanos += middle - begin;
        candidateNanos += THREADS.getCurrentThreadCpuTime() - middle;
    }

    private void compare(double[][] columns, int count, double[][] scored) {
        double[] one = scored[prediction];
        double[] other = candidateOutputs[prediction];
        scoredValues.count(one, count);
        candidateValues.count(other, count);
        if (task == Task.MULTICLASS) {
            sizesOfClasses(count, scored);
        } else {
            for (int row = 0; row < count; row++) {
                sizes[row] = size(one[row], other[row]);
            }
        }
        differences.count(sizes, count);
        if (task != Task.REGRESSION) {
            for (int row = 0; row < count; row++) {
                agreed += scored[0][row] == candidateOutputs[0][row] ? 1 : 0;
            }
        }
        if (most > 0) {
            for (int row = 0; row < count; row++) {
                keep(columns, row, one[row], other[row]);
            }
        }
        rows += count;
    }

    private void sizesOfClasses(int count, double[][] scored) {
        for (int row = 0; row < count; row++) {
            double size = 0;
            for (int output = 1; output < outputs; output++) {
                size = Math.max(size, size(scored[output][row], candidateOutputs[output][row]));
            }
            sizes[row] = size;
        }
    }

    /// Infinite if only one is a number.
    private static double size(double one, double other) {
        double size = Math.abs(one - other);
        return !Double.isNaN(size) ? size : Double.compare(one, other) == 0 ? 0 : Double.POSITIVE_INFINITY;
    }

    private void keep(double[][] columns, int row, double scored, double other) {
        double size = sizes[row];
        boolean isFull = largest.size() == most;
        if (!(size > 0) || (isFull && size <= largest.getLast().size())) {
            return;
        }
        if (isFull) {
            largest.removeLast();
        }
        int place = largest.size();
        while (place > 0 && largest.get(place - 1).size() < size) {
            place--;
        }
        double[] values = new double[Math.min(features.size(), RowDifference.MOST_FEATURES)];
        for (int feature = 0; feature < values.length; feature++) {
            values[feature] = columns[feature][row];
        }
        largest.add(place, new Kept(rows + row, scored, other, size, values));
    }

    @Override
    public ModelComparison comparison() {
        if (failure != null) {
            return ModelComparison.failed(failure);
        }
        return new ModelComparison(
                agreed,
                scoredValues.distribution(),
                candidateValues.distribution(),
                scoredNanos,
                candidateNanos,
                new ModelDifferences(
                        task != Task.REGRESSION,
                        differences.distribution(),
                        largest.stream().map(this::described).toList()),
                null);
    }

    private RowDifference described(Kept row) {
        Map<String, String> values = new TreeMap<>();
        for (int i = 0; i < row.features().length; i++) {
            Feature feature = features.get(i);
            double value = row.features()[i];
            // The number of a text has no meaning after its block.
            if (!Double.isNaN(value) && !feature.isText()) {
                values.put(feature.source().name(), text(feature, value));
            }
        }
        return new RowDifference(partition, row.row(), row.scored(), row.other(), row.size(), values);
    }

    private static String text(Feature feature, double value) {
        List<String> names =
                feature.categories() == null ? List.of() : feature.categories().names();
        int code = (int) value;
        if (code == value && code >= 0 && code < names.size()) {
            return names.get(code);
        }
        return (long) value == value
                ? String.valueOf((long) value)
                : (float) value == value ? String.valueOf((float) value) : String.valueOf(value);
    }
}
