package io.nightshift.coordinator.forecast;

import io.nightshift.coordinator.timing.TimeWindow;
import io.nightshift.protocol.batch.PastRun;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Forecasts the end of a batch from its own commits and from earlier runs of its job.
///
/// The unknown is how many seconds a row takes, all workers together. Its logarithm differs from run to run
/// (other data, other load, another number of workers) and within a run (partitions of different effort, slow
/// nodes, failures). Two sources tell about it:
///
/// - The earlier runs: the mean and the variance of their logarithms. The next run lies within a prediction
///   interval of Student's t distribution (Geisser, Predictive Inference, 1993).
/// - The batch itself: the blocks of its [ProgressCurve]. The variance between blocks says how certain their
/// mean is, and how far the rest may deviate from it (batch means: Schmeiser, Operations Research 30, 1982).
///
/// They are combined by their precisions, so that the earlier runs decide at the beginning, and the batch
/// itself later. The last partitions are forecast separately, because then workers become idle.
public final class Forecaster {

    /// The scatter that is assumed before there are observations, and how many observations it counts as.
    private static final double PRIOR_SCATTER = 0.05;

    private static final double PRIOR_COUNT = 1;

    /// The scatter of the time that a partition takes.
    private static final double PARTITION_SCATTER = 0.2;

    /// By which part the last partitions take longer than forecast, at the 95 % time.
    private static final double TAIL_SPREAD = 0.5;

    /// The same when all of them are in flight. Then no worker that becomes idle can help a slow one.
    private static final double END_SPREAD = 2.4;

    /// Which part of the variance between blocks remains over many blocks. Commits come in waves, so a block
    /// with many is often followed by one with few.
    private static final double LASTING = 0.25;

    /// How much the number of the last partitions matters for the longest of them.
    private static final double TAIL_GROWTH = 0.4;

    private static final double LONGEST_SECONDS = Duration.ofDays(365).toSeconds();

    private Forecaster() {}

    /// A quantity whose logarithm is known to be about a mean.
    ///
    /// @param log the mean of the logarithm
    /// @param variance of the logarithm
    /// @param freedom the degrees of freedom of the variance
    private record Estimate(double log, double variance, double freedom) {

        /// The precision-weighted mean of two estimates.
        Estimate and(Estimate other) {
            double one = 1 / variance;
            double two = 1 / other.variance;
            return new Estimate((log * one + other.log * two) / (one + two), 1 / (one + two), freedom + other.freedom);
        }
    }

    /// The rate of the batch itself.
    ///
    /// @param secondsPerRow of the active time so far
    /// @param scatter the squared coefficient of variation between blocks
    /// @param blockRows the rows of a block on average
    private record OwnRate(Estimate secondsPerRow, double scatter, double freedom, double blockRows) {}

    /// Seconds of active time.
    ///
    /// @param workers that the time is for; 0 if that is not known
    private record Seconds(double median, double late, double fixed, double workers) {}

    /// The forecast, or null if nothing is known about the rate yet.
    public static @Nullable Forecast forecast(RemainingWork work) {
        Seconds left = seconds(work);
        if (left == null) {
            return null;
        }
        return new Forecast(
                after(work.now(), left.median(), work.window()),
                after(work.now(), left.late(), work.window()),
                left.workers(),
                wanted(work, left));
    }

    private static Instant after(Instant now, double seconds, @Nullable TimeWindow window) {
        Duration active = Duration.ofMillis((long) (1e3 * Math.min(LONGEST_SECONDS, Math.max(0, seconds))));
        return window == null ? now.plus(active) : window.after(now, active);
    }

    /// The time that a job's next run takes if it may always score, from the earlier runs alone; null if
    /// there are none.
    ///
    /// @param rows of its input
    public static @Nullable Forecast ofRun(Instant start, long rows, List<PastRun> history) {
        return forecast(new RemainingWork(start, ProgressCurve.EMPTY, rows, 0, 0, 0, history, null, null));
    }

    private static @Nullable Seconds seconds(RemainingWork work) {
        double publishing = publishing(work.history());
        if (work.rows() != null && work.rows() <= 0) {
            return new Seconds(publishing, 3 * publishing, publishing, work.workers());
        }
        OwnRate own = own(work);
        Estimate perRow = combined(past(work.history()), own);
        Estimate size = size(work);
        if (perRow == null || size == null) {
            return null;
        }
        double rows = Math.exp(size.log());
        double workers = work.workers() > 0 ? work.workers() : workers(work.history());
        double ownWeight =
                own == null ? 0 : perRow.variance() / own.secondsPerRow().variance();
        double within = own == null ? 0 : own.scatter() * Math.min(1, own.blockRows() / Math.max(1, rows));
        double deviation = Math.sqrt(perRow.variance() + size.variance() + within);
        double spread = Math.exp(StudentT.quantile95(perRow.freedom()) * deviation) - 1;

        double secondsPerRow = Math.exp(perRow.log());
        double last = Math.max(1, Math.min(work.partitions(), workers));
        // When the last partition is leased, half of each partition in flight is left on average.
        double lastRows = rows * (work.partitions() <= last ? 1 : last / work.partitions() / 2);
        double idle = work.partitions() == 0 ? 1 : Math.max(1, workers / last);
        double bulk = (rows - lastRows) * secondsPerRow;
        double even = lastRows * secondsPerRow * idle;
        double tail = even * (1 + ownWeight * (unevenness(last) - 1));
        double median = bulk + tail;
        double tailSpread = work.partitions() <= last ? END_SPREAD : TAIL_SPREAD;
        double late = median + Math.hypot((bulk + even) * spread, ownWeight * tail * tailSpread);
        return new Seconds(median + publishing, late + 3 * publishing, ownWeight * tail + publishing, workers);
    }

    private static @Nullable Estimate combined(@Nullable Estimate past, @Nullable OwnRate own) {
        if (past == null) {
            return own == null ? null : own.secondsPerRow();
        }
        return own == null ? past : past.and(own.secondsPerRow());
    }

    /// The rows that are left, known or not.
    private static @Nullable Estimate size(RemainingWork work) {
        return work.rows() == null
                ? growth(work.history())
                : new Estimate(Math.log((double) work.rows()), 0, Double.POSITIVE_INFINITY);
    }

    /// How much longer the longest of the partitions in flight takes than their mean.
    private static double unevenness(double partitions) {
        return 2 * partitions / (partitions + 1) * (1 + TAIL_GROWTH * Math.log(partitions));
    }

    private static @Nullable Estimate past(List<PastRun> history) {
        List<Double> logs = new ArrayList<>();
        for (PastRun run : history) {
            logs.add(Math.log(Math.max(1, run.activeMillis()) / 1e3 / run.rows()));
        }
        return prediction(logs);
    }

    /// The size of the next input, from the last one and the growth from run to run.
    private static @Nullable Estimate growth(List<PastRun> history) {
        if (history.isEmpty()) {
            return null;
        }
        double last = Math.log((double) history.getLast().rows());
        List<Double> ratios = new ArrayList<>();
        for (int i = 1; i < history.size(); i++) {
            ratios.add(
                    Math.log((double) history.get(i).rows() / history.get(i - 1).rows()));
        }
        Estimate ratio = prediction(ratios);
        return ratio == null
                ? new Estimate(last, PRIOR_SCATTER * PRIOR_SCATTER, PRIOR_COUNT)
                : new Estimate(last + ratio.log(), ratio.variance(), ratio.freedom());
    }

    /// The next value of a series.
    private static @Nullable Estimate prediction(List<Double> values) {
        int count = values.size();
        if (count == 0) {
            return null;
        }
        double mean = values.stream().mapToDouble(Double::doubleValue).sum() / count;
        double squares = values.stream()
                .mapToDouble(value -> (value - mean) * (value - mean))
                .sum();
        double freedom = PRIOR_COUNT + count - 1;
        double variance = (PRIOR_COUNT * PRIOR_SCATTER * PRIOR_SCATTER + squares) / freedom;
        return new Estimate(mean, variance * (1 + 1.0 / count), freedom);
    }

    private static @Nullable OwnRate own(RemainingWork work) {
        ProgressCurve curve = work.curve();
        double done = curve.rows() + Math.max(0, work.rowsInFlight());
        if (done <= 0 || curve.seconds() <= 0) {
            return null;
        }
        double[] blocks = curve.complete();
        int count = blocks.length;
        double scatter = PRIOR_SCATTER * PRIOR_SCATTER;
        double freedom = PRIOR_COUNT;
        if (count >= 2) {
            double mean = 0;
            for (double rows : blocks) {
                mean += rows / count;
            }
            double squares = 0;
            for (double rows : blocks) {
                squares += (rows - mean) * (rows - mean);
            }
            freedom = PRIOR_COUNT + count - 1;
            scatter = (PRIOR_COUNT * scatter + (mean > 0 ? squares / (mean * mean) : 0)) / freedom;
        }
        scatter *= LASTING;
        double variance =
                scatter / Math.max(1, count) + PARTITION_SCATTER * PARTITION_SCATTER / Math.max(1, curve.commits());
        return new OwnRate(
                new Estimate(Math.log(curve.seconds() / done), variance, freedom),
                scatter,
                freedom,
                done * Math.min(1, curve.blockSeconds() / curve.seconds()));
    }

    private static double publishing(List<PastRun> history) {
        double[] sorted = history.stream()
                .mapToDouble(run -> run.publishMillis() / 1e3)
                .sorted()
                .toArray();
        return sorted.length == 0 ? 1 : sorted[sorted.length / 2];
    }

    private static double workers(List<PastRun> history) {
        return history.reversed().stream()
                .mapToDouble(PastRun::workers)
                .filter(workers -> workers > 0)
                .findFirst()
                .orElse(0);
    }

    /// The time of the last partitions does not shrink with more workers.
    private static int wanted(RemainingWork work, Seconds left) {
        if (work.deadline() == null || left.workers() <= 0) {
            return 0;
        }
        Duration until = work.window() == null
                ? Duration.between(work.now(), work.deadline())
                : work.window().openTime(work.now(), work.deadline());
        double available = until.toMillis() / 1e3;
        double shrinking = Math.max(0, left.late() - left.fixed());
        if (available <= left.fixed()) {
            return 0;
        }
        double wanted = Math.max(1, Math.ceil(left.workers() * shrinking / (available - left.fixed())));
        int most = work.partitions() == 0 ? Integer.MAX_VALUE : work.partitions();
        return wanted > most ? 0 : (int) wanted;
    }
}
