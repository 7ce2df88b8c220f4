package io.nightshift.system.run;

import io.nightshift.cli.Main;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;

/// Commands that run in the process of the test, a few times faster than in one of their own. For tests of
/// what a command prints and writes. What depends on the process needs a process of its own: signals, kills,
/// locks, the log, the time of the start, the environment, and the working folder.
public final class InProcess {

    private InProcess() {}

    /// Runs a job and waits for its end.
    ///
    /// @param more arguments of `run` in addition to those of [FlightsJob#run]
    public static CommandResult run(FlightsJob job, String... more) {
        return run(job.run(more).toArray(String[]::new));
    }

    /// Runs a command and waits for its end.
    public static CommandResult run(String... arguments) {
        return CommandResult.of(Main.commandLine(arguments), arguments);
    }
}
