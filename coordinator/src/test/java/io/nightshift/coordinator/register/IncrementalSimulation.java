package io.nightshift.coordinator.register;

import io.nightshift.coordinator.batch.ExampleBatch;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.NewTimes;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.job.TimeRanges;
import io.nightshift.protocol.register.BatchRegisterCommand;
import io.nightshift.protocol.register.BatchRegisterEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// The history of an incremental job in virtual time: rows that are written, changed and seen late, runs of
/// several days and backfills that are submitted in any order, `--new` and `--full`, batches that fail, are
/// resumed and cancelled, messages that are lost, and a register that crashes, loses events, and starts from
/// its events or from a snapshot. The register's decision logic is the real one. A seed decides everything.
///
/// The model is simple: of each row's present version, which no reader saw later than the job's lateness allows,
/// there is one published batch that scored it; if there are several, each but the first was started with `--full`.
final class IncrementalSimulation {

    /// The decision logic. Measuring a job's size would take nearly all of the time.
    static class Decisions extends RegisterDecisions {
        Decisions(RandomGenerator random) {
            super(random, RegisterSimulation.KEEP);
        }

        @Override
        Optional<String> refusal(Job job) {
            return Optional.empty();
        }
    }

    /// Creates the decision logic under test.
    @FunctionalInterface
    interface DecisionsFactory {
        Decisions create(RandomGenerator random);
    }

    /// The history broke the model.
    static final class Violation extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Violation(String message) {
            super(message);
        }
    }

    /// @param time in the row's column
    /// @param seen from when on readers see the row
    private record Version(Instant time, Instant seen) {}

    /// A batch with its own ledger, which no crash of the register touches.
    private static final class Batch {
        private final Submission submission;
        private final Instant openedAt;
        private Phase phase = Phase.SUBMITTED;
        /// The rows that the plan pinned, by their names.
        private @Nullable Map<String, Version> rows;

        Batch(Submission submission, Instant openedAt) {
            this.submission = submission;
            this.openedAt = openedAt;
        }
    }

    static final Duration LATENESS = Duration.ofMinutes(30);
    private static final int STEPS = 80;
    private static final int ROWS = 12;
    private static final ActorRef<BatchRegisterCommand.SubmitReply> CALLER =
            TestInbox.<BatchRegisterCommand.SubmitReply>create().getRef();

    private static final List<Submission> RUNS = List.of(
            submission(ExampleBatch.job()),
            submission(ExampleBatch.job("2026-11-25")),
            submission(ExampleBatch.job("2026-11-26")),
            submission(ExampleBatch.job("2026-11-27")));

    private final SplittableRandom random;
    private final DecisionsFactory factory;
    private final double lost;
    private final Map<String, Version> table = new LinkedHashMap<>();
    private final Map<BatchId, Batch> batches = new LinkedHashMap<>();
    /// The places of the batches in the order of submission.
    private final Map<BatchId, Integer> order = new HashMap<>();
    private final List<BatchRegisterEvent> events = new ArrayList<>();
    private final Deque<RegisterMessage> inbox = new ArrayDeque<>();
    private BatchRegisterState state = BatchRegisterState.EMPTY;
    private RegisterDecisions decisions;
    private Instant now = ExampleBatch.AT;

    /// How far the register's clock is behind. It jumps back and ahead.
    private Duration behind = Duration.ZERO;

    private boolean isQuiet;
    private boolean hasLost;

    private IncrementalSimulation(long seed, DecisionsFactory factory) {
        this.random = new SplittableRandom(seed);
        this.factory = factory;
        this.lost = random.nextDouble() * 0.2;
        this.decisions = factory.create(random);
    }

    private static Submission submission(Job job) {
        return ExampleBatch.submission(
                job.with(new NewTimes("updated_at", LATENESS, "UTC", false).with(NewTimes.TimeType.INSTANT)));
    }

    /// What happened in a history.
    ///
    /// @param published batches
    /// @param scored rows, each counted once for each batch
    record Outcome(int published, int scored) {}

    /// @throws Violation if the history breaks the model
    static Outcome run(long seed, DecisionsFactory factory) {
        IncrementalSimulation simulation = new IncrementalSimulation(seed, factory);
        simulation.live();
        return simulation.check();
    }

    private void live() {
        for (int step = 0; step < STEPS; step++) {
            now = now.plusMillis(random.nextLong(Duration.ofMinutes(12).toMillis()));
            if (random.nextInt(8) == 0) {
                behind = random.nextBoolean()
                        ? Duration.ZERO
                        : Duration.ofMillis(random.nextLong(Duration.ofHours(2).toMillis()));
            }
            switch (random.nextInt(10)) {
                case 0, 1, 2 -> write();
                case 3, 4 -> submit(random.nextDouble() < 0.2, random.nextDouble() < 0.05);
                case 5, 6, 7 -> work();
                case 8 -> crash();
                default -> tell(new RegisterMessage.CommandReceived(new BatchRegisterCommand.WakeOpenBatches(), 0));
            }
        }
        settle();
    }

    /// Writes a row or changes one. Most rows are seen soon, some late, and few later than the job allows.
    private void write() {
        long delay = switch (random.nextInt(10)) {
            case 0 -> LATENESS.toMillis() + 1 + random.nextLong(LATENESS.toMillis());
            case 1, 2, 3 -> random.nextLong(LATENESS.toMillis());
            default -> random.nextLong(1_000);
        };
        Instant time = now.minusMillis(random.nextBoolean() ? delay : delay / 2);
        // Some rows have the very same time.
        Instant rounded = random.nextInt(4) == 0 ? time.plusMillis(1) : time;
        table.put("row-" + random.nextInt(ROWS), new Version(rounded, now));
    }

    private void submit(boolean fresh, boolean full) {
        Submission run = RUNS.get(random.nextInt(RUNS.size()));
        Submission submitted = full ? run.with(run.job().full()) : run;
        tell(new RegisterMessage.CommandReceived(
                new BatchRegisterCommand.Submit(submitted, fresh || full, CALLER, null, null, null), 0));
    }

    /// One step of one batch.
    private void work() {
        List<BatchId> open = batches.keySet().stream()
                .filter(batch ->
                        !Objects.requireNonNull(batches.get(batch)).phase.isEnd())
                .toList();
        if (open.isEmpty()) {
            return;
        }
        BatchId id = open.get(random.nextInt(open.size()));
        Batch batch = Objects.requireNonNull(batches.get(id));
        switch (random.nextInt(6)) {
            case 0 -> batch.phase = Phase.FAILED;
            case 1 -> cancel(id);
            default -> advance(id, batch);
        }
    }

    private void advance(BatchId id, Batch batch) {
        if (batch.rows == null) {
            NewTimes.Pinned pinned = Objects.requireNonNull(batch.submission.pinned());
            Map<String, Version> read = new HashMap<>();
            table.forEach((name, version) -> {
                if (pinned.ranges().stream().anyMatch(range -> range.contains(version.time()))) {
                    read.put(name, version);
                }
            });
            batch.rows = read;
        } else if (batch.phase == Phase.SUBMITTED) {
            batch.phase = Phase.PUBLISHED;
            ended(id, Phase.PUBLISHED);
        }
    }

    private void ended(BatchId batch, Phase phase) {
        if (!isLost()) {
            tell(new RegisterMessage.CommandReceived(new BatchRegisterCommand.BatchEnded(batch, phase), 0));
        }
    }

    private ControlReply cancel(BatchId id) {
        Batch batch = batches.get(id);
        if (batch == null) {
            return new ControlReply.Refused(id, "it does not exist");
        }
        if (batch.phase == Phase.PUBLISHED) {
            return new ControlReply.Refused(id, "it is published");
        }
        batch.phase = Phase.CANCELLED;
        ended(id, Phase.CANCELLED);
        return new ControlReply.Done(id, Phase.CANCELLED);
    }

    private boolean isLost() {
        return !isQuiet && random.nextDouble() < lost;
    }

    // The register.

    private void tell(RegisterMessage message) {
        inbox.add(message);
        if (inbox.size() > 1) {
            return; // an outer call handles it
        }
        while (!inbox.isEmpty()) {
            RegisterMessage next = inbox.getFirst();
            RegisterDecision decision = decisions.decide(state, next, 0, now.minus(behind));
            events.addAll(decision.events());
            for (BatchRegisterEvent event : decision.events()) {
                state = state.apply(event);
                order.putIfAbsent(event.batch(), order.size());
            }
            List<RegisterAction> actions = new ArrayList<>(decision.actions());
            if (!decision.events().isEmpty()) {
                actions.addAll(decisions.archive(state));
            }
            for (RegisterAction action : actions) {
                if (!isLost() || action instanceof RegisterAction.WriteArchive) {
                    perform(action);
                }
            }
            inbox.removeFirst();
        }
    }

    private void perform(RegisterAction action) {
        switch (action) {
            case RegisterAction.TellBatch(BatchId batch, BatchCommand.Open(var submission, var history)) -> {
                Batch started = begun(batch, submission);
                if (started.phase == Phase.FAILED) {
                    started.phase = Phase.SUBMITTED;
                }
            }
            case RegisterAction.TellBatch(BatchId batch, BatchCommand.EnsureStarted(var submission, var history)) -> {
                Batch started = begun(batch, submission);
                if (started.phase.isEnd()) {
                    ended(batch, started.phase);
                }
            }
            case RegisterAction.AskStatus(BatchId batch) -> {
                Batch asked = batches.get(batch);
                inbox.add(new RegisterMessage.StatusReceived(status(batch, asked == null ? null : asked.phase)));
            }
            case RegisterAction.CancelBatch(BatchId batch, String reason, boolean isAwaited) -> {
                ControlReply reply = cancel(batch);
                if (isAwaited) {
                    inbox.add(new RegisterMessage.CancelAnswered(reply));
                }
            }
            case RegisterAction.AskArchive(BatchArchive.Question question) ->
                inbox.add(new RegisterMessage.ArchiveAnswered(
                        new BatchArchive.Answer(question, null, null, batches.containsKey(question.candidate()))));
            case RegisterAction.WriteArchive(BatchRegisterState.Archivable rows) ->
                inbox.add(new RegisterMessage.ArchiveWritten(rows, 0));
            case RegisterAction.Continue(var run) -> inbox.add(new RegisterMessage.NextSubmission(run));
            default -> {
                // Nobody waits for replies.
            }
        }
    }

    private Batch begun(BatchId id, Submission submission) {
        return batches.computeIfAbsent(id, first -> new Batch(submission, now));
    }

    private static BatchStatus status(BatchId batch, @Nullable Phase phase) {
        return BatchStatus.of(batch, phase, null);
    }

    /// The register starts again, with or without a snapshot. Without one, it may have lost an event, once.
    private void crash() {
        boolean hasSnapshot = random.nextBoolean();
        if (hasSnapshot) {
            state = BatchRegisterState.of(state.snapshot());
        } else {
            int unreadable = hasLost || events.isEmpty() || random.nextInt(3) > 0 ? -1 : random.nextInt(events.size());
            if (unreadable >= 0 && !(events.get(unreadable) instanceof BatchRegisterEvent.Archived)) {
                events.remove(unreadable);
                hasLost = true;
            }
            state = BatchRegisterState.EMPTY;
            events.forEach(event -> state = state.apply(event));
        }
        decisions = factory.create(random);
        List<LostBatch> missing = new ArrayList<>();
        batches.forEach((id, batch) -> {
            boolean isArchived = events.stream()
                    .anyMatch(event -> event instanceof BatchRegisterEvent.Archived archived
                            && archived.batches().contains(id));
            if (!state.batches().containsKey(id) && !isArchived) {
                missing.add(new LostBatch(
                        id, batch.openedAt, batch.submission, batch.phase.isEnd() ? batch.phase : null, false));
            }
        });
        tell(new RegisterMessage.LostBatchesFound(missing));
    }

    /// Every batch ends, and a last one reads what is left.
    private void settle() {
        isQuiet = true;
        behind = Duration.ZERO;
        now = now.plus(LATENESS).plusMillis(1);
        end();
        submit(false, false);
        end();
    }

    private void end() {
        for (int i = 0; i < 2; i++) {
            tell(new RegisterMessage.CommandReceived(new BatchRegisterCommand.WakeOpenBatches(), 0));
            for (BatchId id : List.copyOf(batches.keySet())) {
                Batch batch = Objects.requireNonNull(batches.get(id));
                if (!batch.phase.isEnd()) {
                    batch.phase = Phase.SUBMITTED;
                    advance(id, batch);
                    advance(id, batch);
                }
            }
        }
    }

    // The model.

    private Outcome check() {
        int scored = 0;
        for (Map.Entry<String, Version> row : table.entrySet()) {
            Version version = row.getValue();
            List<BatchId> by = batches.entrySet().stream()
                    .filter(batch -> batch.getValue().phase == Phase.PUBLISHED)
                    .filter(batch -> version.equals(
                            Objects.requireNonNull(batch.getValue().rows).get(row.getKey())))
                    .map(Map.Entry::getKey)
                    .sorted(Comparator.comparing(batch -> Objects.requireNonNull(order.get(batch))))
                    .toList();
            boolean isLate = version.seen().isAfter(version.time().plus(LATENESS));
            if (by.isEmpty() && !isLate) {
                throw new Violation("no batch has scored %s, %s".formatted(row.getKey(), version));
            }
            for (BatchId again : by.subList(Math.min(1, by.size()), by.size())) {
                if (!Objects.requireNonNull(Objects.requireNonNull(batches.get(again))
                                .submission
                                .job()
                                .incremental())
                        .full()) {
                    throw new Violation("%s has scored %s again, after %s".formatted(again, row, by));
                }
            }
            scored += by.size();
        }
        for (Map.Entry<String, TimeRanges> read : state.read().entrySet()) {
            TimeRanges published = TimeRanges.NONE;
            for (Batch batch : batches.values()) {
                if (batch.phase == Phase.PUBLISHED) {
                    published = published.plus(
                            Objects.requireNonNull(batch.submission.pinned()).ranges());
                }
            }
            if (!published.equals(read.getValue())) {
                throw new Violation("the register counts %s as read, the batches have read %s"
                        .formatted(read.getValue(), published));
            }
        }
        int published = (int) batches.values().stream()
                .filter(batch -> batch.phase == Phase.PUBLISHED)
                .count();
        return new Outcome(published, scored);
    }
}
