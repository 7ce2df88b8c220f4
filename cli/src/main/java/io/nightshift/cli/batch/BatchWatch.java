package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.api.BatchDescription;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.ShellCommands;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.DisplayTexts;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.ProgressDisplay;
import io.nightshift.client.NightshiftException;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.Phase;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Follows a batch of a cluster until it is published, failed or cancelled.
final class BatchWatch {

    private static final Duration INTERVAL = Duration.ofMillis(500);

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

    BatchWatch(ClusterAccess cluster, PrintWriter out, PrintWriter err, boolean asJson, String options) {
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
    int run(String wanted) {
        BatchStatus status = latest(wanted, null);
        while (status == null) {
            pause();
            status = latest(wanted, null);
        }
        String batch = status.batch().value();
        ProgressDisplay progress = ProgressDisplay.of(!asJson, err);
        progress.begin(status.batch(), false);
        while (!isSettled(status)) {
            progress.show(status);
            pause();
            status = Objects.requireNonNull(latest(batch, status));
        }
        progress.show(status);
        progress.end();
        tell(status);
        return ExitStatus.of(status);
    }

    private static void pause() {
        LockSupport.parkNanos(INTERVAL.toNanos());
    }

    /// The status now. If no node answers, the watch continues with the last status, because the batch's node may
    /// just have been lost.
    ///
    /// @param before the last status
    private @Nullable BatchStatus latest(String batch, @Nullable BatchStatus before) {
        try {
            BatchDescription description = cluster.describe(batch);
            waits(waitsFor(description));
            pauses(description);
            return ClusterAccess.status(description);
        } catch (NightshiftException e) {
            if (e.kind() != NightshiftException.Kind.UNAVAILABLE) {
                throw ClusterAccess.told(e);
            }
            waits(e.getMessage());
            return before;
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

    private static boolean isSettled(BatchStatus status) {
        return status.phase() == Phase.FAILED
                || (status.phase() != null && status.phase().isEnd());
    }

    private void tell(BatchStatus status) {
        if (asJson) {
            ObjectNode json = JsonOutput.object();
            json.put("batch", status.batch().value());
            json.put("state", String.valueOf(status.phase()));
            json.put("rows", status.read());
            json.put("predictions", status.predictions());
            json.put("quarantined", status.quarantined());
            json.put("partitions", status.partitions());
            json.put("destination", status.destination());
            json.put(
                    "reason", status.failure() == null ? null : status.failure().message());
            JsonOutput.print(out, json);
        } else if (status.phase() == Phase.PUBLISHED) {
            out.println("Published %,d predictions in %s, %,d rows quarantined."
                    .formatted(status.predictions(), status.destination(), status.quarantined()));
            if (status.read() == 0) {
                out.println(DisplayTexts.emptyBatch(status));
            }
        } else {
            String what = status.phase() == Phase.CANCELLED ? "was cancelled" : "failed";
            String reason =
                    status.failure() == null ? "" : ": " + status.failure().message();
            err.println("Batch %s %s%s".formatted(status.batch(), what, reason));
        }
    }
}
