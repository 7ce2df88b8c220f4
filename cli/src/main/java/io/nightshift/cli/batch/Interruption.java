package io.nightshift.cli.batch;

import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.output.ProgressDisplay;
import java.io.PrintWriter;
import java.util.concurrent.locks.LockSupport;

/// Handles Ctrl-C and SIGTERM while a command waits for a batch: says what becomes of the batch, and ends the
/// process with [ExitStatus#INTERRUPTED].
final class Interruption {

    private final Thread hook;
    private volatile boolean hasEnded;

    private Interruption(Thread hook) {
        this.hook = hook;
    }

    /// Handles interruptions from now on.
    ///
    /// @param sentence says what becomes of the batch, and how to watch it
    static Interruption watch(ProgressDisplay progress, PrintWriter err, String sentence) {
        Thread hook = new Thread(
                () -> {
                    progress.end();
                    err.println();
                    err.println(sentence);
                    err.flush();
                    Runtime.getRuntime().halt(ExitStatus.INTERRUPTED);
                },
                "interruption");
        Runtime.getRuntime().addShutdownHook(hook);
        return new Interruption(hook);
    }

    /// Called when the wait has ended. If the shutdown has begun, this never returns: the hook ends the
    /// process. May be called twice.
    void end() {
        if (hasEnded) {
            return;
        }
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
            hasEnded = true;
        } catch (IllegalStateException e) {
            while (true) {
                LockSupport.park(this);
            }
        }
    }
}
