package io.nightshift.coordinator.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.nightshift.api.BatchDescription.Forecast;
import io.nightshift.api.BatchDescription.Timing;
import io.nightshift.coordinator.batch.decision.BatchObserver;
import io.nightshift.coordinator.batch.task.StuckThreads;
import io.nightshift.coordinator.cost.Prices;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.CheckResult;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Use;
import io.nightshift.protocol.job.BatchCheck.OnFail;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The metrics of the batches that a node coordinates; `docs/reference/metrics.md` describes each. No label
/// holds a batch ID, and only [JobMetrics] and the values of checks have the name of a job, for a limited number
/// of them. So the number of time series stays small. Safe for several threads.
public final class BatchMetrics implements BatchObserver {

    private static final List<Phase> OPEN =
            List.of(Phase.SUBMITTED, Phase.RUNNING, Phase.PAUSED, Phase.PUBLISHING, Phase.HELD, Phase.FAILED);
    private static final List<Phase> STOPPED = List.of(Phase.PUBLISHED, Phase.FAILED, Phase.CANCELLED);

    private static final String OPEN_BATCHES =
            "Batches that this node coordinates, by state; failed ones until they are retried or cancelled";

    private static final String DEADLINES =
            "Open batches that this node coordinates and that miss their deadline, surely or with more than 5 %";

    private final MeterRegistry registry;
    /// The most checks of all jobs whose values are shown, so that a monitoring system is not flooded.
    private static final int MOST_CHECKS = 1_000;

    private record CheckOfJob(String job, String name) {}

    private static final class LastValue {
        private volatile double value;
    }

    private final Clock clock;
    private final Map<BatchId, BatchGauges> gauges = new ConcurrentHashMap<>();

    /// The failed batches of the cluster, if this node has the register.
    private volatile Map<BatchId, Timing> failed = Map.of();

    private final Set<BatchId> damaged = ConcurrentHashMap.newKeySet();
    private final Map<AttemptOutcome, Counter> attempts = new EnumMap<>(AttemptOutcome.class);
    private final Map<Phase, Timer> batches = new EnumMap<>(Phase.class);
    private final Map<OnFail, Counter> failedChecks = new EnumMap<>(OnFail.class);
    private final Map<CheckOfJob, LastValue> checkValues = new ConcurrentHashMap<>();
    private final Counter predicted;
    private final Counter quarantined;
    private final Counter unseenCategories;
    private final JobMetrics jobs;
    private final UseMetrics committedUse;
    private final UseMetrics discardedUse;
    private final Timer journalWrites;
    private final Timer heartbeats;

    /// Metrics without what batches cost.
    public BatchMetrics(MeterRegistry registry) {
        this(registry, Prices.NONE);
    }

    /// @param prices of what batches use
    public BatchMetrics(MeterRegistry registry, Prices prices) {
        this(registry, prices, Clock.systemUTC());
    }

    /// @param prices of what batches use
    /// @param clock the wall clock
    BatchMetrics(MeterRegistry registry, Prices prices, Clock clock) {
        this.registry = registry;
        this.clock = clock;
        jobs = new JobMetrics(registry, prices, clock, OPEN, STOPPED);
        committedUse = new UseMetrics(registry, prices, "committed");
        discardedUse = new UseMetrics(registry, prices, "discarded");
        for (AttemptOutcome outcome : AttemptOutcome.values()) {
            attempts.put(
                    outcome,
                    Counter.builder("nightshift.attempts")
                            .description("Attempts to score a partition that ended, by how")
                            .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
        for (Phase phase : STOPPED) {
            batches.put(
                    phase,
                    Timer.builder("nightshift.batch.duration")
                            .description("Time from a batch's submission until it was published, failed or cancelled")
                            .tag("state", phase.toString())
                            .serviceLevelObjectives(seconds(10, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800))
                            .register(registry));
        }
        for (OnFail onFail : OnFail.values()) {
            failedChecks.put(
                    onFail,
                    Counter.builder("nightshift.checks.failed")
                            .description(
                                    "Checks of jobs that a batch has failed before its publication, by what follows")
                            .tag("outcome", onFail.text())
                            .register(registry));
        }
        predicted = committed(registry, "predicted");
        quarantined = committed(registry, "quarantined");
        unseenCategories = Counter.builder("nightshift.unseen.categories")
                .description("Values of categorical features in committed partitions that the model does not know")
                .register(registry);
        journalWrites = Timer.builder("nightshift.journal.write.duration")
                .description("Time that a write to the journal took, until it was durable")
                .serviceLevelObjectives(millis(1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000, 10_000))
                .register(registry);
        heartbeats = Timer.builder("nightshift.heartbeat.interval")
                .description("Time between two heartbeats of an attempt, as its coordinator hears them")
                .serviceLevelObjectives(millis(500, 1_000, 1_500, 2_000, 5_000, 10_000, 20_000, 30_000))
                .register(registry);
        for (Phase phase : OPEN) {
            Gauge.builder("nightshift.batches", () -> inPhase(phase))
                    .description(OPEN_BATCHES)
                    .tag("state", phase.toString())
                    .register(registry);
        }
        Gauge.builder("nightshift.batches", damaged::size)
                .description(OPEN_BATCHES)
                .tag("state", "damaged")
                .register(registry);
        Gauge.builder("nightshift.batches.outside.window", this::outsideWindow)
                .description("Open batches that wait for their time window")
                .register(registry);
        Gauge.builder("nightshift.queue.depth", () -> sum(BatchGauges::waiting))
                .description("Partitions that wait for a worker")
                .register(registry);
        Gauge.builder("nightshift.leases", () -> sum(BatchGauges::leased))
                .description("Partitions that a worker holds")
                .register(registry);
        Gauge.builder("nightshift.lease.age", this::oldestLease)
                .description("How long the longest held partition has been held")
                .baseUnit("seconds")
                .register(registry);
        forecast(registry, "0.5", Forecast::median);
        forecast(registry, "0.95", Forecast::late);
        Gauge.builder("nightshift.wanted.workers", this::wantedWorkers)
                .description("Workers that the open batches need, to meet their deadlines")
                .register(registry);
        Gauge.builder("nightshift.deadlines", () -> count(Timing::deadlineAtRisk))
                .description(DEADLINES)
                .tag("state", "at-risk")
                .register(registry);
        Gauge.builder("nightshift.deadlines", () -> count(Timing::deadlineMissed))
                .description(DEADLINES)
                .tag("state", "missed")
                .register(registry);
    }

    private void forecast(MeterRegistry registry, String probability, Function<Forecast, Instant> end) {
        Gauge.builder("nightshift.forecast", () -> secondsLeft(end))
                .description("Time until the last batch ends that this node coordinates")
                .baseUnit("seconds")
                .tag("probability", probability)
                .register(registry);
    }

    private Stream<Timing> timings() {
        return Stream.concat(
                gauges.values().stream().map(BatchGauges::timing).flatMap(Stream::ofNullable),
                failed.values().stream());
    }

    private long count(Predicate<Timing> state) {
        return timings().filter(state).count();
    }

    private double secondsLeft(Function<Forecast, Instant> end) {
        Instant now = clock.instant();
        return timings()
                .map(Timing::forecast)
                .flatMap(Stream::ofNullable)
                .mapToDouble(
                        forecast -> Duration.between(now, end.apply(forecast)).toMillis() / 1e3)
                .max()
                .orElse(0);
    }

    /// A batch that waits for its window needs none. One without a deadline, or of which nothing is known,
    /// needs those that it has, and at least one while partitions wait. One that can't meet its deadline
    /// needs one for each partition.
    private double wantedWorkers() {
        return gauges.values().stream().mapToDouble(BatchMetrics::wantedWorkers).sum();
    }

    private static double wantedWorkers(BatchGauges batch) {
        Timing timing = batch.timing();
        boolean isWaiting = timing != null && timing.windowOpens() != null;
        int most = batch.waiting() + batch.leased();
        if (isWaiting || most == 0) {
            return batch.leased();
        }
        if (timing == null || timing.deadline() == null || timing.deadlineMissed() || timing.forecast() == null) {
            return Math.max(1, batch.leased());
        }
        int wanted = timing.forecast().wantedWorkers();
        return wanted == 0 ? most : Math.min(most, wanted);
    }

    private static Counter committed(MeterRegistry registry, String outcome) {
        return Counter.builder("nightshift.committed.records")
                .description("Input rows of committed partitions, by what came of them")
                .tag("outcome", outcome)
                .register(registry);
    }

    private static Duration[] seconds(int... bounds) {
        return Arrays.stream(bounds).mapToObj(Duration::ofSeconds).toArray(Duration[]::new);
    }

    private static Duration[] millis(int... bounds) {
        return Arrays.stream(bounds).mapToObj(Duration::ofMillis).toArray(Duration[]::new);
    }

    private long outsideWindow() {
        return gauges.values().stream()
                .filter(batch -> batch.phase() == Phase.RUNNING
                        && batch.timing() != null
                        && batch.timing().windowOpens() != null)
                .count();
    }

    private long inPhase(Phase phase) {
        return phase == Phase.FAILED
                ? failed.size()
                : gauges.values().stream()
                        .filter(batch -> batch.phase() == phase)
                        .count();
    }

    private int sum(ToIntFunction<BatchGauges> part) {
        return gauges.values().stream().mapToInt(part).sum();
    }

    private double oldestLease() {
        return gauges.values().stream()
                .mapToDouble(batch -> batch.oldestLease().toMillis() / 1e3)
                .max()
                .orElse(0);
    }

    /// Registers the metric of the threads that hang in a step of a batch.
    public void watch(StuckThreads stuck) {
        Gauge.builder("nightshift.coordinator.stuck.threads", stuck, StuckThreads::count)
                .description("Threads that hang in a read or a write while this node plans, checks or publishes")
                .register(registry);
    }

    @Override
    public void journalWritten(Duration latency) {
        journalWrites.record(latency);
    }

    @Override
    public void partitionCommitted(BatchId batch, PartitionCommit commit) {
        jobs.of(batch).ifPresent(job -> job.committed(commit));
        predicted.increment((double) commit.predictions());
        quarantined.increment((double) commit.quarantined());
        commit.unseenCategories().values().forEach(rows -> unseenCategories.increment((double) rows));
        if (commit.use() != null) {
            committedUse.add(commit.use());
        }
    }

    @Override
    public void attemptsDiscarded(BatchId batch, Use use) {
        jobs.of(batch).ifPresent(job -> job.used(use));
        discardedUse.add(use);
    }

    @Override
    public void checked(String job, CheckResult result) {
        if (!result.passed()) {
            Objects.requireNonNull(failedChecks.get(result.check().onFail())).increment();
        }
        CheckOfJob check = new CheckOfJob(job, result.check().name());
        if (checkValues.size() < MOST_CHECKS || checkValues.containsKey(check)) {
            checkValues.computeIfAbsent(check, this::register).value = result.value();
        }
    }

    private LastValue register(CheckOfJob check) {
        LastValue last = new LastValue();
        Gauge.builder("nightshift.check.value", last, measured -> measured.value)
                .description("What the last batch of a job has measured for a check, in the unit of its limit")
                .tag("job_name", check.job())
                .tag("check", check.name())
                .register(registry);
        return last;
    }

    @Override
    public void attemptEnded(AttemptOutcome outcome) {
        Objects.requireNonNull(attempts.get(outcome)).increment();
    }

    @Override
    public void heartbeatReceived(Duration sinceLast) {
        heartbeats.record(sinceLast);
    }

    @Override
    public void batchStopped(BatchId batch, Phase phase, Duration sinceSubmission) {
        jobs.of(batch).ifPresent(job -> job.ended(phase, sinceSubmission));
        Objects.requireNonNull(batches.get(phase)).record(sinceSubmission);
    }

    @Override
    public void batchDamaged(BatchId batch) {
        damaged.add(batch);
    }

    @Override
    public void failedBatches(Map<BatchId, Timing> now) {
        Map<BatchId, Timing> before = failed;
        failed = now;
        before.forEach((batch, timing) -> {
            if (!now.containsKey(batch)) {
                jobs.of(batch).ifPresent(job -> job.failed(batch, null));
            }
        });
        now.forEach((batch, timing) -> jobs.of(batch).ifPresent(job -> job.failed(batch, timing)));
    }

    /// A failed batch is counted where the register is, because its coordinator leaves memory.
    @Override
    public void gaugesChanged(BatchId batch, @Nullable BatchGauges changed) {
        BatchGauges current = changed == null || changed.phase() == Phase.FAILED ? null : changed;
        jobs.of(batch).ifPresent(job -> job.changed(batch, current));
        if (current == null) {
            gauges.remove(batch);
            damaged.remove(batch);
        } else {
            gauges.put(batch, current);
        }
    }
}
