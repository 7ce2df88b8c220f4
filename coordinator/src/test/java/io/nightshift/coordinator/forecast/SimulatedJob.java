package io.nightshift.coordinator.forecast;

import io.nightshift.coordinator.timing.TimeWindow;
import io.nightshift.protocol.batch.PastRun;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// Runs of one job in virtual time, with realistic noise: the input grows, each night is faster or slower as
/// a whole, partitions take log-normal times, some nodes are slow, attempts fail and are repeated, outages
/// stop everything, and some jobs have a window. A seed decides everything.
final class SimulatedJob {

    /// A forecast that was made in the course of a run, and what came of it.
    ///
    /// @param share of the rows that were scored when it was made; 0 before the plan
    record Checked(double share, Forecast forecast, Instant end) {

        boolean endsBefore(Instant quantile) {
            return !end.isAfter(quantile);
        }
    }

    private record Finish(double at, int worker, int partition, boolean fails) {}

    private static final List<Double> CHECKPOINTS = List.of(0.05, 0.25, 0.5, 0.75, 0.9);
    private static final int HISTORY = 12;
    private static final long PARTITION_ROWS = 250_000;

    private final SplittableRandom random;
    private final int workers;
    private final double secondsPerPartition;
    private final double nightly;
    private final double scatter;
    private final double failing;
    private final double outagesPerHour;
    private final @Nullable TimeWindow window;
    private final List<PastRun> history = new ArrayList<>();
    private double partitions;

    /// @param window outside which the job's batches are paused, or null
    SimulatedJob(long seed, @Nullable TimeWindow window) {
        random = new SplittableRandom(seed);
        this.window = window;
        workers = random.nextInt(2, 33);
        secondsPerPartition = 2 * Math.exp(1.5 * random.nextDouble() + 0.5 * random.nextGaussian());
        nightly = 0.05 + 0.2 * random.nextDouble();
        scatter = 0.2 + 0.3 * random.nextDouble();
        failing = random.nextInt(3) == 0 ? 0.03 * random.nextDouble() : 0;
        outagesPerHour = random.nextInt(4) == 0 ? 0.5 : 0;
        partitions = Math.exp(Math.log(30) + random.nextDouble() * Math.log(30));
    }

    /// Runs the job once.
    ///
    /// @param start when it is submitted
    List<Checked> run(Instant start) {
        partitions *= Math.exp(0.01 + 0.05 * random.nextGaussian());
        int count = (int) Math.max(1, partitions);
        Instant begin = window == null || window.isOpen(start)
                ? start
                : window.at(start).opens();
        double night = Math.exp(nightly * random.nextGaussian());
        double[] speeds = new double[workers];
        for (int i = 0; i < workers; i++) {
            speeds[i] = i % 4 == 0 && random.nextInt(8) == 0 ? 0.5 : Math.exp(0.05 * random.nextGaussian());
        }
        long rows = count * PARTITION_ROWS;
        ProgressCurve curve = ProgressCurve.EMPTY.begun(begin);
        List<Checked> open = new ArrayList<>();
        addForecast(open, 0, begin, curve, null, 0, 0, 0);
        PriorityQueue<Finish> busy = new PriorityQueue<>((one, other) -> Double.compare(one.at(), other.at()));
        double[] since = new double[workers];
        double outage = outagesPerHour == 0 ? Double.MAX_VALUE : exponential(3_600 / outagesPerHour);
        double stopped = 0;
        int leased = 0;
        int committed = 0;
        int next = 0;
        List<Integer> again = new ArrayList<>();
        double now = 0;
        for (int worker = 0; worker < workers; worker++) {
            if (leased < count) {
                busy.add(lease(worker, leased, 0, night, speeds));
                leased++;
            }
        }
        while (committed < count) {
            Finish done = busy.remove();
            now = done.at();
            while (outage < now + stopped) {
                double length = exponential(600);
                stopped += length;
                outage += length + exponential(3_600 / outagesPerHour);
            }
            Instant at = after(begin, now + stopped);
            if (done.fails()) {
                again.add(done.partition());
            } else {
                committed++;
                curve = curve.committed(at, 1, PARTITION_ROWS, window);
            }
            if (!again.isEmpty()) {
                busy.add(lease(done.worker(), again.removeLast(), now, night, speeds));
                since[done.worker()] = now;
            } else if (leased < count) {
                busy.add(lease(done.worker(), leased, now, night, speeds));
                since[done.worker()] = now;
                leased++;
            }
            double share = (double) committed / count;
            while (next < CHECKPOINTS.size() && share >= CHECKPOINTS.get(next) && committed < count) {
                double done0 = now;
                long inFlight = busy.stream()
                        .mapToLong(attempt -> (long) (PARTITION_ROWS
                                * (done0 - since[attempt.worker()])
                                / (attempt.at() - since[attempt.worker()])))
                        .sum();
                addForecast(
                        open,
                        CHECKPOINTS.get(next),
                        at,
                        curve,
                        rows - committed * PARTITION_ROWS - inFlight,
                        count - committed,
                        inFlight,
                        busy.size());
                next++;
            }
        }
        double publishing = 2 * Math.exp(0.3 * random.nextGaussian());
        Instant complete = after(begin, now + stopped);
        Instant end = complete.plusMillis((long) (1e3 * publishing));
        history.add(new PastRun(
                rows, Math.max(1, Math.round(1e3 * (now + stopped))), Math.round(1e3 * publishing), workers));
        if (history.size() > HISTORY) {
            history.removeFirst();
        }
        return open.stream()
                .map(checked -> new Checked(checked.share(), checked.forecast(), end))
                .toList();
    }

    private void addForecast(
            List<Checked> open,
            double share,
            Instant now,
            ProgressCurve curve,
            @Nullable Long rows,
            int left,
            long inFlight,
            int busy) {
        Forecast forecast =
                Forecaster.forecast(new RemainingWork(now, curve, rows, left, inFlight, busy, history, window, null));
        if (forecast != null) {
            open.add(new Checked(share, forecast, now));
        }
    }

    private Finish lease(int worker, int partition, double now, double night, double[] speeds) {
        double seconds = secondsPerPartition
                * night
                / speeds[worker]
                * Math.exp(scatter * random.nextGaussian() - scatter * scatter / 2);
        boolean fails = random.nextDouble() < failing;
        return new Finish(now + (fails ? seconds * random.nextDouble() + 0.5 : seconds), worker, partition, fails);
    }

    private double exponential(double mean) {
        return -mean * Math.log(1 - random.nextDouble());
    }

    private Instant after(Instant begin, double seconds) {
        Duration active = Duration.ofMillis(Math.round(1e3 * seconds));
        return window == null ? begin.plus(active) : window.after(begin, active);
    }
}
