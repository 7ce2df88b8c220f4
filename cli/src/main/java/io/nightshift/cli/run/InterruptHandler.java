package io.nightshift.cli.run;

import io.nightshift.api.BatchDescription;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.output.ProgressDisplay;
import io.nightshift.protocol.batch.BatchId;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Handles Ctrl-C and SIGTERM: prints what is kept and how to resume, and ends the process. Nothing needs to
/// be saved, since every commit is durable before it is acknowledged.
final class InterruptHandler {

    private final Thread hook;
    private volatile @Nullable BatchId batch;
    private volatile @Nullable BatchDescription latest;
    private volatile boolean ended;

    private InterruptHandler(PrintWriter out, ProgressDisplay progress, String again) {
        hook = new Thread(() -> say(out, progress, again), "interruption");
    }

    /// Handles interruptions from now on, before there is a batch.
    static InterruptHandler watch(PrintWriter out, ProgressDisplay progress, String again) {
        InterruptHandler interruption = new InterruptHandler(out, progress, again);
        Runtime.getRuntime().addShutdownHook(interruption.hook);
        return interruption;
    }

    /// Called when the batch is in the ledger.
    void opened(BatchId opened) {
        batch = opened;
    }

    void latest(BatchDescription status) {
        latest = status;
    }

    /// Called when the command has ended: from now on an interruption prints nothing. If the shutdown has
    /// begun, this never returns: [#hook] prints, and ends the process. May be called twice.
    void end() {
        if (ended) {
            return;
        }
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
            ended = true;
        } catch (IllegalStateException e) {
            while (true) {
                LockSupport.park(this);
            }
        }
    }

    private void say(PrintWriter out, ProgressDisplay progress, String again) {
        progress.end();
        out.println();
        said(batch, latest, again).forEach(out::println);
        out.flush();
        Runtime.getRuntime().halt(ExitStatus.INTERRUPTED);
    }

    /// The sentences for a person.
    ///
    /// @param batch null if none was opened
    /// @param status of the batch, or null if it is not known
    static List<String> said(@Nullable BatchId batch, @Nullable BatchDescription status, String again) {
        if (batch == null) {
            return List.of("Interrupted before a batch was opened; nothing was scored.", "Start again with: " + again);
        }
        if (status == null || status.committed() == 0) {
            return List.of(
                    "Interrupted. Batch %s is open. None of its partitions is committed yet.%s"
                            .formatted(batch, inFlight(status)),
                    "Resume with: " + again);
        }
        return List.of(
                String.format(
                        Locale.ROOT,
                        "Interrupted. Batch %s keeps the %,d of its %,d partitions that are committed.%s",
                        batch,
                        status.committed(),
                        status.partitions(),
                        inFlight(status)),
                "Resume with: " + again);
    }

    private static String inFlight(@Nullable BatchDescription status) {
        return status == null || status.progress() == null || status.progress().inFlight() == 0
                ? ""
                : String.format(
                        Locale.ROOT,
                        " Partitions to score again: %,d.",
                        status.progress().inFlight());
    }
}
