package io.nightshift.cli.run;

import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.output.ProgressDisplay;
import io.nightshift.protocol.batch.BatchStatus;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/// Handles Ctrl-C and SIGTERM: prints what is kept and how to resume, and ends the process. Nothing needs to
/// be saved, since every commit is durable before it is acknowledged.
final class InterruptHandler {

    private final Thread hook;
    private volatile @Nullable BatchStatus latest;

    private InterruptHandler(PrintWriter out, ProgressDisplay progress, String again) {
        hook = new Thread(() -> say(out, progress, again), "interruption");
    }

    static InterruptHandler watch(PrintWriter out, ProgressDisplay progress, String again) {
        InterruptHandler interruption = new InterruptHandler(out, progress, again);
        Runtime.getRuntime().addShutdownHook(interruption.hook);
        return interruption;
    }

    void latest(BatchStatus status) {
        latest = status;
    }

    /// Called when the batch has ended: from now on an interruption prints nothing.
    void end() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The shutdown has begun: the hook ends the process.
        }
    }

    private void say(PrintWriter out, ProgressDisplay progress, String again) {
        progress.end();
        BatchStatus status = latest;
        out.println();
        if (status == null || status.partitions() == 0) {
            out.println("Interrupted before anything was scored.");
        } else {
            out.println("Interrupted. %,d of %,d partitions of %s are committed and kept; %d in flight are not."
                    .formatted(status.committed(), status.partitions(), status.batch(), status.inFlight()));
        }
        out.println("Resume with: " + again);
        out.flush();
        Runtime.getRuntime().halt(ExitStatus.INTERRUPTED);
    }
}
