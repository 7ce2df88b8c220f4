package io.nightshift.node;

import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.alert.AlertSubject;
import io.nightshift.protocol.job.AlertCause;
import io.nightshift.worker.NodeFaults;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// Tells the alert outbox while faults of this node keep it from all work. Repeated as long as that lasts,
/// and until the outbox has acknowledged that it is over. Used by one thread at a time.
final class NodeFaultAlerts {

    private static final Duration REPEAT = Duration.ofSeconds(30);

    private final String node;
    private final NodeFaults faults;
    private final Function<Function<ActorRef<AlertReply>, AlertCommand>, CompletionStage<AlertReply>> outbox;
    private final InstantSource clock;

    /// When the outbox was told last; null if it has nothing to be told.
    private @Nullable Instant told;

    private boolean isOver;

    /// @param outbox asks the alert outbox, wherever it runs
    NodeFaultAlerts(
            String node,
            NodeFaults faults,
            Function<Function<ActorRef<AlertReply>, AlertCommand>, CompletionStage<AlertReply>> outbox,
            InstantSource clock) {
        this.node = node;
        this.faults = faults;
        this.outbox = outbox;
        this.clock = clock;
    }

    /// Called every few seconds. Never blocks.
    synchronized void report() {
        List<NodeFaults.Fault> ofAllWork =
                faults.all().stream().filter(NodeFaults.Fault::isOfAllWork).toList();
        Instant now = clock.instant();
        if (ofAllWork.isEmpty()) {
            resolve(now);
            return;
        }
        if (told != null && !isOver && told.plus(REPEAT).isAfter(now)) {
            return;
        }
        told = now;
        isOver = false;
        Instant since = ofAllWork.stream()
                .map(NodeFaults.Fault::since)
                .min(Instant::compareTo)
                .orElse(now);
        String summary = "Node %s gets no work: %s"
                .formatted(
                        node,
                        ofAllWork.stream()
                                .map(NodeFaults.Fault::reason)
                                .distinct()
                                .collect(Collectors.joining("; ")));
        var _ = outbox.apply(replyTo -> new AlertCommand.Raise(
                AlertSubject.node(node),
                AlertCause.NODE_EXCLUDED,
                since.toEpochMilli(),
                null,
                summary,
                List.of(),
                replyTo));
    }

    private void resolve(Instant now) {
        if (told == null || (isOver && told.plus(REPEAT).isAfter(now))) {
            return;
        }
        told = now;
        isOver = true;
        var _ = outbox.apply(replyTo -> new AlertCommand.Resolve(
                        AlertSubject.node(node),
                        AlertCause.NODE_EXCLUDED,
                        now.toEpochMilli(),
                        "The node gets work again.",
                        replyTo))
                .thenAccept(recorded -> resolved());
    }

    private synchronized void resolved() {
        if (isOver) {
            told = null;
        }
    }
}
