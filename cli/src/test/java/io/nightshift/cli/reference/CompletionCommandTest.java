package io.nightshift.cli.reference;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.cli.Main;
import io.nightshift.testing.CommandResult;
import org.junit.jupiter.api.Test;

/// The command `completion`.
final class CompletionCommandTest {

    private static CommandResult completion(String shell) {
        // The command describes all commands, although its arguments name only one.
        return CommandResult.of(Main.commandLine("completion", shell), "completion", shell);
    }

    @Test
    void theScriptForBashKnowsAllCommands() {
        CommandResult end = completion("bash").expect(0);

        assertThat(end.out())
                .startsWith("#!/usr/bin/env bash")
                .contains("complete -F _complete_nightshift", "--partitions", "\"table\" \"json\"");
        assertThat(completion("bash").out()).isEqualTo(end.out());
    }

    @Test
    void theScriptForZshKnowsAllCommands() {
        CommandResult end = completion("zsh").expect(0);

        assertThat(end.out())
                .startsWith("#compdef nightshift\n")
                .contains("_nightshift_batch_rescore() {")
                .contains(
                        "--partitions='[The numbers of the partitions, from 0, for example 0,7,12-15. With --model",
                        "is given.]:LIST: '")
                .contains("'1:JOB.yaml:_files'", "]:PATH:_files'", "]:MODEL:_files'")
                .contains("(rescore) _nightshift_batch_rescore ;;");
    }

    @Test
    void theScriptForFishKnowsAllCommands() {
        CommandResult end = completion("fish").expect(0);

        assertThat(end.out())
                .startsWith("# Written by `nightshift completion fish`.\n")
                .contains("complete -c nightshift -n '__nightshift_at \\'batch\\'' -a rescore -d '")
                .contains(
                        "-l partitions -r -f -d 'The numbers of the partitions, from 0, for example 0,7,12-15. With --model",
                        "is given.'\n")
                .contains("complete -c nightshift -n '__nightshift_at \\'run\\'' -F\n")
                .contains(" -r -f -a 'table json");
    }

    @Test
    void anotherShellIsRefused() {
        completion("tcsh").expect(2, "'tcsh' is none of bash, zsh and fish");
    }
}
