package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.api.ApiJson;
import io.nightshift.api.BatchDescription;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.ShellCommands;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.CheckText;
import io.nightshift.cli.output.DisplayTexts;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.ProgressDisplay;
import io.nightshift.cli.output.UseText;
import io.nightshift.client.NightshiftException;
import io.nightshift.protocol.batch.BatchId;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Follows a batch until it is published, failed or cancelled. Nodes may be restarted meanwhile. If the node
/// ends with the command, the watch also ends when the batch is held or paused, because nobody could approve
/// or resume it.
public final class BatchWatch {

    private static final Duration INTERVAL = Duration.ofMillis(500);

    /// How long the watch continues without an answer.
    private static final Duration PATIENCE = Duration.ofMinutes(15);

    /// How long a failed batch may take to be resumed. One whose quarantined rows are too many stays failed.
    private static final Duration RESUMPTION = Duration.ofSeconds(10);

    private final ClusterAccess cluster;
    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean asJson;

    /// The options that make another command ask the same cluster.
    private final String options;

    /// The reason that was printed last, so that none is printed twice.
    private @Nullable String waitsFor;

    /// The pause that was reported last.
    private BatchDescription.@Nullable Pause paused;

    /// Whether the batch was held when it was seen last.
    private boolean held;

    /// When a node answered last, by [System#nanoTime]; null if none did.
    private @Nullable Long answeredAt;

    /// @param options the options that make another command ask the same cluster
    public BatchWatch(ClusterAccess cluster, PrintWriter out, PrintWriter err, boolean asJson, String options) {
        this.cluster = cluster;
        this.out = out;
        this.err = err;
        this.asJson = asJson;
        this.options = options;
    }

    /// Watches a batch, prints its progress to standard error and its end to standard output.
    ///
    /// @param wanted an ID, the beginning of an ID, or `latest`
    /// @return the exit status
    public int run(String wanted) {
        return follow(wanted, false, 0);
    }

    /// Watches a batch that was submitted just now, and whose submission a node has answered.
    ///
    /// @param isResumed whether the submission resumes the batch. If it had failed, it may still be failed
    ///     for a moment
    /// @param entries number of ledger entries before; 0 if it is not known
    /// @return the exit status
    int runSubmitted(String batch, boolean isResumed, long entries) {
        answeredAt = System.nanoTime();
        return follow(batch, isResumed, entries);
    }

    private int follow(String wanted, boolean isResumed, long entries) {
        ProgressDisplay progress = ProgressDisplay.of(!asJson, err);
        Interruption interruption = Interruption.watch(
                progress, err, cluster.endsWithCommand() ? interrupted(wanted) : stoppedWaiting(wanted));
        try {
            BatchDescription status = first(wanted, isResumed, entries);
            String batch = status.batch();
            progress.begin(new BatchId(batch), false);
            while (!status.isSettled() && !waitsForUser(status)) {
                progress.show(status);
                pause();
                status = Objects.requireNonNull(latest(batch, status));
            }
            progress.show(status);
            List<String> unsent = cluster.settle(status);
            interruption.end();
            progress.end();
            tell(status);
            unsent.forEach(message -> err.println("nightshift: " + message));
            return ExitStatus.of(status);
        } catch (NoAnswerException e) {
            interruption.end();
            progress.end();
            err.println(
                    "nightshift: no node has answered for %d minutes: %s. The batch may continue. Watch it: %s batch watch %s%s"
                            .formatted(PATIENCE.toMinutes(), e.getMessage(), ShellCommands.program(), wanted, options));
            return ExitStatus.RETRY;
        } finally {
            interruption.end();
        }
    }

    /// Whether the batch continues only if somebody approves or resumes it, and nobody can while this command
    /// runs.
    private boolean waitsForUser(BatchDescription status) {
        return cluster.endsWithCommand()
                && (status.state().equals("held") || status.state().equals("paused"));
    }

    private String stoppedWaiting(String batch) {
        return "Stopped waiting. The batch continues. Watch it: %s batch watch %s%s"
                .formatted(ShellCommands.program(), batch, options);
    }

    private String interrupted(String batch) {
        return "Interrupted. The committed partitions of the batch are kept. Continue with: %s batch watch %s%s"
                .formatted(ShellCommands.program(), batch, options);
    }

    /// The first status. That of a failed batch that is being resumed doesn't count.
    private BatchDescription first(String wanted, boolean isResumed, long entries) {
        long start = System.nanoTime();
        long known = entries;
        while (true) {
            BatchDescription status = latest(wanted, null);
            boolean mayStillBeResumed = isResumed && System.nanoTime() - start < RESUMPTION.toNanos();
            if (status != null && known == 0) {
                known = status.ledger().entries();
            }
            if (status != null
                    && !(mayStillBeResumed
                            && status.state().equals("failed")
                            && status.ledger().entries() <= known)) {
                return status;
            }
            pause();
        }
    }

    private static void pause() {
        LockSupport.parkNanos(INTERVAL.toNanos());
    }

    /// The status now. If no node answers, the watch continues with the last status, because the batch's node
    /// may just have been lost, and may be started again.
    ///
    /// @param before the last status
    /// @throws NoAnswerException if no node has answered for too long
    private @Nullable BatchDescription latest(String batch, @Nullable BatchDescription before) {
        try {
            BatchDescription description = cluster.describe(batch);
            answeredAt = System.nanoTime();
            waits(waitsFor(description));
            pauses(description);
            holds(description);
            return description;
        } catch (NightshiftException e) {
            Long answered = answeredAt;
            boolean mayAnswerAgain = answered == null
                    ? e.kind() == NightshiftException.Kind.UNAVAILABLE
                    : e.kind().isTransient();
            if (!mayAnswerAgain) {
                throw ClusterAccess.told(e);
            }
            if (answered != null && System.nanoTime() - answered > PATIENCE.toNanos()) {
                throw new NoAnswerException(e);
            }
            waits(e.getMessage());
            return before;
        }
    }

    /// No node has answered for too long.
    private static final class NoAnswerException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        NoAnswerException(NightshiftException last) {
            super(last.getMessage(), last);
        }
    }

    private static @Nullable String waitsFor(BatchDescription batch) {
        return batch.waitsFor() == null && batch.outage() != null ? DisplayFormat.of(batch.outage()) : batch.waitsFor();
    }

    private void waits(@Nullable String reason) {
        if (reason != null && !reason.equals(waitsFor)) {
            err.println("Waiting: " + reason);
            err.flush();
        }
        waitsFor = reason;
    }

    private void pauses(BatchDescription description) {
        BatchDescription.Pause pause = description.pause();
        if (pause != null && !pause.equals(paused)) {
            err.println("Paused " + DisplayFormat.of(pause));
            err.println("Resume with: %s batch resume %s%s"
                    .formatted(ShellCommands.program(), description.batch(), options));
            err.flush();
        } else if (pause == null && paused != null) {
            err.println("Resumed.");
            err.flush();
        }
        paused = pause;
    }

    private void holds(BatchDescription description) {
        boolean isHeld = description.state().equals("held");
        if (isHeld && !held) {
            err.println("Held: " + CheckText.holding(description.checks()));
            err.println("Approve with: %s batch approve %s%s"
                    .formatted(ShellCommands.program(), description.batch(), options));
            err.flush();
        }
        held = isHeld;
    }

    private void tell(BatchDescription status) {
        if (asJson) {
            ObjectNode json = JsonOutput.object();
            json.put("batch", status.batch());
            json.put("state", status.state());
            json.put("rows", status.read());
            json.put("predictions", status.predictions());
            json.put("quarantined", status.quarantined());
            json.put("partitions", status.partitions());
            json.put("destination", status.destination());
            if (!status.otherDestinations().isEmpty()) {
                status.otherDestinations().forEach(json.putArray("other_destinations")::add);
            }
            json.put("reason", status.reason());
            if (status.use() != null) {
                json.set("use", ApiJson.tree(status.use()));
            }
            JsonOutput.print(out, json);
        } else if (status.state().equals("published")) {
            out.println("Published %,d predictions in %s, %,d rows quarantined."
                    .formatted(status.predictions(), status.places(), status.quarantined()));
            if (status.read() == 0) {
                out.println(DisplayTexts.emptyBatch(status));
            }
            UseText.lines(status.use()).forEach((title, text) -> out.println("  %-12s %s".formatted(title, text)));
        } else if (status.isSettled()) {
            err.println(DisplayTexts.stopped(status));
        }
    }
}
