package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.api.BatchDescription;
import io.nightshift.cli.ShellCommands;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.DisplayTexts;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.ProgressDisplay;
import io.nightshift.client.NightshiftException;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.Phase;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `batch watch`: follows a batch of a cluster to its end.
@Command(
        name = "watch",
        description =
                "Follows a batch until it is published, failed or cancelled. Ctrl-C stops watching, not the batch.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit status:%n",
        exitCodeList = {
            "0:It is published.",
            "1:It has failed or is cancelled.",
            "2:The command is wrong, or no node can be asked."
        })
final class BatchWatchCommand extends ClusterCommand {

    private static final Duration INTERVAL = Duration.ofMillis(500);

    @Mixin
    private final BatchParameter wanted = new BatchParameter();

    /// The reason that was printed last, so that none is printed twice.
    private @Nullable String waitsFor;

    /// The pause that was reported last.
    private BatchDescription.@Nullable Pause paused;

    @Override
    int run(ClusterAccess cluster) {
        BatchStatus status = latest(cluster, wanted.name(), null);
        while (status == null) {
            pause();
            status = latest(cluster, wanted.name(), null);
        }
        String batch = status.batch().value();
        ProgressDisplay progress = ProgressDisplay.of(!asJson(), err());
        progress.begin(status.batch(), false);
        while (!isSettled(status)) {
            progress.show(status);
            pause();
            status = Objects.requireNonNull(latest(cluster, batch, status));
        }
        progress.show(status);
        progress.end();
        tell(status);
        return exitStatus(status);
    }

    private static void pause() {
        LockSupport.parkNanos(INTERVAL.toNanos());
    }

    /// The status now. If no node answers, the watch continues with the last status, because the batch's node may
    /// just have been lost.
    ///
    /// @param before the last status
    private @Nullable BatchStatus latest(ClusterAccess cluster, String batch, @Nullable BatchStatus before) {
        try {
            BatchDescription description = cluster.describe(batch);
            waits(waitsFor(description));
            pauses(description.pause());
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
            err().println("Waiting: " + reason);
            err().flush();
        }
        waitsFor = reason;
    }

    private void pauses(BatchDescription.@Nullable Pause pause) {
        if (pause != null && !pause.equals(paused)) {
            err().println("Paused " + DisplayFormat.of(pause));
            err().println("Resume with: %s batch resume %s%s"
                    .formatted(ShellCommands.program(), wanted.name(), options()));
            err().flush();
        } else if (pause == null && paused != null) {
            err().println("Resumed.");
            err().flush();
        }
        paused = pause;
    }

    private static boolean isSettled(BatchStatus status) {
        return status.phase() == Phase.FAILED
                || (status.phase() != null && status.phase().isEnd());
    }

    private void tell(BatchStatus status) {
        if (asJson()) {
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
            JsonOutput.print(out(), json);
        } else if (status.phase() == Phase.PUBLISHED) {
            out().println("Published %,d predictions in %s, %,d rows quarantined."
                    .formatted(status.predictions(), status.destination(), status.quarantined()));
            if (status.read() == 0) {
                out().println(DisplayTexts.emptyBatch(status));
            }
        } else {
            String what = status.phase() == Phase.CANCELLED ? "was cancelled" : "failed";
            String reason =
                    status.failure() == null ? "" : ": " + status.failure().message();
            err().println("Batch %s %s%s".formatted(status.batch(), what, reason));
        }
    }
}
