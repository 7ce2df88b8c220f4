package io.nightshift.coordinator.alert;

import io.nightshift.coordinator.ledger.LedgerSerializer;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertEvent;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.alert.AlertStep;
import io.nightshift.protocol.alert.AlertSubject;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.AlertCause;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// A simulation of the outbox: batches that fail, are retried and published; messages that are lost, doubled
/// and delayed; receivers that fail and hang; writes to the journal that fail, with and without effect; and
/// crashes at any point. The order of everything follows from a seed.
///
/// What the batches and receivers see is compared with the promises:
///
/// - exactly one incident for each batch that has failed, with one key, in all channels;
/// - each channel has received it at least once, unless the batch never failed;
/// - a channel has received the end of it, and nothing of the incident after that;
/// - nothing stays open when every batch is published.
final class AlertSimulation {

    /// A promise that does not hold.
    static final class Violation extends RuntimeException {
        private static final long serialVersionUID = 1;

        Violation(long seed, String problem) {
            super("seed %d: %s".formatted(seed, problem));
        }
    }

    private static final Instant START = Instant.parse("2026-11-27T00:00:00Z");
    private static final List<String> CHANNELS = List.of("ops", "chat");

    /// The time in which the world is unfriendly. After it, everything works, so that everything can settle.
    private static final Duration STORM = Duration.ofHours(2);

    private static final Duration END = Duration.ofHours(5);

    static final AlertSettings SETTINGS = new AlertSettings(
            List.of(),
            Duration.ofMinutes(30),
            Duration.ofHours(24),
            Duration.ofSeconds(5),
            Duration.ofMinutes(5),
            Duration.ofMinutes(1),
            Duration.ofMinutes(15));

    /// What happens at a time. The number keeps the order of what happens at the same time.
    private record Step(Instant at, long number, Runnable action) implements Comparable<Step> {
        @Override
        public int compareTo(Step other) {
            int byTime = at.compareTo(other.at);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }

    /// What a receiver got.
    private record Received(String key, AlertStep step) {}

    private final long seed;
    private final SplittableRandom random;
    private final Function<AlertSettings, AlertDecisions> factory;
    private final ActorRef<AlertReply> nobody;
    private final PriorityQueue<Step> steps = new PriorityQueue<>();
    private final List<AlertEvent> journal = new ArrayList<>();
    private final Map<BatchId, SimulatedBatch> batches = new LinkedHashMap<>();
    private final Map<String, List<Received>> received = new HashMap<>();
    private Instant now = START;
    private long scheduled;

    private Outbox outbox;

    private AlertSimulation(long seed, Function<AlertSettings, AlertDecisions> factory, ActorRef<AlertReply> nobody) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
        this.factory = factory;
        this.nobody = nobody;
        this.outbox = new Outbox();
    }

    /// @param nobody the address in all commands
    /// @throws Violation if a promise does not hold
    static void run(long seed, Function<AlertSettings, AlertDecisions> factory, ActorRef<AlertReply> nobody) {
        new AlertSimulation(seed, factory, nobody).run();
    }

    private boolean isStorm() {
        return now.isBefore(START.plus(STORM));
    }

    private boolean happens(double probability) {
        return isStorm() && random.nextDouble() < probability;
    }

    private void after(Duration delay, Runnable action) {
        steps.add(new Step(now.plus(delay), scheduled++, action));
    }

    private Duration upTo(int seconds) {
        return Duration.ofMillis(random.nextInt(seconds * 1_000) + 1);
    }

    private void run() {
        CHANNELS.forEach(channel -> received.put(channel, new ArrayList<>()));
        int count = 1 + random.nextInt(4);
        for (int i = 0; i < count; i++) {
            BatchId id = new BatchId("churn-20261127t00000%d-3f9a".formatted(i));
            SimulatedBatch batch = new SimulatedBatch(id);
            batches.put(id, batch);
            after(upTo(600), batch::live);
        }
        after(Duration.ofSeconds(1), this::tick);
        after(upTo(900), this::crash);
        while (!steps.isEmpty() && steps.peek().at().isBefore(START.plus(END))) {
            Step step = steps.remove();
            now = step.at();
            step.action().run();
        }
        batches.values().forEach(this::check);
        for (AlertState.Incident incident : outbox.state.live().values()) {
            throw new Violation(seed, "incident %s is not over".formatted(incident));
        }
    }

    // A batch: repeats what follows from its state until it is acknowledged, and answers when asked.

    private final class SimulatedBatch {

        /// Long enough for a message to arrive in spite of everything.
        private static final Duration ENOUGH = Duration.ofMinutes(20);

        private final BatchId id;
        private Instant failedAt = START;
        private long version = 1;
        private boolean isFailed;
        private boolean isPublished;
        private boolean hasFailed;
        private boolean isKnown;
        private long acknowledged;

        SimulatedBatch(BatchId id) {
            this.id = id;
        }

        /// Fails, is retried and may fail again; at last it is published.
        private void live() {
            if (isPublished) {
                return;
            }
            version++;
            if (isFailed) {
                if (failedAt.plus(ENOUGH).isBefore(now) && !isRaised(prefix())) {
                    throw new Violation(seed, "the alert of %s is lost".formatted(id));
                }
                isFailed = false;
                after(upTo(1_200), this::live);
            } else if (random.nextInt(3) == 0 || !isStorm()) {
                isPublished = true;
                report(false);
            } else {
                isFailed = true;
                failedAt = now;
                hasFailed = true;
                isKnown = true;
                report(false);
                repeat();
                after(upTo(1_800), this::live);
            }
        }

        /// A crash of the batch's coordinator.
        private void crash() {
            isKnown = false;
            acknowledged = 0;
            if (isFailed) {
                isKnown = true;
                after(upTo(20), () -> {
                    report(false);
                    repeat();
                });
            }
        }

        private void repeat() {
            long about = version;
            after(Duration.ofSeconds(10), () -> {
                if (version == about && acknowledged < about && isFailed) {
                    report(false);
                    repeat();
                }
            });
        }

        private void report(boolean isAsked) {
            AlertSubject subject = AlertSubject.of(id);
            if (isFailed) {
                deliver(new AlertCommand.Raise(
                        subject, AlertCause.FAILED, version, "churn", "it failed", CHANNELS, nobody));
            } else if (isPublished && (isKnown || isAsked)) {
                deliver(new AlertCommand.Resolve(subject, AlertCause.FAILED, version, "it is published", nobody));
            }
        }

        private void answered(AlertReply.Recorded recorded) {
            acknowledged = Math.max(acknowledged, recorded.version());
        }

        private String prefix() {
            return "batch/" + id + "/failed/";
        }
    }

    /// A message to the outbox may be lost, doubled and late.
    private void deliver(AlertCommand command) {
        int copies = happens(0.2) ? 0 : happens(0.2) ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            Duration delay = happens(0.1) ? upTo(1_800) : upTo(1);
            after(delay, () -> receive(new AlertMessage.CommandReceived(command)));
        }
    }

    // The outbox.

    /// An outbox on a node. After a crash that only looked like one, the old outbox goes on until it writes.
    private final class Outbox {

        private final AlertDecisions decisions = factory.apply(SETTINGS);
        private AlertState state = AlertState.EMPTY;

        /// How many events this outbox knows. The journal refuses a write after events that it does not know.
        private int known;

        private boolean isAlive = true;

        Outbox() {
            int snapshot = journal.size() / 2;
            for (AlertEvent event : journal.subList(0, snapshot)) {
                apply(event);
            }
            state = stored(state);
            for (AlertEvent event : journal.subList(snapshot, journal.size())) {
                apply(event);
            }
        }

        /// A snapshot, written and read.
        private static AlertState stored(AlertState snapshot) {
            LedgerSerializer serializer = new LedgerSerializer();
            return (AlertState) serializer.fromBinary(serializer.toBinary(snapshot), serializer.manifest(snapshot));
        }

        private void apply(AlertEvent event) {
            state = state.apply(event);
            known++;
        }

        private void end() {
            isAlive = false;
            if (outbox == this) {
                outbox = new Outbox();
            }
        }

        private void receive(AlertMessage message) {
            if (!isAlive) {
                return;
            }
            AlertDecision decision = decisions.decide(state, message, now);
            if (!decision.events().isEmpty()) {
                boolean fails = happens(0.05);
                if (known != journal.size() || (fails && random.nextBoolean())) {
                    end();
                    return;
                }
                journal.addAll(decision.events());
                if (fails || happens(0.03)) {
                    end();
                    return;
                }
                decision.events().forEach(this::apply);
                after(Duration.ofMillis(1), () -> receive(new AlertMessage.Continue()));
            }
            decision.actions().forEach(action -> perform(action, this));
        }
    }

    private void receive(AlertMessage message) {
        outbox.receive(message);
    }

    private void tick() {
        receive(new AlertMessage.Continue());
        after(Duration.ofSeconds(outbox.state.live().isEmpty() ? 20 : 2), this::tick);
    }

    private void crash() {
        Outbox old = outbox;
        if (random.nextBoolean()) {
            outbox = new Outbox();
            after(upTo(7_200), () -> old.receive(new AlertMessage.Continue()));
        } else {
            old.end();
        }
        if (random.nextBoolean()) {
            batches.values().forEach(SimulatedBatch::crash);
        }
        if (isStorm()) {
            after(upTo(900), this::crash);
        }
    }

    private void perform(AlertDecision.Action action, Outbox by) {
        switch (action) {
            case AlertDecision.Reply reply -> {
                if (reply.reply() instanceof AlertReply.Recorded recorded && !happens(0.1)) {
                    SimulatedBatch batch = Objects.requireNonNull(
                            batches.get(new BatchId(recorded.subject().name())));
                    after(upTo(1), () -> batch.answered(recorded));
                }
            }
            case AlertDecision.Send send -> send(send, by);
            case AlertDecision.AskBatch(BatchId id) -> {
                SimulatedBatch batch = Objects.requireNonNull(batches.get(id));
                if (!happens(0.1)) {
                    after(upTo(1), () -> batch.report(true));
                }
            }
            case AlertDecision.LogFailure failure -> {}
        }
    }

    /// The receiver may get the message and not answer, or answer with an error. An attempt ends within ten
    /// seconds; it is cancelled if the outbox ends, unless the receiver has it already.
    private void send(AlertDecision.Send send, Outbox by) {
        AlertNotification notification = send.notification();
        boolean arrives = !happens(0.3);
        boolean isAcknowledged = arrives && !happens(0.3);
        Duration arrival = upTo(4);
        if (arrives) {
            after(arrival, () -> {
                if (by.isAlive) {
                    Objects.requireNonNull(received.get(notification.channel()))
                            .add(new Received(notification.key(), notification.step()));
                }
            });
        }
        AlertSender.Outcome outcome = isAcknowledged
                ? AlertSender.Outcome.delivered("200 ok")
                : AlertSender.Outcome.failed("the receiver answered with status 500");
        after(
                arrival.plus(upTo(5)),
                () -> by.receive(new AlertMessage.SendEnded(
                        send.incident(),
                        notification.channel(),
                        notification.step(),
                        notification.attempt(),
                        outcome)));
    }

    // The promises.

    private void check(SimulatedBatch batch) {
        String prefix = batch.prefix();
        Set<String> keys = new LinkedHashSet<>();
        for (String channel : CHANNELS) {
            @Nullable AlertStep last = null;
            for (Received message : Objects.requireNonNull(received.get(channel))) {
                if (!message.key().startsWith(prefix)) {
                    continue;
                }
                keys.add(message.key());
                if (last == AlertStep.RESOLVED && message.step() == AlertStep.RAISED) {
                    throw new Violation(seed, "%s got %s after its end".formatted(channel, message));
                }
                if (last == null && message.step() == AlertStep.RESOLVED) {
                    throw new Violation(seed, "%s got %s before its beginning".formatted(channel, message));
                }
                last = message.step();
            }
            boolean wasTold = last != null;
            if (wasTold && !batch.hasFailed) {
                throw new Violation(seed, "%s was told of %s, which did not fail".formatted(channel, batch.id));
            }
            if (wasTold && last != AlertStep.RESOLVED) {
                throw new Violation(seed, "%s was not told of the end of %s".formatted(channel, batch.id));
            }
            if (!wasTold && batch.hasFailed && isRaised(prefix)) {
                throw new Violation(seed, "%s was not told of %s".formatted(channel, batch.id));
            }
        }
        if (keys.size() > 1) {
            throw new Violation(seed, "%s has several incidents: %s".formatted(batch.id, keys));
        }
    }

    private boolean isRaised(String prefix) {
        return journal.stream()
                .anyMatch(event -> event instanceof AlertEvent.Raised raised
                        && raised.key().startsWith(prefix));
    }
}
