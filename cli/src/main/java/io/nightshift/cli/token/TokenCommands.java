package io.nightshift.cli.token;

import io.nightshift.cli.ExitStatus;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `nightshift token`.
@Command(
        name = "token",
        description = "Creates tokens, with which programs call a cluster by HTTP.",
        subcommands = TokenCreateCommand.class,
        mixinStandardHelpOptions = true)
public final class TokenCommands implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        CommandSpec command = Objects.requireNonNull(spec);
        command.commandLine().usage(command.commandLine().getErr());
        return ExitStatus.NOTHING_STARTED;
    }
}
