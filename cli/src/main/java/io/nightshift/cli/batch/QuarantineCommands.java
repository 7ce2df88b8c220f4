package io.nightshift.cli.batch;

import io.nightshift.cli.ExitStatus;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `nightshift quarantine`: shows the rows that could not be scored, of a batch in any phase.
@Command(
        name = "quarantine",
        description = "Shows the quarantined rows of a batch: which rows could not be scored, and why.",
        subcommands = {QuarantineListCommand.class, QuarantineShowCommand.class},
        mixinStandardHelpOptions = true)
public final class QuarantineCommands implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        if (spec != null) {
            spec.commandLine().usage(spec.commandLine().getErr());
        }
        return ExitStatus.NOTHING_STARTED;
    }
}
