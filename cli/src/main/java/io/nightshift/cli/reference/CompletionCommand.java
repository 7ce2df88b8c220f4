package io.nightshift.cli.reference;

import io.nightshift.cli.ExitStatus;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `nightshift completion`: prints the script with which a shell completes the program's commands and
/// options.
@Command(
        name = "completion",
        description = "Prints the script with which a shell completes the commands and options of nightshift.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "bash: source <(nightshift completion bash)",
            "zsh:  nightshift completion zsh > \"$${fpath[1]}/_nightshift\"",
            "fish: nightshift completion fish | source"
        })
public final class CompletionCommand implements Callable<Integer> {

    @Parameters(
            paramLabel = "SHELL",
            converter = Completion.Converter.class,
            description = "The shell: bash, zsh or fish.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Completion shell;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().getOut().print(shell.script(spec.root().commandLine()));
        spec.commandLine().getOut().flush();
        return ExitStatus.DONE;
    }
}
