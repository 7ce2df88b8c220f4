package io.nightshift.coordinator.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.nightshift.api.BatchDescription.Forecast;
import io.nightshift.api.BatchDescription.Timing;
import io.nightshift.coordinator.batch.decision.BatchObserver.BatchGauges;
import io.nightshift.coordinator.cost.Prices;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Use;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The metrics with the label `job_name`. A job has all of them from its first batch on this node, with the value
/// 0, so that rates include the first run. The jobs after the first [#MOST_JOBS] have none, so that a monitoring
/// system is not flooded. Safe for several threads.
final class JobMetrics {

    static final int MOST_JOBS = 1_000;

    private final MeterRegistry registry;
    private final Prices prices;
    private final Clock clock;
    private final List<Phase> openPhases;
    private final List<Phase> endPhases;
    private final Map<String, OfJob> jobs = new ConcurrentHashMap<>();

    /// @param prices of what batches use
    /// @param clock the wall clock
    /// @param openPhases the phases of open batches
    /// @param endPhases the phases in which a run ends
    JobMetrics(MeterRegistry registry, Prices prices, Clock clock, List<Phase> openPhases, List<Phase> endPhases) {
        this.registry = registry;
        this.prices = prices;
        this.clock = clock;
        this.openPhases = openPhases;
        this.endPhases = endPhases;
    }

    /// The metrics of the job of a batch; empty for a job beyond the limit.
    Optional<OfJob> of(BatchId batch) {
        String job = batch.job();
        return Optional.ofNullable(jobs.size() < MOST_JOBS ? jobs.computeIfAbsent(job, OfJob::new) : jobs.get(job));
    }

    /// The metrics of a job.
    final class OfJob {

        private final Map<BatchId, BatchGauges> open = new ConcurrentHashMap<>();
        private final Map<BatchId, Timing> failed = new ConcurrentHashMap<>();
        private final Map<Phase, Counter> runs = new EnumMap<>(Phase.class);
        private final Counter untilPublished;
        private final Counter predicted;
        private final Counter quarantined;

        /// Null if no prices are known.
        private final @Nullable Counter cost;

        private OfJob(String job) {
            for (Phase phase : endPhases) {
                runs.put(
                        phase,
                        Counter.builder("nightshift.job.runs")
                                .description("Batches of a job that ended on this node, by how")
                                .tag("job_name", job)
                                .tag("state", phase.toString())
                                .register(registry));
            }
            untilPublished = Counter.builder("nightshift.job.published")
                    .description("Time from submission to publication of all published batches of a job")
                    .baseUnit("seconds")
                    .tag("job_name", job)
                    .register(registry);
            predicted = records(job, "predicted");
            quarantined = records(job, "quarantined");
            cost = prices.areKnown()
                    ? Counter.builder("nightshift.job.cost")
                            .description("What the attempts of a job cost by the prices of nightshift.cost")
                            .tag("job_name", job)
                            .tag("currency", prices.currency())
                            .register(registry)
                    : null;
            for (Phase phase : openPhases) {
                Gauge.builder("nightshift.job.batches", () -> inPhase(phase))
                        .description("Open batches of a job that this node coordinates, by state")
                        .tag("job_name", job)
                        .tag("state", phase.toString())
                        .register(registry);
            }
            Gauge.builder("nightshift.job.deadline", this::untilDeadline)
                    .description("Time until the first deadline of a job's open batches; negative after it")
                    .baseUnit("seconds")
                    .tag("job_name", job)
                    .register(registry);
            forecast(job, "0.5", Forecast::median);
            forecast(job, "0.95", Forecast::late);
        }

        private Counter records(String job, String outcome) {
            return Counter.builder("nightshift.job.records")
                    .description("Input rows of a job's committed partitions, by what came of them")
                    .tag("job_name", job)
                    .tag("outcome", outcome)
                    .register(registry);
        }

        private void forecast(String job, String probability, Function<Forecast, Instant> end) {
            Gauge.builder("nightshift.job.forecast", () -> untilEnd(end))
                    .description("Time until the last of a job's open batches ends")
                    .baseUnit("seconds")
                    .tag("job_name", job)
                    .tag("probability", probability)
                    .register(registry);
        }

        private long inPhase(Phase phase) {
            return phase == Phase.FAILED
                    ? failed.size()
                    : open.values().stream()
                            .filter(batch -> batch.phase() == phase)
                            .count();
        }

        private Stream<Timing> timings() {
            return Stream.concat(
                    open.values().stream().map(BatchGauges::timing).flatMap(Stream::ofNullable),
                    failed.values().stream());
        }

        /// Not a number if no open batch has a deadline.
        private double untilDeadline() {
            return timings()
                    .map(Timing::deadline)
                    .flatMap(Stream::ofNullable)
                    .mapToDouble(this::secondsUntil)
                    .min()
                    .orElse(Double.NaN);
        }

        /// Not a number if there is no forecast.
        private double untilEnd(Function<Forecast, Instant> end) {
            return timings()
                    .map(Timing::forecast)
                    .flatMap(Stream::ofNullable)
                    .mapToDouble(forecast -> secondsUntil(end.apply(forecast)))
                    .max()
                    .orElse(Double.NaN);
        }

        private double secondsUntil(Instant time) {
            return Duration.between(clock.instant(), time).toMillis() / 1e3;
        }

        void committed(PartitionCommit commit) {
            predicted.increment((double) commit.predictions());
            quarantined.increment((double) commit.quarantined());
            if (commit.use() != null) {
                used(commit.use());
            }
        }

        void used(Use use) {
            if (cost != null) {
                cost.increment(prices.of(use).doubleValue());
            }
        }

        void ended(Phase phase, Duration sinceSubmission) {
            Objects.requireNonNull(runs.get(phase)).increment();
            if (phase == Phase.PUBLISHED) {
                untilPublished.increment(sinceSubmission.toMillis() / 1e3);
            }
        }

        /// @param timing null if the batch is not failed any more, or this node no longer has the register
        void failed(BatchId batch, @Nullable Timing timing) {
            if (timing == null) {
                failed.remove(batch);
            } else {
                failed.put(batch, timing);
            }
        }

        /// @param current null if the batch has ended, or this node no longer coordinates it
        void changed(BatchId batch, @Nullable BatchGauges current) {
            if (current == null) {
                open.remove(batch);
            } else {
                open.put(batch, current);
            }
        }
    }
}
