package io.nightshift.cli.run;

import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.output.ProgressDisplay;
import io.nightshift.protocol.batch.BatchStatus;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/// Ctrl-C, or a polite kill: says what is kept and how to go on, and ends at once. Nothing has to
/// be saved, since every commit was durable before it was acknowledged.
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

    /// The batch has ended; an interruption has nothing more to say.
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
        out.println("Go on with: " + again);
        out.flush();
        Runtime.getRuntime().halt(ExitStatus.INTERRUPTED);
    }
}
