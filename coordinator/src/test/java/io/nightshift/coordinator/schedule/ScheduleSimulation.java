package io.nightshift.coordinator.schedule;

import io.nightshift.coordinator.ledger.LedgerSerializer;
import io.nightshift.coordinator.schedule.ScheduleServices.StartRequest;
import io.nightshift.coordinator.schedule.ScheduleServices.StartResult;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.JobSchedule.CatchUp;
import io.nightshift.protocol.job.JobSchedule.Overlap;
import io.nightshift.protocol.schedule.ScheduledJobCommand;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// The real decision logic of an applied job in virtual time, over months of a schedule. Its actor is killed
/// at random and in the middle of decisions, before and after their events are written; it stays away for
/// seconds or days; submissions and their answers are slow or lost; the wall clock is set forward and back;
/// the job is paused, resumed and applied again. A seed decides everything.
///
/// The invariants: each tick of the schedule is decided about exactly once; one that is not skipped leads to
/// exactly one batch; ticks are only skipped where the job's policies say so; runs that are to follow each
/// other do; and what was written before a kill leads to the same submissions after it.
final class ScheduleSimulation {

    /// Creates the decision logic under test.
    @FunctionalInterface
    interface DecisionsFactory {
        ScheduleDecisions create(String job);
    }

    /// An invariant is broken.
    static final class Violation extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Violation(String message) {
            super(message);
        }
    }

    /// What a run of the simulation led to.
    ///
    /// @param ticks that were decided about
    record Outcome(long ticks, long batches, long kills) {}

    private static final String JOB = "churn";
    private static final Instant BEGIN = Instant.parse("2026-02-01T00:00:00Z");

    private static final List<String> CRONS = List.of(
            "0 2 * * *", "30 2 * * *", "0 * * * *", "15 */3 * * *", "0 6 * * MON-FRI", "*/30 1-4 * * *", "@weekly");
    private static final List<String> ZONES =
            List.of("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu");

    private record Scheduled(long at, long order, Runnable step) {}

    /// A batch in the register.
    private static final class SimulatedBatch {
        final BatchId id;
        final long end;
        final Phase result;

        SimulatedBatch(BatchId id, long end, Phase result) {
            this.id = id;
            this.end = end;
            this.result = result;
        }
    }

    private final SplittableRandom random;
    private final DecisionsFactory factory;
    private final PriorityQueue<Scheduled> agenda =
            new PriorityQueue<>(Comparator.comparingLong(Scheduled::at).thenComparingLong(Scheduled::order));

    private final String cron;
    private final String zone;
    private final CatchUp catchUp;
    private final Overlap overlap;
    private final long jitterSeconds;
    private final double lossRate;
    private final double killRate;
    private final boolean stepsClock;
    private final long longestBatch;
    private final long end;

    /// The journal, which survives kills.
    private final List<ScheduledJobEvent> journal = new ArrayList<>();

    /// The keys of the runs that are due according to the journal.
    private final Set<String> due = new TreeSet<>();

    private final Map<String, SimulatedBatch> batches = new LinkedHashMap<>();
    private final Map<String, StartRequest> requests = new HashMap<>();
    private final Map<BatchId, SimulatedBatch> byId = new HashMap<>();

    private ScheduledJobState state = ScheduledJobState.EMPTY;
    private @Nullable ScheduleDecisions decisions;
    private int incarnation;
    private long now;
    private long order;
    private Duration offset = Duration.ZERO;
    private boolean isCalm;
    private long timer = -1;
    private long kills;
    private int revision;
    private int idle;
    private long idleSince;

    private ScheduleSimulation(long seed, DecisionsFactory factory) {
        this.random = new SplittableRandom(seed);
        this.factory = factory;
        this.cron = pick(CRONS);
        this.zone = pick(ZONES);
        this.catchUp = random.nextInt(3) == 0 ? pick(List.of(CatchUp.values())) : CatchUp.ALL;
        this.overlap = pick(List.of(Overlap.values()));
        this.jitterSeconds = random.nextInt(3) == 0 ? random.nextLong(1, 900) : 0;
        this.lossRate = random.nextDouble() * 0.3;
        this.killRate = random.nextDouble() * 0.15;
        this.stepsClock = random.nextBoolean();
        boolean isDaily = cron.equals("0 2 * * *") || cron.equals("30 2 * * *");
        this.longestBatch = random.nextInt(3) > 0 ? hours(0.5) : hours(isDaily ? 30 : 2);
        this.end = hours((double) (24 * random.nextLong(20, 120)));
    }

    static Outcome run(long seed, DecisionsFactory factory) {
        ScheduleSimulation simulation = new ScheduleSimulation(seed, factory);
        simulation.live();
        return new Outcome(simulation.check(), simulation.batches.size(), simulation.kills);
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    private static <T> ActorRef<T> nobody() {
        return TestInbox.<T>create().getRef();
    }

    private static long hours(double hours) {
        return (long) (hours * TimeUnit.HOURS.toNanos(1));
    }

    private static long seconds(double seconds) {
        return (long) (seconds * TimeUnit.SECONDS.toNanos(1));
    }

    private Instant wall() {
        return BEGIN.plusNanos(now).plus(offset);
    }

    private String text() {
        return """
                # revision %d
                job: %s
                model: churn@champion
                parameters: {at: timestamp, day: date}
                source: {parquet: /lake/*.parquet}
                destination: {parquet: /predictions}
                time-zone: %s
                schedule:
                  cron: "%s"
                  parameters: {at: "{scheduled:timestamp}", day: "{scheduled:date - 1 day}"}
                  catch-up: %s
                  overlap: %s
                %s
                """.formatted(
                        revision,
                        JOB,
                        zone,
                        cron,
                        catchUp.name().toLowerCase(Locale.ROOT),
                        overlap.name().toLowerCase(Locale.ROOT),
                        jitterSeconds == 0 ? "" : "  jitter: " + jitterSeconds + "s");
    }

    private void live() {
        start();
        apply();
        every(hours(24 * 4), this::restartLater);
        every(hours(24 * 12), () -> {
            command(new ScheduledJobCommand.Pause("", "ops", nobody()));
            after(random.nextLong(hours(0.1), hours(40)), this::resume);
        });
        every(hours(24 * 9), () -> {
            revision++;
            apply();
        });
        every(
                seconds(10),
                () -> decide(new ScheduledJobMessage.CommandReceived(new ScheduledJobCommand.Wake())),
                seconds(3_600));
        if (stepsClock) {
            every(
                    hours(24 * 6),
                    () -> offset = random.nextInt(4) == 0
                            ? Duration.ZERO
                            : Duration.ofSeconds(random.nextLong(-90_000, 90_000)));
        }
        runUntil(end);
        isCalm = true;
        offset = Duration.ZERO;
        if (decisions == null) {
            start();
        }
        resume();
        // A pause that was sent before may still arrive.
        after(hours(1), this::resume);
        runUntil(end + hours(24 * 2));
        // What is still in the queue runs to its end, without further ticks.
        command(new ScheduledJobCommand.Pause("", "ops", nobody()));
    }

    private void runUntil(long time) {
        while (!agenda.isEmpty() && agenda.peek().at() < time) {
            Scheduled next = agenda.remove();
            now = next.at();
            next.step().run();
        }
        now = time;
    }

    private void after(long delay, Runnable step) {
        order++;
        agenda.add(new Scheduled(now + delay, order, step));
    }

    private void every(long mean, Runnable step) {
        every(mean, step, 2 * mean);
    }

    private void every(long least, Runnable step, long most) {
        after(random.nextLong(least / 2, most), () -> {
            if (!isCalm || least == seconds(10)) {
                step.run();
            }
            every(least, step, most);
        });
    }

    // The actor.

    private void apply() {
        command(new ScheduledJobCommand.Apply(text(), null, "ops", nobody()));
    }

    private void resume() {
        command(new ScheduledJobCommand.Resume("ops", nobody()));
    }

    private void command(ScheduledJobCommand command) {
        // A lost command is repeated by its caller.
        if (decisions == null) {
            after(seconds(30), () -> command(command));
        } else {
            decide(new ScheduledJobMessage.CommandReceived(command));
        }
    }

    private void start() {
        incarnation++;
        state = ScheduledJobState.EMPTY;
        int snapshot = incarnation * 31 % (journal.size() + 1);
        journal.subList(0, snapshot).forEach(event -> state = state.apply(event));
        if (incarnation % 8 == 0) {
            state = stored(JobSnapshot.of(state)).state();
        }
        journal.subList(snapshot, journal.size()).forEach(event -> state = state.apply(event));
        decisions = factory.create(JOB);
        timer = -1;
        decide(new ScheduledJobMessage.TimeReached());
    }

    /// A snapshot, written and read.
    private static JobSnapshot stored(JobSnapshot snapshot) {
        LedgerSerializer serializer = new LedgerSerializer();
        return (JobSnapshot) serializer.fromBinary(serializer.toBinary(snapshot), serializer.manifest(snapshot));
    }

    private void kill() {
        kills++;
        decisions = null;
        int started = incarnation;
        long away = random.nextInt(4) == 0
                ? random.nextLong(hours(1), hours(24 * 5))
                : random.nextLong(seconds(1), hours(0.2));
        after(away, () -> {
            if (incarnation == started && decisions == null) {
                start();
            }
        });
    }

    private void restartLater() {
        if (decisions != null) {
            kill();
        }
    }

    private void decide(ScheduledJobMessage message) {
        ScheduleDecisions current = decisions;
        if (current == null) {
            return;
        }
        ScheduleDecision decision = current.decide(state, message, now, wall());
        if (!decision.events().isEmpty()) {
            double dice = isCalm ? 1 : random.nextDouble();
            if (dice < killRate / 2) {
                kill();
                return;
            }
            journal.addAll(decision.events());
            for (ScheduledJobEvent event : decision.events()) {
                if (event instanceof ScheduledJobEvent.TickDue tick) {
                    due.add("tick:" + tick.tick());
                }
            }
            decision.events().forEach(event -> state = state.apply(event));
            if (dice < killRate) {
                kill();
                return;
            }
        }
        int running = incarnation;
        decision.actions().forEach(action -> perform(action, running));
        setTimer(current);
    }

    private void setTimer(ScheduleDecisions current) {
        Optional<Duration> wake = current.nextWake(state, now, wall());
        if (wake.isEmpty()) {
            timer = -1;
            return;
        }
        long due = now + wake.get().toNanos();
        if (timer != due) {
            timer = due;
            int running = incarnation;
            after(due - now, () -> {
                if (running == incarnation && timer == due) {
                    timer = -1;
                    int before = journal.size();
                    decide(new ScheduledJobMessage.TimeReached());
                    countIdle(journal.size() == before);
                }
            });
        }
    }

    /// Wakings that change nothing may come now and then, but not one after the other.
    private void countIdle(boolean isIdle) {
        idle = isIdle ? idle + 1 : 0;
        if (idle == 1) {
            idleSince = now;
        }
        if (idle > 2_000 && now - idleSince < seconds(60)) {
            throw new Violation("the actor wakes again and again, and does nothing");
        }
        idle = now - idleSince < seconds(60) ? idle : 0;
    }

    private boolean isLost() {
        return !isCalm && random.nextDouble() < lossRate;
    }

    private void perform(ScheduleAction action, int running) {
        switch (action) {
            case ScheduleAction.Start(StartRequest request) -> {
                if (isLost()) {
                    answer(running, seconds(3), request.key(), new StartResult.NotNow("the request is lost"));
                    return;
                }
                after(random.nextLong(seconds(0.01), seconds(20)), () -> {
                    BatchId batch = open(request);
                    StartResult result = isLost()
                            ? new StartResult.NotNow("the answer is lost")
                            : new StartResult.Started(batch, false);
                    answer(running, random.nextLong(seconds(0.01), seconds(5)), request.key(), result);
                });
            }
            case ScheduleAction.LookAtBatch(BatchId batch) ->
                after(seconds(0.05), () -> {
                    BatchStatus status = isLost() ? null : status(batch);
                    deliver(running, new ScheduledJobMessage.BatchSeen(batch, status));
                });
            case ScheduleAction.LookAtSource look -> throw new Violation("the job has no trigger");
            case ScheduleAction.Send<?> send -> {}
            case ScheduleAction.TellCatalogue tell -> {}
            case ScheduleAction.Passivate passivate -> {}
            case ScheduleAction.Warn warn -> {}
        }
    }

    private void answer(int running, long delay, String key, StartResult result) {
        after(delay, () -> deliver(running, new ScheduledJobMessage.StartAnswered(key, result)));
    }

    private void deliver(int running, ScheduledJobMessage message) {
        if (running == incarnation) {
            decide(message);
        }
    }

    // The register.

    private BatchId open(StartRequest request) {
        StartRequest before = requests.putIfAbsent(request.key(), request);
        if (before != null && !before.equals(request)) {
            throw new Violation("%s is submitted as %s and as %s".formatted(request.key(), before, request));
        }
        if (!due.contains(request.key())) {
            throw new Violation("%s is submitted and was never due".formatted(request.key()));
        }
        SimulatedBatch known = batches.get(request.key());
        if (known != null) {
            return known.id;
        }
        if (overlap == Overlap.QUEUE) {
            batches.values().stream()
                    .filter(other -> other.end > now)
                    .findFirst()
                    .ifPresent(other -> {
                        throw new Violation("%s starts while %s runs".formatted(request.key(), other.id));
                    });
        }
        BatchId id = new BatchId("%s-%d".formatted(JOB, batches.size()));
        Phase result = random.nextInt(10) == 0 ? Phase.FAILED : Phase.PUBLISHED;
        SimulatedBatch batch = new SimulatedBatch(id, now + random.nextLong(seconds(1), longestBatch), result);
        batches.put(request.key(), batch);
        byId.put(id, batch);
        return id;
    }

    private BatchStatus status(BatchId id) {
        SimulatedBatch batch = Objects.requireNonNull(byId.get(id));
        return BatchStatus.of(id, batch.end > now ? Phase.RUNNING : batch.result, null);
    }

    // The invariants.

    /// @return the number of ticks
    private long check() {
        Ticks ticks = Objects.requireNonNull(
                Timetable.of(JobTexts.header(text(), null)).ticks());
        Instant first = null;
        Map<Instant, String> decided = new TreeMap<>();
        for (ScheduledJobEvent event : journal) {
            switch (event) {
                case ScheduledJobEvent.Applied applied -> first = first == null ? applied.after() : first;
                case ScheduledJobEvent.TickDue tick -> {
                    once(decided, tick.tick(), "due");
                    checkDue(ticks, tick);
                }
                case ScheduledJobEvent.TicksSkipped skipped -> {
                    List<Instant> range = ticks.between(skipped.first().minusNanos(1), skipped.last(), 1_000_000);
                    if (range.size() != skipped.ticks()) {
                        throw new Violation("%s skips %d ticks".formatted(skipped, range.size()));
                    }
                    range.forEach(tick -> once(decided, tick, "skipped"));
                    checkSkipped(skipped);
                }
                default -> {}
            }
        }
        if (first == null) {
            return 0; // killed each time before the job was applied
        }
        Instant begin = first;
        List<Instant> expected = ticks.between(begin, state.decided(), 1_000_000);
        if (!expected.equals(List.copyOf(decided.keySet()))) {
            Set<Instant> lost = new TreeSet<>(expected);
            lost.removeAll(decided.keySet());
            throw new Violation("ticks are lost: " + lost);
        }
        Set<String> started = new TreeSet<>(batches.keySet());
        Set<String> waiting = new HashSet<>();
        state.openRuns().forEach(run -> waiting.add(run.key()));
        for (String key : due) {
            if (!started.contains(key) && !waiting.contains(key)) {
                throw new Violation("%s was due and has no batch".formatted(key));
            }
        }
        checkProgress(ticks, waiting.size());
        return decided.size();
    }

    private static void once(Map<Instant, String> decided, Instant tick, String how) {
        String before = decided.put(tick, how);
        if (before != null) {
            throw new Violation("%s is %s and %s".formatted(tick, before, how));
        }
    }

    private void checkDue(Ticks ticks, ScheduledJobEvent.TickDue tick) {
        if (ticks.dueAt(JOB, tick.tick()).isAfter(tick.at())) {
            throw new Violation("%s is due too early, at %s".formatted(tick.tick(), tick.at()));
        }
        boolean isLate =
                tick.tick().isBefore(tick.at().minus(ScheduleDecisions.GRACE).minusSeconds(jitterSeconds));
        if (isLate && catchUp == CatchUp.NONE) {
            throw new Violation("%s is made up for at %s".formatted(tick.tick(), tick.at()));
        }
    }

    private void checkSkipped(ScheduledJobEvent.TicksSkipped skipped) {
        boolean isLate = skipped.last()
                .isBefore(skipped.at().minus(ScheduleDecisions.GRACE).minusSeconds(jitterSeconds));
        if (overlap != Overlap.SKIP && (catchUp == CatchUp.ALL || !isLate)) {
            throw new Violation("%s is skipped without a reason".formatted(skipped));
        }
        if (skipped.last().isAfter(skipped.at())) {
            throw new Violation("%s is skipped before it has come".formatted(skipped));
        }
    }

    /// In the two calm days at the end, everything that was due was decided about, unless the queue is full.
    private void checkProgress(Ticks ticks, int waiting) {
        Optional<Instant> next = ticks.next(state.decided());
        if (next.isPresent()
                && ticks.dueAt(JOB, next.get()).isBefore(wall().minusSeconds(60))
                && waiting < ScheduleDecisions.MOST_WAITING) {
            throw new Violation("%s is overdue at %s, and nothing is decided; paused: %s, last: %s"
                    .formatted(next.get(), wall(), state.pause(), journal.subList(journal.size() - 3, journal.size())));
        }
        if (overlap == Overlap.ALLOW) {
            for (ScheduledJobState.Run run : state.openRuns()) {
                if (run.phase() == ScheduledJobState.RunPhase.WAITING
                        && run.dueAt().isBefore(wall().minus(Duration.ofHours(12)))) {
                    throw new Violation("%s waits forever".formatted(run.key()));
                }
            }
        }
    }
}
