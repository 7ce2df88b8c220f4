package io.nightshift.node;

import io.nightshift.api.AlertDescription;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.batch.BatchId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;

/// Waits for the alerts of a batch, for a process that ends with the batch: what is not sent by then waits
/// for the next process.
final class AlertSettlement {

    private static final Duration INTERVAL = Duration.ofMillis(100);

    private final Function<Function<ActorRef<AlertReply>, AlertCommand>, CompletionStage<AlertReply>> outbox;

    /// @param outbox asks the alert outbox
    AlertSettlement(Function<Function<ActorRef<AlertReply>, AlertCommand>, CompletionStage<AlertReply>> outbox) {
        this.outbox = outbox;
    }

    /// Waits until each message about the batch was sent once, or the time is over.
    ///
    /// @param isFailed whether the batch has failed, and so needs an open incident. If not, it needs none
    /// @return a sentence for each message that was not delivered
    List<String> await(BatchId batch, boolean isFailed, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        List<AlertDescription> alerts = alerts(batch);
        while (!isSettled(alerts, isFailed) && System.nanoTime() < deadline) {
            LockSupport.parkNanos(INTERVAL.toNanos());
            alerts = alerts(batch);
        }
        return alerts.stream()
                .flatMap(alert -> alert.deliveries().stream()
                        .filter(delivery -> delivery.state().equals("waiting"))
                        .map(delivery -> "the alert %s is not delivered to %s: %s"
                                .formatted(
                                        alert.cause(),
                                        delivery.channel(),
                                        delivery.failure() == null
                                                ? "there was no time to send it"
                                                : delivery.failure())))
                .toList();
    }

    private List<AlertDescription> alerts(BatchId batch) {
        try {
            AlertReply reply = outbox.apply(replyTo -> new AlertCommand.ListIncidents(false, 0, 100, replyTo))
                    .toCompletableFuture()
                    .join();
            return reply instanceof AlertReply.Listed listed
                    ? listed.page().alerts().stream()
                            .filter(alert -> alert.subject().equals(batch.value()))
                            .toList()
                    : List.of();
        } catch (CompletionException e) {
            return List.of();
        }
    }

    private static boolean isSettled(List<AlertDescription> alerts, boolean isFailed) {
        boolean isSent = alerts.stream()
                .flatMap(alert -> alert.deliveries().stream())
                .allMatch(delivery -> !delivery.state().equals("waiting") || delivery.failure() != null);
        boolean isExpected = isFailed
                ? alerts.stream().anyMatch(AlertDescription::isOpen)
                : alerts.stream().noneMatch(AlertDescription::isOpen);
        return isSent && isExpected;
    }
}
