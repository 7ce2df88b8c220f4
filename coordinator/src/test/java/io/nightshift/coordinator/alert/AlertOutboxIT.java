package io.nightshift.coordinator.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.coordinator.TestActorSystem;
import io.nightshift.coordinator.ledger.LedgerCheck;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertEvent;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.alert.AlertStep;
import io.nightshift.protocol.alert.AlertSubject;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.AlertCause;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The outbox on a real journal. The test plays the receivers.
final class AlertOutboxIT {

    private static final Duration SOON = Duration.ofMinutes(2);
    private static final BatchId BATCH = new BatchId("churn-1");
    private static final AlertSubject SUBJECT = AlertSubject.of(BATCH);

    private static final AlertSettings SETTINGS = new AlertSettings(
            List.of(),
            Duration.ofMinutes(30),
            Duration.ofHours(24),
            Duration.ofMillis(200),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Duration.ofMinutes(15));

    private record Sending(AlertNotification notification, CompletableFuture<AlertSender.Outcome> result) {}

    @TempDir
    private Path home;

    private TestActorSystem node;
    private ActorRef<AlertCommand> outbox;
    private TestProbe<AlertReply> owner;
    private final Queue<Sending> sent = new ConcurrentLinkedQueue<>();
    private final Map<BatchId, BatchCommand> asked = new ConcurrentHashMap<>();

    @BeforeEach
    void open() {
        node = new TestActorSystem(home);
        owner = node.kit().createTestProbe(AlertReply.class);
        outbox = start();
    }

    @AfterEach
    void close() {
        node.close();
    }

    private ActorRef<AlertCommand> start() {
        return node.kit()
                .spawn(AlertOutbox.create(SETTINGS, this::send, asked::put, Clock.systemUTC(), AlertObserver.NONE));
    }

    private CompletableFuture<AlertSender.Outcome> send(AlertNotification notification) {
        Sending sending = new Sending(notification, new CompletableFuture<>());
        sent.add(sending);
        return sending.result();
    }

    private Sending awaitSending() {
        await().atMost(SOON).until(() -> !sent.isEmpty());
        return sent.remove();
    }

    private void raise(long version) {
        outbox.tell(new AlertCommand.Raise(
                SUBJECT, AlertCause.FAILED, version, "churn", "It failed.", List.of("ops"), owner.ref()));
        assertThat(owner.receiveMessage(SOON)).isEqualTo(new AlertReply.Recorded(SUBJECT, AlertCause.FAILED, version));
    }

    @Test
    void aCrashAfterSendingSendsAgainWithTheSameKey() {
        raise(7);
        Sending first = awaitSending();

        node.kit().stop(outbox);
        assertThat(first.result()).isCancelled();
        outbox = start();
        Sending second = awaitSending();
        second.result().complete(AlertSender.Outcome.delivered("200"));
        outbox.tell(new AlertCommand.Resolve(SUBJECT, AlertCause.FAILED, 9, "It is published.", owner.ref()));
        Sending end = awaitSending();
        end.result().complete(AlertSender.Outcome.delivered("200"));

        assertThat(second.notification().key()).isEqualTo(first.notification().key());
        assertThat(second.notification().attempt()).isEqualTo(2);
        assertThat(end.notification().step()).isEqualTo(AlertStep.RESOLVED);
        await().atMost(SOON).until(() -> node.ledger().alerts().live().isEmpty());
        assertThat(node.ledger().alerts().ended())
                .singleElement()
                .satisfies(incident -> assertThat(incident.key())
                        .isEqualTo(first.notification().key()));
    }

    @Test
    void aFailedAttemptIsRepeatedUntilTheReceiverAccepts() {
        raise(7);
        awaitSending().result().complete(AlertSender.Outcome.failed("the receiver answered with status 503"));
        awaitSending().result().completeExceptionally(new IllegalStateException("a mistake"));
        Sending third = awaitSending();
        third.result().complete(AlertSender.Outcome.delivered("200"));

        assertThat(third.notification().attempt()).isEqualTo(3);
        await().atMost(SOON)
                .until(() -> node.ledger().alerts().live().values().stream().allMatch(AlertOutboxIT::isDelivered));
        await().atMost(SOON).until(() -> asked.get(BATCH) instanceof BatchCommand.ReportAlerts);
    }

    private static boolean isDelivered(AlertState.Incident incident) {
        AlertState.Delivery delivery = incident.deliveries().get("ops");
        return delivery != null && delivery.stage() == AlertState.Stage.DELIVERED;
    }

    @Test
    void theCheckOfTheLedgerAcceptsAlerts() {
        raise(7);
        awaitSending().result().complete(AlertSender.Outcome.delivered("200"));
        await().atMost(SOON)
                .until(() -> node.ledger().alerts().live().values().stream().anyMatch(AlertOutboxIT::isDelivered));

        assertThat(LedgerCheck.of(node.ledger()).findings()).isEmpty();
    }

    @Test
    void theStateOfAnOutboxStaysSmallAfterManyIncidents() {
        // Some three years with forty incidents a day, each delivered to one channel at the first attempt.
        AlertState state = AlertState.EMPTY;
        Instant at = Instant.parse("2026-01-01T00:00:00Z");
        long begin = System.nanoTime();
        for (long i = 1; i <= 40_000; i++) {
            for (AlertEvent event : List.of(
                    new AlertEvent.Raised(
                            at, i, "key-" + i, SUBJECT, AlertCause.FAILED, i, "churn", "It failed.", List.of("ops")),
                    new AlertEvent.SendStarted(at, i, "ops", AlertStep.RAISED, 1, null),
                    new AlertEvent.Delivered(at, i, "ops", AlertStep.RAISED),
                    new AlertEvent.Resolved(at, i, i, "It is published."),
                    new AlertEvent.SendStarted(at, i, "ops", AlertStep.RESOLVED, 1, null),
                    new AlertEvent.Delivered(at, i, "ops", AlertStep.RESOLVED))) {
                state = state.apply(event);
            }
        }
        Duration taken = Duration.ofNanos(System.nanoTime() - begin);

        System.out.printf(Locale.ROOT, "the fold of 240,000 events took %d ms%n", taken.toMillis());
        assertThat(state.live()).isEmpty();
        assertThat(state.ended()).hasSize(AlertState.KEPT);
    }
}
